package e2e

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/tests/framework"
)

// Where root's certificates of etcd are, and the copies that etcd may read.
const (
	etcdPKI    = "/etc/kubernetes/pki/etcd"
	etcdCopies = "/etc/etcd/pki"
)

// TestEtcdRunsAsItsOwnUser looks at the process itself: it is etcd's, has no capability, and does not reach the key of
// the authority that signs for it.
func TestEtcdRunsAsItsOwnUser(t *testing.T) {
	t.Parallel()
	node := cluster.ControlPlane()
	const question = `for p in $(pidof etcd); do stat -c %U:%G /proc/$p; grep CapEff /proc/$p/status; ls /proc/$p/root` + etcdPKI + `; done`
	answer, err := node.Exec(t.Context(), "sh", "-euc", question)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"etcd:etcd\n", "CapEff:\t0000000000000000\n", "server.key\n"} {
		if strings.Count(answer, want) != 1 {
			t.Errorf("not once %q in what is known of etcd's process:\n%s", want, answer)
		}
	}
	if strings.Contains(answer, "ca.key") {
		t.Errorf("etcd sees the key of its authority:\n%s", answer)
	}
	// Control: it is where kubeadm put it, so that the absence above means something.
	if _, err := node.Exec(t.Context(), "test", "-s", etcdPKI+"/ca.key"); err != nil {
		t.Errorf("control: %v", err)
	}
}

// TestEtcdTakesUpRenewedCertificates renews etcd's serving certificate as an administrator would. The copy follows, and
// etcd shows the new one without a restart.
func TestEtcdTakesUpRenewedCertificates(t *testing.T) {
	t.Parallel()
	node := cluster.ControlPlane()
	before, err := servedSerial(t.Context(), node)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := node.Exec(t.Context(), "kubeadm", "certs", "renew", "etcd-server", "--config", "/kind/kubeadm.conf"); err != nil {
		t.Fatal(err)
	}
	certificate, err := node.Exec(t.Context(), "cat", path.Join(etcdPKI, "server.crt"))
	if err != nil {
		t.Fatal(err)
	}
	renewed := serialOf(t, certificate)
	if renewed == before {
		t.Fatal("control: nothing was renewed")
	}
	// etcd reads certificate and key one after the other: a connection between the renaming of the two fails.
	framework.Eventually(t, "etcd to show its new certificate", 30*time.Second, func(ctx context.Context) error {
		served, err := servedSerial(ctx, node)
		if err == nil && served != renewed {
			err = fmt.Errorf("it shows %s, not %s", served, renewed)
		}
		return err
	})
	const question = `cd "$0" && stat -c '%U:%G %a %n' * && sha256sum server.key "$1"/server.key`
	copies, err := node.Exec(t.Context(), "sh", "-euc", question, etcdCopies, etcdPKI)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(copies, "etcd:etcd 600 server.key") {
		t.Errorf("the copies are not etcd's alone:\n%s", copies)
	}
	key, err := node.Exec(t.Context(), "cat", path.Join(etcdPKI, "server.key"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(key))
	if strings.Count(copies, hex.EncodeToString(sum[:])) != 2 {
		t.Errorf("the key's copy is another one:\n%s", copies)
	}
}

// servedSerial is the serial number of the certificate that etcd shows.
func servedSerial(ctx context.Context, node *framework.Node) (string, error) {
	connection, err := node.Dial(ctx, net.JoinHostPort("127.0.0.1", "2379"))
	if err != nil {
		return "", err
	}
	defer func() { _ = connection.Close() }()
	serial := ""
	client := tls.Client(connection, &tls.Config{
		InsecureSkipVerify: true, // which certificate it shows is the question
		MinVersion:         tls.VersionTLS13,
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			if len(raw) == 0 {
				return errors.New("no certificate")
			}
			found, err := x509.ParseCertificate(raw[0])
			if err == nil {
				serial = found.SerialNumber.String()
			}
			return err
		},
	})
	err = client.HandshakeContext(ctx)
	return serial, err
}

func serialOf(t *testing.T, text string) string {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Fatal("not a certificate")
	}
	found, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return found.SerialNumber.String()
}
