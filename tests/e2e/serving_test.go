package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/rampart-iac/rampart/tests/framework"
)

// approverUser is who approves kubelets' serving certificates.
const approverUser = "rampart:approver"

// TestKubeletsServeWithTheClustersCertificates connects to each kubelet as the API server does: it must show a
// certificate of the cluster's authority for the node's address, and would not be believed for another.
func TestKubeletsServeWithTheClustersCertificates(t *testing.T) {
	t.Parallel()
	authority := x509.NewCertPool()
	if !authority.AppendCertsFromPEM(cluster.Admin.CAData) {
		t.Fatal("the kubeconfig has no certificate authority")
	}
	handshake := func(node *framework.Node, name string) error {
		connection, err := node.Dial(t.Context(), net.JoinHostPort(node.Address, "10250"))
		if err != nil {
			return err
		}
		defer func() { _ = connection.Close() }()
		return tls.Client(connection, &tls.Config{
			RootCAs: authority, ServerName: name, MinVersion: tls.VersionTLS13,
		}).HandshakeContext(t.Context())
	}
	for _, node := range cluster.Nodes() {
		for _, name := range []string{node.Address, node.Name} {
			if err := handshake(node, name); err != nil {
				t.Errorf("node %s as %s: %v", node.Name, name, err)
			}
		}
		unlike := x509.HostnameError{}
		if err := handshake(node, "kubernetes.default.svc"); !errors.As(err, &unlike) {
			t.Errorf("node %s as another host: %v, want %T", node.Name, err, unlike)
		}
	}
}

func TestLogsAndCommandsReachEveryNode(t *testing.T) {
	t.Parallel()
	for _, node := range cluster.Nodes() {
		if err := errors.Join(readsLogs(t.Context(), node), runsCommands(t.Context(), node)); err != nil {
			t.Errorf("node %s: %v", node.Name, err)
		}
	}
}

// calicoPod is a pod that runs on every node.
func calicoPod(ctx context.Context, node *framework.Node) (string, error) {
	pods, err := cluster.Client.CoreV1().Pods(metav1.NamespaceSystem).List(ctx, metav1.ListOptions{
		LabelSelector: "k8s-app=calico-node", FieldSelector: "spec.nodeName=" + node.Name,
	})
	if err != nil {
		return "", err
	}
	if len(pods.Items) != 1 {
		return "", fmt.Errorf("%d calico-node pods run on node %s", len(pods.Items), node.Name)
	}
	return pods.Items[0].Name, nil
}

func readsLogs(ctx context.Context, node *framework.Node) error {
	name, err := calicoPod(ctx, node)
	if err != nil {
		return err
	}
	lines := int64(1)
	logs, err := cluster.Client.CoreV1().Pods(metav1.NamespaceSystem).GetLogs(name, &corev1.PodLogOptions{
		Container: "calico-node", TailLines: &lines,
	}).DoRaw(ctx)
	if err == nil && len(logs) == 0 {
		err = errors.New("the log is empty")
	}
	return err
}

func runsCommands(ctx context.Context, node *framework.Node) error {
	name, err := calicoPod(ctx, node)
	if err != nil {
		return err
	}
	_, err = cluster.ExecPod(ctx, metav1.NamespaceSystem, name, "calico-node", "-v")
	return err
}

// servingRequest is what a kubelet asks for.
type servingRequest struct {
	organizations, names []string
	addresses            []net.IP
	usages               []certificatesv1.KeyUsage
}

