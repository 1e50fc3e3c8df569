package e2e

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/rampart-iac/rampart/tests/framework"
)

// kubeconfigDeadline is for one certificate.
const kubeconfigDeadline = time.Minute

// persona gets a kubeconfig through the command line, and returns a client that speaks it and its certificate.
func persona(t *testing.T, as ...string) (kubernetes.Interface, *x509.Certificate) {
	t.Helper()
	path := personaFile(t, as...)
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(config.CertData)
	if block == nil {
		t.Fatalf("%s has no certificate", path)
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return client, certificate
}

func personaFile(t *testing.T, as ...string) string {
	t.Helper()
	args := product.StackArgs("kubeconfig", as...)
	run, err := product.Start(args...)
	if err != nil {
		t.Fatal(err)
	}
	result, err := framework.WaitAtMost(t.Context(), run, kubeconfigDeadline)
	if err != nil || result.ExitCode != 0 {
		t.Fatalf("%v\n%s", err, result)
	}
	return strings.TrimSpace(result.Stdout)
}

// TestPersonasKubeconfig looks at what "rampart kubeconfig --as" makes: who it says that one is, for how long, what comes of
// it, and who can read the file.
func TestPersonasKubeconfig(t *testing.T) {
	t.Parallel()
	before := time.Now()
	client, certificate := persona(t, "--as", "viewer", "--user", "ada@example.org", "--for", "10m")
	if life := certificate.NotAfter.Sub(before); life > 11*time.Minute || life < 9*time.Minute {
		t.Errorf("asked for ten minutes, got %s", life)
	}
	self, err := client.AuthenticationV1().SelfSubjectReviews().Create(
		t.Context(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if user := self.Status.UserInfo; user.Username != "rampart:ada@example.org" ||
		!slices.Equal(user.Groups, []string{"rampart:viewer", "system:authenticated"}) {
		t.Errorf("the API server sees %s in %q", user.Username, user.Groups)
	}
	if _, err := client.CoreV1().Pods("kube-system").List(t.Context(), metav1.ListOptions{Limit: 1}); err != nil {
		t.Errorf("control: a viewer sees no pods: %v", err)
	}
	path := personaFile(t, "--as", "viewer", "--tenant", framework.TenantBlue)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s: %v, mode %s", path, err, info.Mode())
	}
	if want := filepath.Join(product.Home(), "clusters", product.Cluster); filepath.Dir(path) != want {
		t.Errorf("%s is not in %s", path, want)
	}
	requests, err := cluster.Client.CertificatesV1().CertificateSigningRequests().List(t.Context(),
		metav1.ListOptions{LabelSelector: "app.kubernetes.io/managed-by=rampart"})
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range requests.Items {
		// Other specs ask at the same time; what is older has been forgotten.
		if time.Since(request.CreationTimestamp.Time) > kubeconfigDeadline {
			t.Errorf("request %s is left", request.Name)
		}
	}
}
