package certificates

import (
	"bytes"
	"context"
	_ "embed" // the scripts that run on nodes
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/node"
)

//go:embed kubelet.sh
var kubeletScript string

// Progress is told what goes on. The function that it returns is called at its end.
type Progress interface {
	Begin(what string) (end func(outcome string, err error))
}

// staticPods are those of the control plane that read their certificates once, in the order in which they are restarted: what
// others need first. etcd reads its own at each connection, so that nobody has to do without it.
var staticPods = []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler"}

// renewControlPlane renews what kubeadm has made, and has etcd's copies follow at once (package hardening). A cluster that
// was made before there were copies has no such unit.
const renewControlPlane = `
kubeadm certs renew all
if systemctl cat rampart-etcd.service >/dev/null 2>&1; then systemctl start rampart-etcd.service; fi`

// endContainer asks a container to end, and ends it if it does not in $2 seconds. It may be ending by itself.
const endContainer = `
ctr --namespace k8s.io tasks kill --signal SIGTERM "$1" || true
left=$2
while ctr --namespace k8s.io tasks list | grep -q "^$1 .* RUNNING"; do
	[ $left -gt 0 ] || { ctr --namespace k8s.io tasks kill --signal SIGKILL "$1" || true; break; }
	left=$((left - 1))
	sleep 1
done`

const (
	// endGrace is short: an API server that was asked to end serves nobody new, and waits a minute for the last answer.
	endGrace = 5 * time.Second

	readyTimeout = 3 * time.Minute
	readyPoll    = time.Second
)

// Renew renews every certificate of the control plane and the kubelets' client certificates. The certificate authorities
// stay, and so what was issued before is good until its end. It can be repeated.
func Renew(ctx context.Context, nodes []node.Node, progress Progress) error {
	var control []node.Node
	for _, each := range nodes {
		if each.ControlPlane {
			control = append(control, each)
		}
	}
	if len(control) == 0 {
		return errors.New("there is no control-plane node")
	}
	step := func(what string, do func() error) error {
		end := progress.Begin(what)
		err := do()
		end("", err)
		return err
	}
	// Before the control plane: it signs for them, and needs a moment when it comes back.
	for _, each := range nodes {
		if err := step("Renewing the client certificate of the kubelet on "+each.Name, func() error {
			return renewKubelet(ctx, control[0], each)
		}); err != nil {
			return err
		}
	}
	for _, each := range control {
		if err := step("Renewing the certificates of the control plane on "+each.Name, func() error {
			_, err := each.Script(ctx, renewControlPlane)
			return err
		}); err != nil {
			return err
		}
		for _, pod := range staticPods {
			if err := step("Restarting "+pod+" on "+each.Name, func() error { return restart(ctx, each, pod) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// renewKubelet gives a node's kubelet what it takes to ask for a certificate: one that is good for an hour.
func renewKubelet(ctx context.Context, control, on node.Node) error {
	// kind leaves the configuration that it gave to kubeadm on every node.
	way, err := control.Run(ctx, "kubeadm", "kubeconfig", "user", "--config", "/kind/kubeadm.conf", "--validity-period", "1h",
		"--org", "system:nodes", "--client-name", "system:node:"+on.Name)
	if err != nil {
		return err
	}
	return on.Stream(ctx, bytes.NewReader(way), io.Discard, "sh", "-euc", kubeletScript, "sh")
}

// restart ends a static pod's container and waits until the kubelet has started another one and the API server is ready.
func restart(ctx context.Context, on node.Node, pod string) error {
	before, err := on.Container(ctx, pod)
	switch {
	case errors.Is(err, node.ErrNotRunning):
		// Whoever leads ends by itself when the API server is away for long. The next one reads what is new.
	case err != nil:
		return err
	default:
		if _, err := on.Script(ctx, endContainer, before, strconv.Itoa(int(endGrace.Seconds()))); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, readyTimeout, fmt.Errorf("not within %s", readyTimeout))
	defer cancel()
	for {
		after, err := on.Container(ctx, pod)
		if err == nil && after == before {
			err = errors.New("the old container still runs")
		}
		if err == nil {
			_, err = on.Run(ctx, "kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf", "--request-timeout", "5s",
				"get", "--raw", "/readyz")
		}
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the new %s on %s: %w (last answer: %w)", pod, on.Name, context.Cause(ctx), err)
		case <-time.After(readyPoll):
		}
	}
}
