package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	// authorityFile is the certificate of the cluster's authority on its control plane.
	authorityFile = "/etc/kubernetes/pki/ca.crt"

	// kubeletCredentials are what a kubelet has once it was given a certificate.
	kubeletCredentials = "/etc/kubernetes/kubelet.conf"
)

// tokenLifetime is how long a node that joins may take. The token is removed as soon as it has joined.
const tokenLifetime = "10m"

// workerName is the name that kind gives to a worker, counted from 1.
func workerName(cluster string, number int) string {
	if number == 1 {
		return cluster + "-" + roleWorker
	}
	return fmt.Sprintf("%s-%s%d", cluster, roleWorker, number)
}

// workerNames are the names of all workers that there should be.
func (a *ClusterArgs) workerNames() []string {
	names := make([]string, 0, a.workers())
	for number := range a.workers() {
		names = append(names, workerName(a.Name, number+1))
	}
	return names
}

// workerChange is what it takes to come to a number of workers.
type workerChange struct {
	// remove are nodes that there are, join those that there are not.
	remove, join []string
}

// workersToChange compares the nodes that there are with those that there should be. The last ones go first.
func workersToChange(args ClusterArgs, nodes []nodeContainer) workerChange {
	wanted := map[string]bool{}
	for _, name := range args.workerNames() {
		wanted[name] = true
	}
	var change workerChange
	for _, node := range slices.Backward(nodes) {
		switch {
		case node.Role != roleWorker:
		case wanted[node.Name]:
			delete(wanted, node.Name)
		default:
			change.remove = append(change.remove, node.Name)
		}
	}
	change.join = sortedKeys(wanted)
	return change
}

// scaling brings a cluster that stands to another number of workers.
type scaling struct {
	engine       client
	args         ClusterArgs
	controlPlane nodeContainer
}

// scale removes workers and lets others join, until there are as many as the inputs say.
func scale(ctx context.Context, engine client, args ClusterArgs, nodes []nodeContainer) error {
	s := scaling{engine: engine, args: args}
	for _, node := range nodes {
		if node.Role == roleControlPlane {
			s.controlPlane = node
		}
	}
	change := workersToChange(args, nodes)
	halfMade, err := s.halfMade(ctx, nodes, change)
	if err != nil {
		return err
	}
	undecided, err := s.leaving(nodes, change, halfMade)
	if err != nil {
		return err
	}
	if len(change.remove)+len(change.join)+len(halfMade)+len(undecided) == 0 {
		return nil
	}
	if err := engine.waitReady(ctx, s.controlPlane.Name); err != nil {
		return err
	}
	for _, name := range change.remove {
		if err := s.remove(ctx, name); err != nil {
			return fmt.Errorf("removing worker %s: %w; put right what is wrong and run up again, it goes on from there", name, err)
		}
	}
	forgotten, err := s.keep(ctx, undecided)
	if err != nil {
		return err
	}
	anew := slices.Concat(halfMade, forgotten)
	for _, name := range anew {
		if err := engine.removeNode(ctx, name); err != nil {
			return err
		}
	}
	return s.joinAll(ctx, slices.Sorted(slices.Values(slices.Concat(change.join, anew))))
}

// halfMade are workers that should be there and are, but have not joined, because a run was cut off. They are made anew.
func (s scaling) halfMade(ctx context.Context, nodes []nodeContainer, change workerChange) ([]string, error) {
	var names []string
	for _, node := range nodes {
		if node.Role != roleWorker || slices.Contains(change.remove, node.Name) {
			continue
		}
		joined, err := s.hasJoined(ctx, node.Name)
		if err != nil {
			return nil, err
		}
		if !joined {
			names = append(names, node.Name)
		}
	}
	return names, nil
}

func (s scaling) joinAll(ctx context.Context, names []string) error {
	if len(names) == 0 {
		return nil
	}
	if err := ensureImage(ctx, s.engine, s.args); err != nil {
		return err
	}
	for _, name := range names {
		if err := s.join(ctx, name); err != nil {
			return fmt.Errorf("worker %s does not join: %w; run up again, it is made anew", name, err)
		}
	}
	return nil
}

