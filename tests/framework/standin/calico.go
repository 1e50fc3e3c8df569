package standin

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/components/network"
	"github.com/rampart-iac/rampart/plan/record"
	"github.com/rampart-iac/rampart/tests/framework"
)

// calicoOf are the images of Calico among what nodes have.
func calicoOf(has framework.Provided) network.Images {
	return network.Images{
		Node: has.Images["calico-node"].Reference, CNI: has.Images["calico-cni"].Reference,
		KubeControllers: has.Images["calico-kube-controllers"].Reference,
	}
}

// bringImages has the node know its own images of Calico by the names under which they stand in the registry of a stack, from
// which no packet comes.
func (c *Cluster) bringImages(ctx context.Context, registry string) error {
	has, err := c.Product.Provided()
	if err != nil {
		return err
	}
	own, wanted := calicoOf(has), network.PublishedImages().From(registry)
	for reference, name := range map[string]string{own.Node: wanted.Node, own.KubeControllers: wanted.KubeControllers} {
		// Who names a digest as well is asked for no tag.
		repository, digest, _ := strings.Cut(name, "@")
		name = repository[:strings.LastIndex(repository, ":")] + "@" + digest
		if _, err := c.node(ctx, "ctr", "--namespace=k8s.io", "images", "tag", "--force", reference, name); err != nil {
			return err
		}
	}
	return nil
}

// installCalico plays the cloud that brings a Calico of its own: policy only, and without endpoints for nodes, as AKS does. It
// is the release that the product knows, of whose objects a run without the engine keeps the record.
func (c *Cluster) installCalico(ctx context.Context) error {
	has, err := c.Product.Provided()
	if err != nil {
		return err
	}
	program := func(ctx *pulumi.Context) error {
		_, err := network.NewCalico(ctx, "calico", &network.CalicoArgs{
			CRDs: os.DirFS(has.CalicoCRDs), PodInterfaces: podInterfaces, Images: calicoOf(has),
		})
		return err
	}
	made, err := record.Run(program, "rampart", "standin")
	if err != nil {
		return err
	}
	var definitions, others []any
	for _, resource := range made.Resources {
		switch {
		case !strings.HasPrefix(resource.Type, "kubernetes:") || strings.HasSuffix(resource.Type, "Patch"):
		case strings.HasSuffix(resource.Type, ":CustomResourceDefinition"):
			definitions = append(definitions, resource.Inputs)
		default:
			others = append(others, resource.Inputs)
		}
	}
	for i, objects := range [][]any{definitions, others} {
		if err := c.apply(ctx, fmt.Sprintf("calico-%d.json", i), objects); err != nil {
			return err
		}
	}
	return c.kubectl(ctx, "rollout", "status", "--namespace=kube-system", "--timeout=3m", "daemonset/calico-node")
}

// apply applies objects by way of a file, and waits until those that define others do.
func (c *Cluster) apply(ctx context.Context, name string, objects []any) error {
	text, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": objects})
	if err != nil {
		return err
	}
	file := filepath.Join(c.Product.Dir, name)
	const ownersAlone = 0o600
	if err := os.WriteFile(file, text, ownersAlone); err != nil {
		return err
	}
	if err := c.kubectl(ctx, "apply", "--server-side", "--filename="+file); err != nil {
		return err
	}
	return c.kubectl(ctx, "wait", "--for=condition=Established", "--timeout=1m", "customresourcedefinition", "--all")
}
