package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/metadata"

	"github.com/rampart-iac/rampart/tests/framework"
)

// traces are what is there: every object of the cluster by kind and name, and on every node its loopback addresses, its
// abstract sockets, and the files where a stranger would leave some. What a run of verify has left is the difference.
type traces map[string]bool

// allTraces looks everywhere.
func allTraces(ctx context.Context) (traces, error) {
	found := traces{}
	return found, errors.Join(found.objects(ctx), found.nodes(ctx, lookOnNode))
}

// tracesOf looks at every node, and in the cluster for some kinds alone: a look everywhere takes a second of a processor.
func tracesOf(ctx context.Context, resources []schema.GroupVersionResource) (traces, error) {
	client, err := metadata.NewForConfig(cluster.Admin)
	if err != nil {
		return nil, err
	}
	found := traces{}
	for _, resource := range resources {
		if err := found.list(ctx, client, resource); err != nil {
			return nil, err
		}
	}
	return found, found.nodes(ctx, lookOnNode)
}

// objects lists every kind that the API server knows. Events are what a run is meant to leave.
func (t traces) objects(ctx context.Context) error {
	client, err := metadata.NewForConfig(cluster.Admin)
	if err != nil {
		return err
	}
	kinds, err := discovery.ServerPreferredResources(cluster.Client.Discovery())
	if err != nil {
		return err
	}
	for _, list := range kinds {
		group, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return err
		}
		for _, kind := range list.APIResources {
			if !slices.Contains(kind.Verbs, "list") || !slices.Contains(kind.Verbs, "create") || kind.Name == "events" {
				continue
			}
			if err := t.list(ctx, client, group.WithResource(kind.Name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// handles are what Calico knows of who has an address.
var handles = schema.GroupVersionResource{Group: "crd.projectcalico.org", Version: "v1", Resource: "ipamhandles"}

func (t traces) list(ctx context.Context, client metadata.Interface, resource schema.GroupVersionResource) error {
	objects, err := client.Resource(resource).List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("listing %s: %w", resource.Resource, err)
	}
	for _, object := range objects.Items {
		t[fmt.Sprintf("%s %s/%s", resource.Resource, object.Namespace, object.Name)] = true
	}
	return nil
}

// podFolders is where a kubelet keeps what belongs to its pods.
const podFolders = "/var/lib/kubelet/pods"

// lookOnNode lists what is looked at on a node, a trace a line: in one command, since to start one in a container takes a tenth of a
// second of a processor.
const lookOnNode = `
ip -brief address show dev lo | tr -s ' ' '\n' | sed 's/^/address /'
ss --listening --unix --no-header | grep -o '@rampart[^ ]*' | sed 's/^/socket /'
find /etc /root /tmp /opt /usr/local ` + podFolders + ` -maxdepth 2 | sed 's/^/file /'
`

// lookForPods lists those of them that a kubelet takes its time for.
const lookForPods = `find ` + podFolders + ` -maxdepth 2 | sed 's/^/file /'`

// nodes runs a script on every node.
func (t traces) nodes(ctx context.Context, script string) error {
	for _, node := range cluster.Nodes() {
		output, err := node.Exec(ctx, "sh", "-c", script)
		if err != nil {
			return err
		}
		if !strings.Contains(output, "file /") {
			return fmt.Errorf("node %s shows no file at all: %q", node.Name, output)
		}
		for line := range strings.Lines(output) {
			what, which, _ := strings.Cut(strings.TrimSpace(line), " ")
			t[fmt.Sprintf("%s on node %s: %s", what, node.Name, which)] = true
		}
	}
	return nil
}

// ofPods looks for what goes a moment after its pod.
func (t traces) ofPods(ctx context.Context) error {
	client, err := metadata.NewForConfig(cluster.Admin)
	if err != nil {
		return err
	}
	return errors.Join(t.list(ctx, client, handles), t.nodes(ctx, lookForPods))
}

// isOfPods says so of a trace.
func isOfPods(trace string) bool {
	return strings.HasPrefix(trace, handles.Resource+" ") || strings.Contains(trace, podFolders+"/")
}

// since are the traces that were not there before, sorted.
func (t traces) since(before traces) []string {
	var more []string
	for _, each := range slices.Sorted(maps.Keys(t)) {
		if !before[each] {
			more = append(more, each)
		}
	}
	return more
}

// mustLook is allTraces in a test.
func mustLook(t *testing.T) traces {
	t.Helper()
	found, err := allTraces(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// nothingIsLeft wants every trace to be gone that was not there before. Kubelets take a moment to clear away the folders of
// pods that are gone, and to give their addresses back; nothing else is given one.
func nothingIsLeft(t *testing.T, before traces) {
	t.Helper()
	for _, each := range mustLook(t).since(before) {
		if !isOfPods(each) {
			t.Errorf("left: %s", each)
		}
	}
	framework.Eventually(t, "folders and addresses of pods to be gone", time.Minute, func(ctx context.Context) error {
		now := traces{}
		if err := now.ofPods(ctx); err != nil {
			return err
		}
		left, err := withoutForgotten(ctx, t, now.since(before))
		if err != nil {
			return err
		}
		if len(left) > 0 {
			time.Sleep(lookPause)
			return errors.New(strings.Join(left, "\n"))
		}
		return nil
	})
}

// lookPause is between two looks, which start a program on every node.
const lookPause = time.Second
