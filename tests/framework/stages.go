package framework

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/rampart-iac/rampart/verify/live"
)

// stageDeadline is for the slowest way to a stage: a machine on which the tools are still to be had.
const stageDeadline = 45 * time.Minute

// Stage is a point in a run of up that can be seen from outside.
type Stage struct {
	Name string
	// reached returns nil from that point on.
	reached func(context.Context, *Product, *Running) error
}

// Stages at which a run is interrupted.
var (
	// NodesStarted: a node container exists, Kubernetes in it does not answer yet.
	NodesStarted = Stage{"the nodes are being made", func(ctx context.Context, p *Product, _ *Running) error {
		_, _, err := p.nodeContainer(ctx)
		return err
	}}
	// NetworkStarted: the cluster stands and the pod network is being installed. The cluster is not asked before the run itself says
	// so: each question starts four programs.
	NetworkStarted = Stage{"the pod network is being installed", func(ctx context.Context, p *Product, r *Running) error {
		if err := r.printed("apps/v1:DaemonSet "); err != nil {
			return err
		}
		_, err := p.onNode(ctx, "get", "daemonset", "--namespace=kube-system", "calico-node")
		return err
	}}
	// TenantsStarted: the network is ready and the first tenant's namespace is being made. From there to the end it takes
	// about a second, less than it takes to ask the cluster, so that it is the run itself that tells.
	TenantsStarted = Stage{"the tenants are being made", func(_ context.Context, _ *Product, r *Running) error {
		return r.printed(TenantBlue + "-namespace creating")
	}}
)

// NodesGoing is reached when the first of the nodes is gone.
var NodesGoing = Stage{"the nodes are being deleted", func(ctx context.Context, p *Product, _ *Running) error {
	left, err := p.NodeContainers(ctx)
	if err == nil && len(left) > 1 {
		err = fmt.Errorf("there are %v", left)
	}
	return err
}}

// Going is reached when a namespace is on its way out.
func Going(namespace string) Stage {
	return Stage{"namespace " + namespace + " is being deleted", says("Terminating",
		"get", "namespace", namespace, "--output", "jsonpath={.status.phase}")}
}

// Closed is reached when a node takes no more pods.
func Closed(node string) Stage {
	return Stage{"node " + node + " is closed to pods", says("true",
		"get", "node", node, "--output", "jsonpath={.spec.unschedulable}")}
}

// says wants an answer of the API server.
func says(want string, command ...string) func(context.Context, *Product, *Running) error {
	return func(ctx context.Context, p *Product, _ *Running) error {
		answer, err := p.onNode(ctx, command...)
		if err == nil && answer != want {
			err = fmt.Errorf("the answer is %q", answer)
		}
		return err
	}
}

// Printed is reached when a run has printed a text.
func Printed(text string) Stage {
	return Stage{fmt.Sprintf("%q is printed", text), func(_ context.Context, _ *Product, r *Running) error {
		return r.printed(text)
	}}
}

// Await waits until a run reaches a stage. A run that ends before is an error.
func (r *Running) Await(ctx context.Context, product *Product, stage Stage) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-r.Ended():
			cancel(fmt.Errorf("the run ended before %s", stage.Name))
		case <-ctx.Done():
		}
	}()
	err := live.Poll(ctx, stage.Name, stageDeadline, func(ctx context.Context) error { return stage.reached(ctx, product, r) })
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w\n%s%s", context.Cause(ctx), r.stdout.String(), r.stderr.String())
	}
	return err
}

// KillAt ends a run and everything that it started, without a warning, when it reaches a stage.
func (r *Running) KillAt(ctx context.Context, product *Product, stage Stage) error {
	err := r.Await(ctx, product, stage)
	if err := errors.Join(err, r.KillTree()); err != nil {
		return err
	}
	_, err = r.Wait(ctx)
	return err
}

// printed says whether a text stands in what the command has printed so far.
func (r *Running) printed(text string) error {
	soFar, err := os.ReadFile(r.log.Name())
	if err != nil {
		return err
	}
	if !strings.Contains(string(soFar), text) {
		return fmt.Errorf("%q is not printed yet", text)
	}
	return nil
}

// NodeContainers returns the names of the cluster's containers, running or not, of all engines.
func (p *Product) NodeContainers(ctx context.Context) ([]string, error) {
	var all []string
	for _, engine := range live.Engines(ctx) {
		names, err := engine.ContainersOf(ctx, p.Cluster)
		if err != nil {
			return nil, err
		}
		all = append(all, names...)
	}
	return all, nil
}

// nodeContainer returns the first control-plane node's container.
func (p *Product) nodeContainer(ctx context.Context) (live.Engine, string, error) {
	name := p.Cluster + "-control-plane"
	for _, engine := range live.Engines(ctx) {
		if found, err := engine.Inspect(ctx, name); err == nil && found.State.Pid != 0 {
			return engine, name, nil
		}
	}
	return "", "", errors.New("no engine runs " + name)
}

// onNode asks the API server from its own node, so that no kubeconfig on this machine is needed.
func (p *Product) onNode(ctx context.Context, command ...string) (string, error) {
	engine, node, err := p.nodeContainer(ctx)
	if err != nil {
		return "", err
	}
	answer, err := engine.Run(ctx, append([]string{
		"exec", node, "kubectl", "--kubeconfig=/etc/kubernetes/admin.conf", "--request-timeout=5s",
	}, command...)...)
	return strings.TrimSpace(answer), err
}
