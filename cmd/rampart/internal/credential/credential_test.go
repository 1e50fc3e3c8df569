package credential

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/clientcmd"
)

func subject() Subject {
	return Subject{User: "rampart:ada", Group: "rampart:viewer", Lifetime: time.Hour, Purpose: "a test"}
}

// signer stands for the API server and its signer: it signs what is approved, after change has had its way with it.
func signer(t *testing.T, change func(*x509.Certificate), onCreate func(*certificatesv1.CertificateSigningRequest)) *fake.Clientset {
	t.Helper()
	authority, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	client := fake.NewClientset()
	client.PrependReactor("create", "certificatesigningrequests", func(action clienttesting.Action) (bool, runtime.Object, error) {
		request := action.(clienttesting.CreateAction).GetObject().(*certificatesv1.CertificateSigningRequest)
		request.Name = request.GenerateName + "1"
		if onCreate != nil {
			onCreate(request)
		}
		return false, nil, nil
	})
	client.PrependReactor("update", "certificatesigningrequests", func(action clienttesting.Action) (bool, runtime.Object, error) {
		request := action.(clienttesting.UpdateAction).GetObject().(*certificatesv1.CertificateSigningRequest)
		if action.GetSubresource() != "approval" || request.Status.Conditions[0].Type != certificatesv1.CertificateApproved {
			t.Errorf("update of %q: %+v", action.GetSubresource(), request.Status)
		}
		block, _ := pem.Decode(request.Spec.Request)
		asked, err := x509.ParseCertificateRequest(block.Bytes)
		if err != nil {
			return true, nil, err
		}
		template := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: asked.Subject, PublicKey: asked.PublicKey,
			NotAfter: time.Now().Add(time.Duration(*request.Spec.ExpirationSeconds) * time.Second),
		}
		if change != nil {
			change(template)
		}
		signed, err := x509.CreateCertificate(rand.Reader, template,
			&x509.Certificate{Subject: pkix.Name{CommonName: "authority"}}, template.PublicKey, authority)
		if err != nil {
			return true, nil, err
		}
		request.Status.Certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed})
		return false, nil, nil
	})
	return client
}

func left(t *testing.T, client *fake.Clientset) int {
	t.Helper()
	list, err := client.CertificatesV1().CertificateSigningRequests().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return len(list.Items)
}

func TestIssue(t *testing.T) {
	t.Parallel()
	var asked certificatesv1.CertificateSigningRequestSpec
	client := signer(t, nil, func(request *certificatesv1.CertificateSigningRequest) { asked = request.Spec })
	got, err := Issue(t.Context(), client.CertificatesV1().CertificateSigningRequests(), subject())
	if err != nil {
		t.Fatal(err)
	}
	if asked.SignerName != "kubernetes.io/kube-apiserver-client" || *asked.ExpirationSeconds != 3600 ||
		len(asked.Usages) != 1 || asked.Usages[0] != certificatesv1.UsageClientAuth {
		t.Errorf("asked for %+v", asked)
	}
	if in := time.Until(got.Expires); in > time.Hour || in < 59*time.Minute {
		t.Errorf("expires in %s", in)
	}
	if strings.Contains(string(asked.Request), "PRIVATE") {
		t.Error("the key was sent")
	}
	if left := left(t, client); left > 0 {
		t.Errorf("%d requests are left", left)
	}
}

