package plugin

import (
	"context"
	_ "embed" // the script that runs on nodes
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

const (
	// manifestFile is what the kubelet runs the API server from. It watches the folder, so a new version is made beside it
	// and moved there in one step, as soon as the old one's pod has ended.
	manifestFile    = "/etc/kubernetes/manifests/kube-apiserver.yaml"
	newManifestFile = "/etc/kubernetes/.kube-apiserver.yaml"

	// filesAnnotation marks the API server's pod with the hash of the files that it reads: another hash is another pod.
	filesAnnotation = "rampart.dev/control-plane-files"

	// restartTimeout bounds the wait for a new API server; it takes some seven seconds on two idle cores.
	restartTimeout = 4 * time.Minute

	restartPollInterval = 2 * time.Second
)

//go:embed scripts/replace-manifest.sh
var replaceManifest string

// kubectl is the beginning of a command that asks the API server from its own node.
func kubectl(node string, args ...string) []string {
	return append([]string{"exec", "--privileged", node, "kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf",
		"--request-timeout", "5s"}, args...)
}

func (k *kindClient) ready(ctx context.Context, node string) error {
	_, err := k.engine.run(ctx, kubectl(node, "get", "--raw", "/readyz")...)
	return err
}

func (k *kindClient) waitReady(ctx context.Context, node string) error {
	ctx, cancel := context.WithTimeout(ctx, restartTimeout)
	defer cancel()
	return k.poll(ctx, node, func() error { return k.ready(ctx, node) })
}

func (k *kindClient) restartAPIServer(ctx context.Context, node, hash string) error {
	ctx, cancel := context.WithTimeout(ctx, restartTimeout)
	defer cancel()
	// A node that lost its power in the two seconds in which a manifest is replaced has the new one only.
	_, err := k.engine.run(ctx, "exec", "--privileged", node, "sh", "-c",
		"[ -e "+manifestFile+" ] || mv "+newManifestFile+" "+manifestFile)
	if err != nil {
		return fmt.Errorf("the API server's manifest is not on %s: %w", node, err)
	}
	manifest, err := k.nodeFile(ctx, node, manifestFile)
	if err != nil {
		return fmt.Errorf("reading the API server's manifest on %s: %w", node, err)
	}
	annotated, err := annotateManifest(manifest, hash)
	if err != nil {
		return err
	}
	_, err = k.engine.runWith(ctx, strings.NewReader(annotated), "exec", "--interactive", "--privileged", node,
		"sh", "-c", replaceManifest, "sh", manifestFile, newManifestFile, strconv.Itoa(len(annotated)))
	if err != nil {
		return fmt.Errorf("writing the API server's manifest on %s: %w", node, err)
	}
	return k.waitForAPIServer(ctx, node, hash)
}

// waitForAPIServer waits until the new API server serves. The pod object with the new hash is written by the kubelet
// after the old API server has ended and the new one answers, so that it cannot be the old one that says it is ready.
func (k *kindClient) waitForAPIServer(ctx context.Context, node, hash string) error {
	const template = `{range .items[*]}{.metadata.annotations.rampart\.dev/control-plane-files}{end}`
	return k.poll(ctx, node, func() error {
		marked, err := k.engine.run(ctx, kubectl(node, "--namespace", "kube-system", "get", "pods",
			"--selector", "component=kube-apiserver", "--field-selector", "spec.nodeName="+node,
			"--output", "jsonpath="+template)...)
		if err != nil {
			return err
		}
		if marked != hash {
			return errors.New("the kubelet has not replaced it yet")
		}
		return k.ready(ctx, node)
	})
}

// poll repeats a question about the API server until the answer is yes or ctx ends.
func (k *kindClient) poll(ctx context.Context, node string, ask func() error) error {
	for {
		err := ask()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the API server on %s: %w (last answer: %w); see: %s exec %s journalctl --unit kubelet",
				node, ctx.Err(), err, k.name(), node)
		case <-time.After(restartPollInterval):
		}
	}
}

// annotateManifest returns the manifest with the files' hash on the pod.
func annotateManifest(manifest, hash string) (string, error) {
	var pod map[string]any
	if err := yaml.Unmarshal([]byte(manifest), &pod); err != nil {
		return "", fmt.Errorf("understanding the API server's manifest: %w", err)
	}
	metadata, ok := pod["metadata"].(map[string]any)
	if !ok {
		return "", errors.New("understanding the API server's manifest: it has no metadata")
	}
	annotations, ok := metadata["annotations"].(map[string]any)
	if !ok {
		annotations = map[string]any{}
	}
	annotations[filesAnnotation] = hash
	metadata["annotations"] = annotations
	rendered, err := yaml.Marshal(pod)
	if err != nil {
		return "", fmt.Errorf("rendering the API server's manifest: %w", err)
	}
	return string(rendered), nil
}
