package approval

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

const (
	nodeName    = "blue-worker"
	nodeAddress = "10.89.0.3"
)

// asking is one request and the world that it is made in, as a test changes them.
type asking struct {
	key      crypto.Signer
	template x509.CertificateRequest
	csr      certificatesv1.CertificateSigningRequest
	node     corev1.Node
	resolved []string
	encode   func(der []byte) []byte
}

// decent is what a kubelet asks for.
func decent(t *testing.T) *asking {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &asking{
		key: key,
		template: x509.CertificateRequest{
			Subject:     pkix.Name{CommonName: "system:node:" + nodeName, Organization: []string{"system:nodes"}},
			DNSNames:    []string{nodeName},
			IPAddresses: []net.IP{net.ParseIP(nodeAddress)},
		},
		csr: certificatesv1.CertificateSigningRequest{
			ObjectMeta: metav1.ObjectMeta{Name: "csr-1", CreationTimestamp: metav1.Now()},
			Spec: certificatesv1.CertificateSigningRequestSpec{
				SignerName: certificatesv1.KubeletServingSignerName,
				Username:   "system:node:" + nodeName,
				Groups:     []string{"system:nodes", "system:authenticated"},
				Usages:     []certificatesv1.KeyUsage{certificatesv1.UsageDigitalSignature, certificatesv1.UsageServerAuth},
			},
		},
		node: corev1.Node{
			ObjectMeta: metav1.ObjectMeta{Name: nodeName},
			Status: corev1.NodeStatus{Addresses: []corev1.NodeAddress{
				{Type: corev1.NodeInternalIP, Address: nodeAddress}, {Type: corev1.NodeHostName, Address: nodeName},
			}},
		},
		resolved: []string{nodeAddress},
		encode: func(der []byte) []byte {
			return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
		},
	}
}

