package attacks

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/live"
)

func kubeletAttacks() []verify.Attack {
	return []verify.Attack{{
		Name: "kubelet-clients", Does: "talk to kubelets without a certificate and with a false one",
		Proves: ids("RMP-NOD-001"), Needs: []verify.Need{verify.NeedNodes}, Run: kubeletClients,
	}}
}

const (
	kubeletPort = "10250"
	// What the API server shows kubelets.
	apiServerClient = "/etc/kubernetes/pki/apiserver-kubelet-client"
)

// kubeletPaths tell an attacker about a node, or run commands in its pods.
var kubeletPaths = []string{
	"/pods", "/runningpods/", "/metrics", "/configz", "/logs/", "/stats/summary", "/healthz",
	"/exec/kube-system/etcd/etcd?command=id&output=1", "/containerLogs/kube-system/etcd/etcd",
}

// kubeletClients asks every kubelet what it must not tell, as nobody and as somebody who is not who it says.
func kubeletClients(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	files := map[string]string{}
	for _, suffix := range []string{".crt", ".key"} {
		text, err := scope.ControlPlane().Exec(ctx, "cat", apiServerClient+suffix)
		if err != nil {
			return err
		}
		files[suffix] = text
	}
	known, err := tls.X509KeyPair([]byte(files[".crt"]), []byte(files[".key"]))
	if err != nil {
		return err
	}
	forged, err := selfSigned("kube-apiserver-kubelet-client", "system:masters", "kubeadm:cluster-admins")
	if err != nil {
		return err
	}
	asked := 0
	for _, node := range scope.Nodes() {
		dial := node.DialerTo(net.JoinHostPort(node.Address, kubeletPort))
		status, err := askTLS(ctx, dial, "/healthz", []tls.Certificate{known})
		if err == nil && !strings.HasPrefix(status, "200") {
			err = errors.New(status)
		}
		if err := trial.Control("the kubelet of "+node.Name+" answers the API server's certificate", err); err != nil {
			return err
		}
		for _, path := range kubeletPaths {
			asked++
			if err := refuses(ctx, trial, node, dial, path, forged); err != nil {
				return err
			}
		}
	}
	trial.Held("RMP-NOD-001", "kubelets refuse %d paths to clients with no certificate and with a false one", asked)
	return nil
}

func refuses(
	ctx context.Context, trial *verify.Trial, node *live.Node, dial live.Dialer, path string, forged *tls.Certificate,
) error {
	for says, certificates := range map[string][]tls.Certificate{
		"no certificate": nil, "a certificate that it signed itself": {*forged},
	} {
		status, err := askTLS(ctx, dial, path, certificates)
		switch {
		case err != nil && strings.Contains(err.Error(), "certificate"):
		case err != nil:
			return fmt.Errorf("kubelet of %s: %s: %w", node.Name, path, err)
		case !strings.HasPrefix(status, "401") && !strings.HasPrefix(status, "403"):
			trial.Broken("RMP-NOD-001", "the kubelet of %s answers a client with %s: %s: %s", node.Name, says, path, status)
		}
	}
	return nil
}