func (s scaling) kubectl(ctx context.Context, args ...string) (string, error) {
	return s.engine.exec(ctx, s.controlPlane.Name, nil,
		slices.Concat([]string{"kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf"}, args)...)
}

// hasJoined says whether a worker's kubelet was given a certificate. It asks the node alone: an API server that does not answer
// must not look like a worker that is lost.
func (s scaling) hasJoined(ctx context.Context, name string) (bool, error) {
	answer, err := s.engine.exec(ctx, name, nil, "sh", "-euc", `if [ -e "$1" ]; then echo joined; fi`, "sh", kubeletCredentials)
	return answer == "joined", err
}

// remove moves pods away first. A node that Kubernetes does not know any more has none.
func (s scaling) remove(ctx context.Context, name string) error {
	known, closed, err := s.lookAt(ctx, name)
	if err != nil {
		return err
	}
	if known {
		if err := s.empty(ctx, name, closed); err != nil {
			return err
		}
	}
	if _, err := s.kubectl(ctx, "delete", "node", name, "--ignore-not-found"); err != nil {
		return err
	}
	progressOf(ctx).Info("Removing " + name)
	return s.engine.removeNode(ctx, name)
}

// join starts a node, and has kubeadm let it in with a token that is made for it and removed afterwards. The new node knows the
// cluster's authority beforehand: it cannot be led to another cluster.
func (s scaling) join(ctx context.Context, name string) (err error) {
	progressOf(ctx).Info("Starting " + name)
	// What a worker of that name that was lost has left.
	if _, err := s.kubectl(ctx, "delete", "node", name, "--ignore-not-found"); err != nil {
		return err
	}
	node, err := s.engine.startWorker(ctx, s.args, name)
	if err != nil {
		return err
	}
	token, err := s.engine.exec(ctx, s.controlPlane.Name, nil, "kubeadm", "token", "create", "--ttl", tokenLifetime,
		"--description", "for "+name+" to join")
	if err != nil {
		return fmt.Errorf("making a token: %w", err)
	}
	id, _, _ := strings.Cut(token, ".")
	defer func() {
		_, removal := s.engine.exec(context.WithoutCancel(ctx), s.controlPlane.Name, nil, "kubeadm", "token", "delete", id)
		err = errors.Join(err, removal)
	}()
	kubeadmConfig, err := s.engine.nodeFile(ctx, s.controlPlane.Name, kubeadmConfigFile)
	if err != nil {
		return err
	}
	authority, err := s.engine.nodeFile(ctx, s.controlPlane.Name, authorityFile)
	if err != nil {
		return err
	}
	config, err := joinConfiguration(kubeadmConfig, s.controlPlane.Node, node, token, authority)
	if err != nil {
		return err
	}
	progressOf(ctx).Info("Letting " + name + " join")
	// The token goes past the disk and past the process list.
	if _, err := s.engine.exec(ctx, name, strings.NewReader(config), "kubeadm", "join", "--config", "/dev/stdin"); err != nil {
		return err
	}
	return s.awaitReady(ctx, name)
}

// awaitReady waits until the node is as ready as the control plane: a cluster may have no pod network yet.
func (s scaling) awaitReady(ctx context.Context, name string) error {
	const ready = `jsonpath={.status.conditions[?(@.type=="Ready")].status}`
	wanted, err := s.kubectl(ctx, "get", "node", s.controlPlane.Name, "--output", ready)
	if err != nil {
		return err
	}
	return await(ctx, nodeTimeout, func() error {
		found, err := s.kubectl(ctx, "get", "node", name, "--output", ready)
		if err == nil && found != wanted {
			err = fmt.Errorf("its readiness is %q", found)
		}
		return err
	})
}

// removeKnownToken removes the token that workers have joined with. It is the same in all clusters that kind makes, and good
// for a day: with it, whoever reaches the API server could get a node's certificate.
func removeKnownToken(ctx context.Context, engine client, cluster string) error {
	const knownToken = "abcdef"
	_, err := engine.exec(ctx, cluster+"-"+roleControlPlane, nil, "kubeadm", "token", "delete", knownToken)
	if err != nil {
		return fmt.Errorf("removing the token that every kind cluster has: %w", err)
	}
	return nil
}