// TestWhatIsNotAsAskedIsRefused: neither approved if the request is another, nor used if the certificate is.
func TestWhatIsNotAsAskedIsRefused(t *testing.T) {
	t.Parallel()
	longer := int32(99999)
	for name, test := range map[string]struct {
		change   func(*x509.Certificate)
		onCreate func(*certificatesv1.CertificateSigningRequest)
		want     string
	}{
		"another signer": {nil, func(r *certificatesv1.CertificateSigningRequest) { r.Spec.SignerName = "example.org/mine" }, "not what was asked for"},
		"more usages": {nil, func(r *certificatesv1.CertificateSigningRequest) {
			r.Spec.Usages = append(r.Spec.Usages, certificatesv1.UsageServerAuth)
		}, "not what was asked for"},
		"a longer life":   {nil, func(r *certificatesv1.CertificateSigningRequest) { r.Spec.ExpirationSeconds = &longer }, "not what was asked for"},
		"no end":          {nil, func(r *certificatesv1.CertificateSigningRequest) { r.Spec.ExpirationSeconds = nil }, "not what was asked for"},
		"another request": {nil, func(r *certificatesv1.CertificateSigningRequest) { r.Spec.Request = []byte("x") }, "not what was asked for"},
		"decided already": {nil, func(r *certificatesv1.CertificateSigningRequest) {
			r.Status.Conditions = []certificatesv1.CertificateSigningRequestCondition{{Type: "Denied"}}
		}, "somebody else (Denied)"},
		"signed for longer": {func(c *x509.Certificate) { c.NotAfter = c.NotAfter.Add(time.Hour) }, nil, "longer than the 1h0m0s"},
		"another group": {func(c *x509.Certificate) {
			c.Subject = pkix.Name{CommonName: "rampart:ada", Organization: []string{"x"}}
		}, nil, "want user rampart:ada in group rampart:viewer"},
		"another user": {func(c *x509.Certificate) { c.Subject.CommonName = "eve"; c.Subject.Names = nil }, nil, "want user rampart:ada"},
		"another key": {func(c *x509.Certificate) {
			key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			if err != nil {
				panic(err)
			}
			c.PublicKey = &key.PublicKey
		}, nil, "another key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := signer(t, test.change, test.onCreate)
			_, err := Issue(t.Context(), client.CertificatesV1().CertificateSigningRequests(), subject())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
			approved := 0
			for _, action := range client.Actions() {
				if action.GetSubresource() == "approval" {
					approved++
				}
			}
			if test.onCreate != nil && approved > 0 {
				t.Error("approved")
			}
			if left := left(t, client); left > 0 {
				t.Errorf("%d requests are left", left)
			}
		})
	}
}

// TestIssueWithoutASigner ends when the caller gives up, and tidies up even then.
func TestIssueWithoutASigner(t *testing.T) {
	t.Parallel()
	client := fake.NewClientset()
	client.PrependReactor("create", "certificatesigningrequests", func(action clienttesting.Action) (bool, runtime.Object, error) {
		action.(clienttesting.CreateAction).GetObject().(*certificatesv1.CertificateSigningRequest).Name = "rampart-1"
		return false, nil, nil
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := Issue(ctx, client.CertificatesV1().CertificateSigningRequests(), subject())
	if err == nil || !strings.Contains(err.Error(), "waiting for the cluster to sign") {
		t.Errorf("got %v", err)
	}
	if left := left(t, client); left > 0 {
		t.Errorf("%d requests are left", left)
	}
}

const adminKubeconfig = `apiVersion: v1
kind: Config
current-context: admin
contexts:
- name: admin
  context: {cluster: one, user: admin}
clusters:
- name: one
  cluster: {server: "https://127.0.0.1:6443", certificate-authority-data: Y2E=}
users:
- name: admin
  user: {client-key-data: YWRtaW5zIGtleQ==, client-certificate-data: eA==}
`

func TestKubeconfig(t *testing.T) {
	t.Parallel()
	content, err := Kubeconfig([]byte(adminKubeconfig), "viewer@one", "blue", Credential{Certificate: []byte("c"), Key: []byte("k")})
	if err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.Load(content)
	if err != nil {
		t.Fatal(err)
	}
	user := config.AuthInfos["viewer@one"]
	if len(config.AuthInfos) != 1 || user == nil || string(user.ClientKeyData) != "k" || string(user.ClientCertificateData) != "c" {
		t.Errorf("users %+v", config.AuthInfos)
	}
	current := config.Contexts[config.CurrentContext]
	if current == nil || current.Namespace != "blue" || config.Clusters[current.Cluster].Server != "https://127.0.0.1:6443" ||
		string(config.Clusters[current.Cluster].CertificateAuthorityData) != "ca" {
		t.Errorf("got\n%s", content)
	}
	if _, err := Kubeconfig([]byte("apiVersion: v1\nkind: Config\n"), "x", "", Credential{}); err == nil {
		t.Error("a kubeconfig without a context: no error")
	}
}