// outcome runs the controller on the request until it has decided, or for a moment.
func outcome(t *testing.T, ask *asking) (certificatesv1.RequestConditionType, string) {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &ask.template, ask.key)
	if err != nil {
		t.Fatal(err)
	}
	ask.csr.Spec.Request = ask.encode(der)
	client := fake.NewClientset(&ask.csr, &ask.node)
	controller := Controller{
		Requests: client.CertificatesV1().CertificateSigningRequests(),
		Nodes:    client.CoreV1().Nodes(),
		Resolve: func(context.Context, string, string) ([]netip.Addr, error) {
			var found []netip.Addr
			for _, address := range ask.resolved {
				found = append(found, netip.MustParseAddr(address))
			}
			if len(found) == 0 {
				return nil, errors.New("no such host")
			}
			return found, nil
		},
		Log: slog.New(slog.DiscardHandler),
	}
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	go func() { _ = controller.Run(ctx) }()
	for {
		csr, err := controller.Requests.Get(t.Context(), ask.csr.Name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if conditions := csr.Status.Conditions; len(conditions) > 0 {
			return conditions[0].Type, conditions[0].Message
		}
		if ctx.Err() != nil {
			return "", ""
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestKubeletsGetServingCertificates(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(*testing.T, *asking){
		"as they are": func(*testing.T, *asking) {},
		"with RSA": func(t *testing.T, ask *asking) {
			t.Helper()
			key, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				t.Fatal(err)
			}
			ask.key, ask.csr.Spec.Usages = key, append(ask.csr.Spec.Usages, certificatesv1.UsageKeyEncipherment)
		},
		"without an address": func(_ *testing.T, ask *asking) { ask.template.IPAddresses = nil },
		"where the name leads to more": func(_ *testing.T, ask *asking) {
			ask.resolved = append(ask.resolved, "fd00::3", "::ffff:10.89.0.9")
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			ask := decent(t)
			change(t, ask)
			if decision, why := outcome(t, ask); decision != certificatesv1.CertificateApproved {
				t.Errorf("decision %q: %s", decision, why)
			}
		})
	}
}

func TestWhatIsNotAKubeletsIsDenied(t *testing.T) {
	t.Parallel()
	foreignIP := func(_ *testing.T, ask *asking) {
		ask.template.IPAddresses = append(ask.template.IPAddresses, net.ParseIP("10.89.0.2"))
	}
	late := func(change func(*testing.T, *asking)) func(*testing.T, *asking) {
		return func(t *testing.T, ask *asking) {
			t.Helper()
			change(t, ask)
			ask.csr.CreationTimestamp = metav1.NewTime(time.Now().Add(-2 * patience))
		}
	}
	for what, test := range map[string]struct {
		change func(*testing.T, *asking)
		says   string
	}{
		"from a user": {func(_ *testing.T, ask *asking) { ask.csr.Spec.Username = "kubernetes-admin" }, "not a node"},
		"from a node without its group": {
			func(_ *testing.T, ask *asking) { ask.csr.Spec.Groups = []string{"system:masters"} }, "not a node",
		},
		"for another node": {
			func(_ *testing.T, ask *asking) { ask.template.Subject.CommonName = "system:node:blue-control-plane" }, "comes from",
		},
		"with another organization": {
			func(_ *testing.T, ask *asking) { ask.template.Subject.Organization = []string{"system:masters"} }, "system:masters",
		},
		"with one more organization": {
			func(_ *testing.T, ask *asking) {
				ask.template.Subject.Organization = append(ask.template.Subject.Organization, "system:masters")
			}, "system:masters",
		},
		"with more in the subject": {
			func(_ *testing.T, ask *asking) { ask.template.Subject.Locality = []string{"here"} }, "more than",
		},
		"with another host's name": {
			func(_ *testing.T, ask *asking) {
				ask.template.DNSNames = append(ask.template.DNSNames, "kubernetes.default.svc")
			},
			"kubernetes.default.svc",
		},
		"with a wildcard": {func(_ *testing.T, ask *asking) { ask.template.DNSNames = []string{"*"} }, `"*"`},
		"with a name that the node gave itself": {
			func(_ *testing.T, ask *asking) {
				ask.template.DNSNames = append(ask.template.DNSNames, "kubernetes")
				ask.node.Status.Addresses = append(ask.node.Status.Addresses,
					corev1.NodeAddress{Type: corev1.NodeInternalDNS, Address: "kubernetes"})
			}, "not the node's name",
		},
		"with another node's address": {late(foreignIP), "10.89.0.2"},
		"with an address that the node gave itself": {
			late(func(t *testing.T, ask *asking) {
				t.Helper()
				foreignIP(t, ask)
				ask.node.Status.Addresses = append(ask.node.Status.Addresses,
					corev1.NodeAddress{Type: corev1.NodeInternalIP, Address: "10.89.0.2"})
			}), "leads to",
		},
		"of a node that is not there": {
			late(func(_ *testing.T, ask *asking) { ask.node.Name = "other" }), "not found",
		},
		"without any name": {
			func(_ *testing.T, ask *asking) { ask.template.DNSNames, ask.template.IPAddresses = nil, nil }, "neither",
		},
		"with an e-mail address": {
			func(_ *testing.T, ask *asking) { ask.template.EmailAddresses = []string{"me@example.com"} }, "e-mail",
		},
		"with a URI": {
			func(_ *testing.T, ask *asking) { ask.template.URIs = []*url.URL{{Scheme: "spiffe", Host: "x"}} }, "URI",
		},
		"with another extension": {
			func(_ *testing.T, ask *asking) {
				ask.template.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 19}, Value: []byte{0x30, 0}}}
			}, "2.5.29.19",
		},
		"for a client": {
			func(_ *testing.T, ask *asking) {
				ask.csr.Spec.Usages = append(ask.csr.Spec.Usages, certificatesv1.UsageClientAuth)
			},
			"client auth",
		},
		"not for a server": {
			func(_ *testing.T, ask *asking) {
				ask.csr.Spec.Usages = []certificatesv1.KeyUsage{certificatesv1.UsageDigitalSignature}
			}, "not for a server",
		},
		"with a short curve": {
			func(t *testing.T, ask *asking) {
				t.Helper()
				key, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
				if err != nil {
					t.Fatal(err)
				}
				ask.key = key
			}, "224 bits",
		},
		"with another kind of key": {
			func(t *testing.T, ask *asking) {
				t.Helper()
				_, key, err := ed25519.GenerateKey(rand.Reader)
				if err != nil {
					t.Fatal(err)
				}
				ask.key = key
			}, "Ed25519",
		},
		"with a foreign signature": {
			func(_ *testing.T, ask *asking) {
				encode := ask.encode
				ask.encode = func(der []byte) []byte { der[len(der)-1] ^= 1; return encode(der) }
			}, "key",
		},
		"that is not PEM": {
			func(_ *testing.T, ask *asking) { ask.encode = func(der []byte) []byte { return der } }, "PEM",
		},
		"with something behind it": {
			func(_ *testing.T, ask *asking) {
				encode := ask.encode
				ask.encode = func(der []byte) []byte { return append(encode(der), encode(der)...) }
			}, "PEM",
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			ask := decent(t)
			test.change(t, ask)
			decision, why := outcome(t, ask)
			if decision != certificatesv1.CertificateDenied || !strings.Contains(why, test.says) {
				t.Errorf("decision %q: %q, want a denial that says %q", decision, why, test.says)
			}
		})
	}
}

// TestWhatIsNotOursOrNotKnownIsLeft: neither decision is made.
func TestWhatIsNotOursOrNotKnownIsLeft(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(*asking){
		"another signer":        func(ask *asking) { ask.csr.Spec.SignerName = certificatesv1.KubeAPIServerClientKubeletSignerName },
		"a node without object": func(ask *asking) { ask.node.Name = "other" },
		"no resolver":           func(ask *asking) { ask.resolved = nil },
		"an address too early":  func(ask *asking) { ask.node.Status.Addresses = nil },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			ask := decent(t)
			change(ask)
			if decision, why := outcome(t, ask); decision != "" {
				t.Errorf("decision %q: %s", decision, why)
			}
		})
	}
}
