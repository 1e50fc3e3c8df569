package plugin

import (
	"context"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// ReadyNodes waits for nodes. It is a resource of its own because nodes get ready long after they are made: by what is
// installed in the cluster.
type ReadyNodes struct {
	engines engines
}

// Annotate names and describes the resource in the schema.
func (r *ReadyNodes) Annotate(a infer.Annotator) {
	a.SetToken(moduleName, "ReadyNodes")
	a.Describe(&r, "The nodes of a kind cluster, when all of them are Ready: they have a pod network.")
}

// ReadyNodesArgs say which nodes are waited for. Each change waits again.
type ReadyNodesArgs struct {
	Cluster           string  `pulumi:"cluster" provider:"replaceOnChanges"`
	Engine            string  `pulumi:"engine" provider:"replaceOnChanges"`
	ClusterID         string  `pulumi:"clusterId" provider:"replaceOnChanges"`
	Workers           int     `pulumi:"workers"`
	KubernetesVersion *string `pulumi:"kubernetesVersion,optional"`
}

// nodes are the names of all that are waited for.
func (a *ReadyNodesArgs) nodes() []string {
	cluster := ClusterArgs{Name: a.Cluster, Workers: &a.Workers}
	return append([]string{a.Cluster + "-" + roleControlPlane}, cluster.workerNames()...)
}

// Annotate describes the inputs in the schema.
func (a *ReadyNodesArgs) Annotate(annotator infer.Annotator) {
	annotator.Describe(&a.Cluster, "The kind cluster's name.")
	annotator.Describe(&a.Engine, "The container engine that holds the cluster: its output engineUsed.")
	annotator.Describe(&a.ClusterID, "The cluster's output clusterId: another cluster's nodes are waited for anew.")
	annotator.Describe(&a.Workers, "How many workers there are: with the control plane, all of them are waited for.")
	annotator.Describe(&a.KubernetesVersion, "The version that the nodes are to have: after an upgrade they are waited for again.")
}

// ReadyNodesState is what was waited for.
type ReadyNodesState struct {
	ReadyNodesArgs
}

// Create waits until all nodes are Ready, for some minutes at most. The error names each node that is not, in its kubelet's
// words.
func (r *ReadyNodes) Create(
	ctx context.Context, req infer.CreateRequest[ReadyNodesArgs],
) (infer.CreateResponse[ReadyNodesState], error) {
	made := infer.CreateResponse[ReadyNodesState]{ID: req.Inputs.Cluster, Output: ReadyNodesState{req.Inputs}}
	if req.DryRun {
		return made, nil
	}
	return made, r.await(ctx, req.Inputs)
}

// Update waits as Create does.
func (r *ReadyNodes) Update(
	ctx context.Context, req infer.UpdateRequest[ReadyNodesArgs, ReadyNodesState],
) (infer.UpdateResponse[ReadyNodesState], error) {
	changed := infer.UpdateResponse[ReadyNodesState]{Output: ReadyNodesState{req.Inputs}}
	if req.DryRun {
		return changed, nil
	}
	return changed, r.await(ctx, req.Inputs)
}

func (r *ReadyNodes) await(ctx context.Context, args ReadyNodesArgs) error {
	engine, err := r.engines.open(ctx, args.Engine)
	if err != nil {
		return fmt.Errorf("waiting for the nodes of cluster %s: %w", args.Cluster, err)
	}
	err = await(ctx, nodeTimeout, func() error {
		answer, err := engine.exec(ctx, args.Cluster+"-"+roleControlPlane, nil, "kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf",
			"get", "nodes", "--output", readinessOfNodes)
		if err != nil {
			return err
		}
		return notReady(args.nodes(), answer)
	})
	if err != nil {
		return fmt.Errorf("not all nodes of cluster %s are Ready: %w; what their kubelets say: kubectl describe nodes",
			args.Cluster, err)
	}
	return nil
}

// readinessOfNodes is a line for each node: its name, whether it is Ready, and in many words why not.
const readinessOfNodes = `jsonpath={range .items[*]}{.metadata.name}` +
	`{range .status.conditions[?(@.type=="Ready")]}{" "}{.status}{" "}{.message}{end}{"\n"}{end}`

// notReady names those of the nodes that are not Ready by the answer to readinessOfNodes.
func notReady(nodes []string, answer string) error {
	said := map[string]string{}
	for line := range strings.Lines(answer) {
		name, words, _ := strings.Cut(strings.TrimSpace(line), " ")
		said[name] = words
	}
	var faults []string
	for _, node := range nodes {
		words, known := said[node]
		status, why, _ := strings.Cut(words, " ")
		switch {
		case !known:
			faults = append(faults, node+" is not known to the API server")
		case status == "":
			faults = append(faults, node+" has said nothing yet")
		case status != "True":
			faults = append(faults, fmt.Sprintf("%s is not (%s)", node, why))
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("%s", strings.Join(faults, "; "))
	}
	return nil
}
