package plugin

import (
	"context"
	_ "embed" // the scripts that run on nodes
	"fmt"
)

//go:embed scripts/switch-kubelet.sh
var switchKubelet string

func (u *upgrade) configureWorker(ctx context.Context, node string) error {
	return u.kubeadm(ctx, node, "configured", "upgrade", "node", ignoredChecks)
}

func (u *upgrade) switchKubelet(ctx context.Context, node string) error {
	if u.serves(ctx, node) == nil {
		return nil
	}
	if _, err := u.engine.exec(ctx, node, nil, "sh", "-euc", switchKubelet, "sh", u.folder(), u.to); err != nil {
		return err
	}
	return await(ctx, nodeTimeout, func() error { return u.serves(ctx, node) })
}

// serves says why a node does not yet serve with the new version, or nothing.
func (u *upgrade) serves(ctx context.Context, node string) error {
	const status = `{.status.nodeInfo.kubeletVersion} {.status.conditions[?(@.type=="Ready")].status}`
	found, err := u.kubectl(ctx, "get", "node", node, "--output", "jsonpath="+status)
	if err != nil {
		return err
	}
	if found != u.to+" True" {
		return fmt.Errorf("node %s is at version and readiness %q, and should be at %q", node, found, u.to+" True")
	}
	return nil
}

// drain notes that it was the upgrade that closed the node: one that its administrator has closed stays closed.
func (u *upgrade) drain(ctx context.Context, node string) error {
	if u.serves(ctx, node) == nil {
		return nil
	}
	closed, err := u.kubectl(ctx, "get", "node", node, "--output", "jsonpath={.spec.unschedulable}")
	if err != nil {
		return err
	}
	if closed != "true" {
		if _, err := u.engine.exec(ctx, node, nil, "touch", u.folder()+"/cordoned"); err != nil {
			return err
		}
	}
	_, err = u.kubectl(ctx, "drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout", drainTimeout)
	return err
}

func (u *upgrade) uncordon(ctx context.Context, node string) error {
	if !u.marked(ctx, node, "cordoned") {
		return nil
	}
	_, err := u.kubectl(ctx, "uncordon", node)
	return err
}