// TestServingCertificatesAreForTheirNodeOnly asks with a kubelet's own credentials, as whoever has broken into a node
// would. What a kubelet may have is approved and signed; everything else is denied.
func TestServingCertificatesAreForTheirNodeOnly(t *testing.T) {
	t.Parallel()
	var worker *framework.Node
	for _, node := range cluster.Nodes() {
		if !node.ControlPlane {
			worker = node
		}
	}
	client := asKubelet(t, worker)
	own := servingRequest{
		organizations: []string{"system:nodes"}, names: []string{worker.Name}, addresses: []net.IP{net.ParseIP(worker.Address)},
		usages: []certificatesv1.KeyUsage{certificatesv1.UsageDigitalSignature, certificatesv1.UsageServerAuth},
	}
	controlPlane := cluster.ControlPlane()
	foreignName, foreignAddress, service, masters, forClients := own, own, own, own, own
	foreignName.names = []string{worker.Name, controlPlane.Name}
	foreignAddress.addresses = []net.IP{net.ParseIP(controlPlane.Address)}
	service.names = []string{"kubernetes.default.svc"}
	masters.organizations = []string{"system:nodes", "system:masters"}
	forClients.usages = append(forClients.usages[:2:2], certificatesv1.UsageClientAuth)
	for what, test := range map[string]struct {
		request servingRequest
		want    certificatesv1.RequestConditionType
	}{
		"its own":                    {own, certificatesv1.CertificateApproved},
		"another node's name":        {foreignName, certificatesv1.CertificateDenied},
		"another node's address":     {foreignAddress, certificatesv1.CertificateDenied},
		"the API server's name":      {service, certificatesv1.CertificateDenied},
		"an administrators' group":   {masters, certificatesv1.CertificateDenied},
		"a client's, beside its own": {forClients, certificatesv1.CertificateDenied},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			name := askToServe(t, client, worker, test.request)
			framework.Eventually(t, "a decision", 90*time.Second, func(ctx context.Context) error {
				csr, err := cluster.Client.CertificatesV1().CertificateSigningRequests().Get(ctx, name, metav1.GetOptions{})
				switch {
				case err != nil:
					return err
				case len(csr.Status.Conditions) == 0:
					return errors.New("there is none yet")
				case csr.Status.Conditions[0].Type != test.want:
					t.Fatalf("it is %s: %s", csr.Status.Conditions[0].Type, csr.Status.Conditions[0].Message)
				case test.want == certificatesv1.CertificateApproved && len(csr.Status.Certificate) == 0:
					return errors.New("it is approved, but not signed yet")
				case test.want != certificatesv1.CertificateApproved && len(csr.Status.Certificate) > 0:
					t.Fatal("it is denied and signed all the same")
				}
				return nil
			})
		})
	}
}

// asKubelet speaks to the API server with the credentials that lie on the node.
func asKubelet(t *testing.T, node *framework.Node) kubernetes.Interface {
	t.Helper()
	credentials, err := node.Exec(t.Context(), "cat", "/var/lib/kubelet/pki/kubelet-client-current.pem")
	if err != nil {
		t.Fatal(err)
	}
	config := rest.AnonymousClientConfig(cluster.Admin)
	config.CertData, config.KeyData = []byte(credentials), []byte(credentials)
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func askToServe(t *testing.T, client kubernetes.Interface, node *framework.Node, request servingRequest) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject:  pkix.Name{CommonName: "system:node:" + node.Name, Organization: request.organizations},
		DNSNames: request.names, IPAddresses: request.addresses,
	}, key)
	if err != nil {
		t.Fatal(err)
	}
	made, err := client.CertificatesV1().CertificateSigningRequests().Create(t.Context(), &certificatesv1.CertificateSigningRequest{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "e2e-"},
		Spec: certificatesv1.CertificateSigningRequestSpec{
			SignerName: certificatesv1.KubeletServingSignerName, Usages: request.usages,
			Request: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}),
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := cluster.Client.CertificatesV1().CertificateSigningRequests().Delete(
			context.WithoutCancel(t.Context()), made.Name, metav1.DeleteOptions{})
		if err != nil {
			t.Error(err)
		}
	})
	return made.Name
}

// TestApproverMayDoNothingElse asks the API server about the approver's rights.
func TestApproverMayDoNothingElse(t *testing.T) {
	t.Parallel()
	for what, want := range map[string]bool{
		"approve certificates.k8s.io/signers kubernetes.io/kubelet-serving":  true,
		"update certificates.k8s.io/certificatesigningrequests/approval any": true,
		"get nodes any": true,
		"approve certificates.k8s.io/signers kubernetes.io/kube-apiserver-client":         false,
		"approve certificates.k8s.io/signers kubernetes.io/kube-apiserver-client-kubelet": false,
		"sign certificates.k8s.io/signers kubernetes.io/kubelet-serving":                  false,
		"create certificates.k8s.io/certificatesigningrequests any":                       false,
		"get secrets any": false, "list pods any": false, "update nodes any": false, "get nodes/proxy any": false,
	} {
		fields := strings.Fields(what)
		attributes := &authorizationv1.ResourceAttributes{Verb: fields[0], Name: fields[2]}
		group, resource, grouped := strings.Cut(fields[1], "/")
		if !grouped || !strings.Contains(group, ".") {
			group, resource = "", fields[1]
		}
		attributes.Group = group
		attributes.Resource, attributes.Subresource, _ = strings.Cut(resource, "/")
		review, err := cluster.Client.AuthorizationV1().SubjectAccessReviews().Create(t.Context(),
			&authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
				User: approverUser, Groups: []string{"system:authenticated"}, ResourceAttributes: attributes,
			}}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if review.Status.Allowed != want {
			t.Errorf("%s: allowed %t, want %t", what, review.Status.Allowed, want)
		}
	}
}
