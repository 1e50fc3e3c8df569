package plugin

import (
	"context"
	_ "embed" // the scripts that run on nodes
	"fmt"
	"os"
	"slices"
	"time"
)

//go:embed scripts/kubeadm.sh
var kubeadmScript string

const (
	// upgradeDirectory is where a node has the programs of the version that it is upgraded to, and marks of what was done.
	upgradeDirectory = "/kind/upgrade"

	// nodeTimeout bounds the wait for a kubelet, and for what kubeadm rolls out.
	nodeTimeout = 4 * time.Minute

	// drainTimeout bounds the wait for pods that leave a node: a disruption budget may keep them there.
	drainTimeout = "180s"
)

// ignoredChecks are those of kubeadm's that say nothing about a node that is a container: its kernel is the host's.
const ignoredChecks = "--ignore-preflight-errors=SystemVerification"

// upgrade takes a cluster that stands to another version of Kubernetes, node by node, while what runs in it runs on.
type upgrade struct {
	engine   client
	args     ClusterArgs
	from, to string

	controlPlane string
	workers      []string

	// patches is the folder on the control plane with what kubeadm changes in its pods, or "".
	patches string

	// oldFiles are the control plane's before the upgrade, which the old API server reads if it restarts.
	oldFiles map[string]string

	// applied is set if the control plane was made anew in this run, and has read its files. changed are the names of files
	// that had to change for it.
	applied bool
	changed []string
}

// upgradeStep is a part of an upgrade that can be repeated, and does nothing if it was done.
type upgradeStep struct {
	title string
	do    func(ctx context.Context) error
}

func newUpgrade(engine client, state, args ClusterArgs, nodes []nodeContainer) (*upgrade, error) {
	u := &upgrade{
		engine: engine, args: args, from: state.KubernetesVersion, to: args.KubernetesVersion, oldFiles: state.ControlPlaneFiles,
	}
	for _, node := range nodes {
		if node.Role == roleControlPlane {
			u.controlPlane = node.Name
		} else {
			u.workers = append(u.workers, node.Name)
		}
	}
	var err error
	u.patches, err = patchesFolder(args.KubeadmConfigPatches)
	return u, err
}

// steps are in the order that Kubernetes asks for: no kubelet is ever newer than the API server.
func (u *upgrade) steps() []upgradeStep {
	steps := []upgradeStep{
		{"seeing how far an earlier run has come", u.settle},
		{"getting the node image of " + u.to, u.getImage},
		{"taking programs and images out of it", u.unpack},
	}
	for _, node := range u.nodes() {
		steps = append(steps, upgradeStep{"bringing programs and images to " + node, u.on(node, u.bring)})
	}
	steps = append(steps,
		upgradeStep{"asking kubeadm whether the cluster can be upgraded", u.plan},
		upgradeStep{"upgrading the control plane on " + u.controlPlane, u.apply},
		upgradeStep{"starting the new kubelet on " + u.controlPlane, u.on(u.controlPlane, u.switchKubelet)},
	)
	for _, worker := range u.workers {
		// A kubelet that restarts leaves pods alone, and with nowhere to go they are best left alone.
		drained := len(u.workers) > 1
		if drained {
			steps = append(steps, upgradeStep{"moving pods away from " + worker, u.on(worker, u.drain)})
		}
		steps = append(steps,
			upgradeStep{"configuring the kubelet on " + worker, u.on(worker, u.configureWorker)},
			upgradeStep{"starting the new kubelet on " + worker, u.on(worker, u.switchKubelet)},
		)
		if drained {
			steps = append(steps, upgradeStep{"letting pods back to " + worker, u.on(worker, u.uncordon)})
		}
	}
	return append(steps,
		upgradeStep{"waiting for kube-proxy and DNS", u.awaitAddons},
		upgradeStep{"tidying up", u.tidyUp},
	)
}

// nodes are all nodes, the control plane first.
func (u *upgrade) nodes() []string { return slices.Concat([]string{u.controlPlane}, u.workers) }

func (u *upgrade) on(node string, do func(context.Context, string) error) func(context.Context) error {
	return func(ctx context.Context) error { return do(ctx, node) }
}

// run takes all steps. An error says how far it came; a later run does not repeat what was done.
func (u *upgrade) run(ctx context.Context) error {
	steps := u.steps()
	for i, step := range steps {
		progressOf(ctx).Info(fmt.Sprintf("Upgrade to %s, %d of %d: %s", u.to, i+1, len(steps), step.title))
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("the upgrade of cluster %s from %s to %s stopped while %s: %w; the cluster serves as far as it came: "+
				"put right what is wrong and run up again, it goes on from there", u.args.Name, u.from, u.to, step.title, err)
		}
	}
	return nil
}

func (u *upgrade) folder() string { return upgradeDirectory + "/" + u.to }

func (u *upgrade) marked(ctx context.Context, node, mark string) bool {
	_, err := u.engine.exec(ctx, node, nil, "test", "-e", u.folder()+"/"+mark)
	return err == nil
}

func (u *upgrade) kubeadm(ctx context.Context, node, mark string, args ...string) error {
	command := append([]string{"sh", "-euc", kubeadmScript, "sh", u.folder(), mark}, args...)
	_, err := u.engine.exec(ctx, node, nil, command...)
	return err
}

func (u *upgrade) awaitAddons(ctx context.Context) error {
	for _, addon := range []string{"daemonset/kube-proxy", "deployment/coredns"} {
		_, err := u.kubectl(ctx, "--namespace", "kube-system", "rollout", "status", addon, "--timeout", nodeTimeout.String())
		if err != nil {
			return err
		}
	}
	return nil
}

// tidyUp says on each node which version it is, and removes what was only for the upgrade: programs, marks, and kubeadm's
// copies of the old manifests and of etcd's data, which would otherwise stay for good.
func (u *upgrade) tidyUp(ctx context.Context) error {
	// The control plane comes last: it knows most of what was done.
	for _, node := range slices.Concat(u.workers, []string{u.controlPlane}) {
		_, err := u.engine.exec(ctx, node, nil, "sh", "-euc", `printf %s "$1" >/kind/version
rm -rf "$2" /etc/kubernetes/tmp/kubeadm-*`, "sh", u.to, upgradeDirectory)
		if err != nil {
			return err
		}
	}
	return os.RemoveAll(u.unpacked())
}

// kubectl asks the API server from its own node. The timeout of a request is kubectl's own: a drain waits long.
func (u *upgrade) kubectl(ctx context.Context, args ...string) (string, error) {
	return u.engine.exec(ctx, u.controlPlane, nil,
		slices.Concat([]string{"kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf"}, args)...)
}

// await repeats a question until it has an answer or the time is up.
func await(ctx context.Context, timeout time.Duration, ask func() error) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for {
		err := ask()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (last answer: %w)", ctx.Err(), err)
		case <-time.After(restartPollInterval):
		}
	}
}
