package plugin

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// A run that sends a worker away may be killed over it, and the worker be wanted again. Neither the state nor the containers show
// then that it is closed to pods, or that Kubernetes does not know it any more: the journal does.

// isLeaving says whether a worker that is wanted was being sent away by a run that did not end with it.
func (j journal) isLeaving(inputs ClusterArgs) bool {
	return slices.ContainsFunc(inputs.workerNames(), func(name string) bool {
		_, leaving := j.Leaving[name]
		return leaving
	})
}

// leaving are the workers that stand and are wanted, and that a run had begun to send away, and whether they were open to pods.
func (s scaling) leaving(nodes []nodeContainer, change workerChange, halfMade []string) (map[string]bool, error) {
	found, _, err := readJournal(s.args.Directory)
	names := map[string]bool{}
	for _, node := range nodes {
		wasOpen, leaving := found.Leaving[node.Name]
		if leaving && !slices.Contains(change.remove, node.Name) && !slices.Contains(halfMade, node.Name) {
			names[node.Name] = wasOpen
		}
	}
	return names, err
}

// keep lets such workers be. It returns those that cannot stay as they are, because Kubernetes has forgotten them: they are made
// anew.
func (s scaling) keep(ctx context.Context, leaving map[string]bool) (forgotten []string, err error) {
	for _, name := range sortedKeys(leaving) {
		known, _, err := s.lookAt(ctx, name)
		if err != nil {
			return nil, err
		}
		if !known {
			forgotten = append(forgotten, name)
			continue
		}
		if err := s.reopen(ctx, name, leaving[name]); err != nil {
			return nil, err
		}
	}
	return forgotten, nil
}

// lookAt says whether Kubernetes knows a node, and whether it is closed to pods.
func (s scaling) lookAt(ctx context.Context, name string) (known, closed bool, err error) {
	const nameAndClosed = "jsonpath={.metadata.name} {.spec.unschedulable}"
	answer, err := s.kubectl(ctx, "get", "node", name, "--ignore-not-found", "--output", nameAndClosed)
	return answer != "", strings.HasSuffix(answer, " true"), err
}

// endDrain ends what a killed run has left at work on the control plane: it would go on to move pods away.
const endDrain = `pkill -f "^kubectl .* drain $1 " || [ $? = 1 ]`

// reopen lets pods back to a worker that stays, unless it was its administrator who closed it.
func (s scaling) reopen(ctx context.Context, name string, wasOpen bool) error {
	if _, err := s.engine.exec(ctx, s.controlPlane.Name, nil, "sh", "-euc", endDrain, "sh", name); err != nil {
		return err
	}
	if wasOpen {
		progressOf(ctx).Info("Letting pods back to " + name)
		if _, err := s.kubectl(ctx, "uncordon", name); err != nil {
			return err
		}
	}
	return forgetLeaving(s.args.Directory, name)
}

// empty moves pods away from a worker that is to go. If they cannot go, it stays for now, as it was.
func (s scaling) empty(ctx context.Context, name string, closed bool) error {
	wasOpen, err := noteLeaving(s.args.Directory, name, !closed)
	if err != nil {
		return err
	}
	progressOf(ctx).Info("Moving pods away from " + name)
	_, err = s.kubectl(ctx, "drain", name, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout", drainTimeout)
	if err == nil {
		return nil
	}
	return errors.Join(err, s.reopen(context.WithoutCancel(ctx), name, wasOpen))
}
