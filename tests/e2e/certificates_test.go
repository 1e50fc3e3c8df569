package e2e

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const renewDeadline = 6 * time.Minute

// leafCertificates are on the control plane, and renewed: what they are in is said by kubeadm's documentation.
var leafCertificates = []string{
	"/etc/kubernetes/pki/apiserver.crt", "/etc/kubernetes/pki/apiserver-etcd-client.crt",
	"/etc/kubernetes/pki/apiserver-kubelet-client.crt", "/etc/kubernetes/pki/front-proxy-client.crt",
	"/etc/kubernetes/pki/etcd/server.crt", "/etc/kubernetes/pki/etcd/peer.crt",
	"/etc/kubernetes/admin.conf", "/etc/kubernetes/controller-manager.conf", "/etc/kubernetes/scheduler.conf",
	"/var/lib/kubelet/pki/kubelet-client-current.pem",
}

// TestCertificatesAreRenewed renews them and uses what is new and what was there before.
//
//nolint:paralleltest // the API server restarts
func TestCertificatesAreRenewed(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), renewDeadline)
	defer cancel()
	listed, err := product.Run(ctx, "certificates")
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range cluster.Nodes() {
		if !hasLine(strings.Split(listed.Stdout, "\n"), []string{node.Name, "kubelet-client-current.pem", "days"}) {
			t.Errorf("no certificate of the kubelet on %s in:\n%s", node.Name, listed.Stdout)
		}
	}
	kubeconfig, err := product.Kubeconfig(ctx)
	if err != nil {
		t.Fatal(err)
	}
	before := sums(ctx, t)
	authority := fileSum(ctx, t, "/etc/kubernetes/pki/ca.crt")

	if _, err := product.Run(ctx, "certificates", "renew"); err != nil {
		t.Fatal(err)
	}
	after := sums(ctx, t)
	for file, sum := range after {
		if sum == before[file] {
			t.Errorf("%s is the same", file)
		}
	}
	if fileSum(ctx, t, "/etc/kubernetes/pki/ca.crt") != authority {
		t.Error("the certificate authority is another one: nothing that was issued before is good any more")
	}
	// What was issued before is good until its own end.
	if _, err := cluster.Client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{}); err != nil {
		t.Errorf("the kubeconfig of before: %v", err)
	}
	renewed, err := product.Kubeconfig(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(kubeconfig, renewed) {
		t.Error("the product's kubeconfig is the same")
	}
	fresh, err := product.Connect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	// Through the API server's own certificate for kubelets, and theirs.
	if _, err := fresh.ExecPod(ctx, "kube-system", "etcd-"+cluster.ControlPlane().Name, "etcdctl", "version"); err != nil {
		t.Errorf("exec after the renewal: %v", err)
	}
	awaitNodesReady(t)
	if result, err := product.Up(ctx); err != nil || !strings.Contains(strings.ToLower(result.Output()), noChanges) {
		t.Errorf("up after the renewal: %v, want %q", err, noChanges)
	}
}

func sums(ctx context.Context, t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, file := range leafCertificates {
		found[file] = fileSum(ctx, t, file)
	}
	return found
}

func fileSum(ctx context.Context, t *testing.T, file string) string {
	t.Helper()
	sum, err := cluster.ControlPlane().Exec(ctx, "sha256sum", file)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}
