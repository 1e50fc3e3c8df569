package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/verify/live"
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

	etcd, apiServer := process(ctx, t, "etcd"), process(ctx, t, "kube-apiserver")
	reader := framework.StartPoll(t, func(ctx context.Context) error {
		_, err := cluster.Client.CoreV1().Namespaces().Get(ctx, framework.TenantBlue, metav1.GetOptions{})
		return err
	})
	_, err = product.Run(ctx, "certificates", "renew")
	reader.End()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("somebody who reads all the time: %s", reader)
	// There is one API server, which reads some of its certificates only once. Nobody has to do without etcd as well.
	if process(ctx, t, "etcd") != etcd {
		t.Error("etcd was restarted, which reads its certificates at each connection")
	}
	if process(ctx, t, "kube-apiserver") == apiServer || reader.Unanswered() == 0 {
		t.Error("the API server was not restarted")
	}
	servesRenewedCertificates(ctx, t)
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

// process returns the number of a process of the control plane.
func process(ctx context.Context, t *testing.T, name string) string {
	t.Helper()
	pid, err := cluster.ControlPlane().Exec(ctx, "pgrep", "-x", name)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// servesRenewedCertificates looks at what servers show to whoever connects, and compares it with the file that was renewed.
func servesRenewedCertificates(ctx context.Context, t *testing.T) {
	t.Helper()
	node := cluster.ControlPlane()
	for port, file := range map[string]string{
		"2379": "/etc/kubernetes/pki/etcd/server.crt", "2380": "/etc/kubernetes/pki/etcd/peer.crt",
		"6443": "/etc/kubernetes/pki/apiserver.crt",
	} {
		text, err := node.Exec(ctx, "cat", file)
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			t.Fatalf("%s holds no certificate", file)
		}
		shown, err := shownCertificate(ctx, node.DialerTo(net.JoinHostPort(node.Address, port)))
		if err != nil {
			t.Errorf("port %s: %v", port, err)
		} else if !bytes.Equal(shown, block.Bytes) {
			t.Errorf("port %s still shows another certificate than %s", port, file)
		}
	}
}

// shownCertificate returns the certificate that a server shows, whether or not it lets anybody in.
func shownCertificate(ctx context.Context, dial live.Dialer) ([]byte, error) {
	connection, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = connection.Close() }()
	var shown []byte
	client := tls.Client(connection, &tls.Config{
		MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, // what is shown is compared byte for byte
		VerifyPeerCertificate: func(certificates [][]byte, _ [][]*x509.Certificate) error {
			shown = certificates[0]
			return nil
		},
	})
	err = client.HandshakeContext(ctx)
	if shown != nil {
		return shown, nil // that it then asks for the client's is its business
	}
	return nil, err
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
