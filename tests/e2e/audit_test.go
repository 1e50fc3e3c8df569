package e2e

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/rampart-iac/rampart/tests/framework"
)

// auditLog is where the API server writes on the control-plane node.
const auditLog = "/var/log/kubernetes/audit/audit.log"

// auditEvent has the fields of an audit line that the tests look at.
type auditEvent struct {
	Verb, RequestURI string
	User             struct{ Username string }
	ObjectRef        struct{ Resource, Namespace, Name, Subresource string }
	ResponseStatus   struct{ Code int }
	Annotations      map[string]string
}

// TestAuditLogNamesWhoDidWhat lets a named user make a pod and be refused another thing, and finds both in the log: who,
// what, where, and what the answer was.
func TestAuditLogNamesWhoDidWhat(t *testing.T) {
	t.Parallel()
	namespace := cluster.Namespace(t)
	alice := "alice-" + strings.ToLower(rand.Text())
	client := userClient(t, alice)
	allowPods(t, namespace, alice)

	pod := cluster.DecentPod(namespace, "made-by-alice")
	framework.Eventually(t, "the user's rights to be known", 20*time.Second, func(ctx context.Context) error {
		_, err := client.CoreV1().Pods(namespace).Create(ctx, pod, metav1.CreateOptions{})
		return err
	})
	_, err := client.CoreV1().Secrets(namespace).List(t.Context(), metav1.ListOptions{})
	if !apierrors.IsForbidden(err) {
		t.Fatalf("control: the user may list secrets: %v", err)
	}

	awaitAudit(t, "the creation of the pod", func(event auditEvent) bool {
		return event.User.Username == alice && event.Verb == "create" && event.ObjectRef.Resource == "pods" &&
			event.ObjectRef.Namespace == namespace && event.ObjectRef.Name == pod.Name && event.ResponseStatus.Code == 201 &&
			event.Annotations["authorization.k8s.io/decision"] == "allow"
	})
	awaitAudit(t, "the refusal to list secrets", func(event auditEvent) bool {
		return event.User.Username == alice && event.Verb == "list" && event.ObjectRef.Resource == "secrets" &&
			event.ObjectRef.Namespace == namespace && event.ResponseStatus.Code == 403 &&
			event.Annotations["authorization.k8s.io/decision"] == "forbid"
	})
}

// TestAuditLogKeepsSecretsOut looks for a secret's value in the log of its own creation and reading.
func TestAuditLogKeepsSecretsOut(t *testing.T) {
	t.Parallel()
	namespace := cluster.Namespace(t)
	canary := "canary-" + rand.Text()
	cluster.CreateSecret(t, namespace, "canary", canary)
	if _, err := cluster.Client.CoreV1().Secrets(namespace).Get(t.Context(), "canary", metav1.GetOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"create", "get"} {
		awaitAudit(t, "control: that the secret was "+verb+"d", func(event auditEvent) bool {
			return event.Verb == verb && event.ObjectRef.Resource == "secrets" && event.ObjectRef.Namespace == namespace
		})
	}
	if text := readAudit(t); strings.Contains(text, canary) {
		t.Error("the secret's value stands in the audit log")
	}
}

// TestAuditLogHasNoNoise holds the log to what a person would want to read.
func TestAuditLogHasNoNoise(t *testing.T) {
	t.Parallel()
	events := parseAudit(t, readAudit(t))
	if len(events) == 0 {
		t.Fatal("control: the log is empty")
	}
	for _, event := range events {
		health := slices.ContainsFunc([]string{"/healthz", "/livez", "/readyz"},
			func(prefix string) bool { return strings.HasPrefix(event.RequestURI, prefix) })
		if event.ObjectRef.Resource == "leases" || health {
			t.Fatalf("noise: %+v", event)
		}
	}
}

// TestAuditLogIsKeptAndRotated looks at the file and at the API server's own flags.
func TestAuditLogIsKeptAndRotated(t *testing.T) {
	t.Parallel()
	node := cluster.ControlPlane()
	modes, err := node.Exec(t.Context(), "stat", "--format=%a %U", auditLog)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(modes); got != "600 root" {
		t.Errorf("the log's mode and owner: %s, want 600 root", got)
	}
	server, err := cluster.Client.CoreV1().Pods("kube-system").Get(t.Context(), "kube-apiserver-"+node.Name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	command := server.Spec.Containers[0].Command
	for _, flag := range []string{
		"--audit-log-path=" + auditLog, "--audit-log-maxage=30", "--audit-log-maxbackup=10", "--audit-log-maxsize=100",
	} {
		if !slices.Contains(command, flag) {
			t.Errorf("the API server runs without %s", flag)
		}
	}
}

func readAudit(t *testing.T) string {
	t.Helper()
	// A log that was just rotated has its last lines in the file before.
	text, err := cluster.ControlPlane().Exec(t.Context(), "sh", "-c", "cat "+path.Dir(auditLog)+"/*.log")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func parseAudit(t *testing.T, text string) []auditEvent {
	t.Helper()
	var events []auditEvent
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var event auditEvent
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			continue // the line that is being written while it is read
		}
		events = append(events, event)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return events
}

func awaitAudit(t *testing.T, what string, match func(auditEvent) bool) {
	t.Helper()
	framework.Eventually(t, "the audit log to show "+what, 30*time.Second, func(context.Context) error {
		events := parseAudit(t, readAudit(t))
		if !slices.ContainsFunc(events, match) {
			return fmt.Errorf("not among %d events", len(events))
		}
		return nil
	})
}

// userClient returns the client of a person with a client certificate, signed the way a cluster's administrator would.
func userClient(t *testing.T, user string) kubernetes.Interface {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	request, err := x509.CreateCertificateRequest(rand.Reader,
		&x509.CertificateRequest{Subject: pkix.Name{CommonName: user}}, key)
	if err != nil {
		t.Fatal(err)
	}
	requests := cluster.Client.CertificatesV1().CertificateSigningRequests()
	signing, err := requests.Create(t.Context(), &certificatesv1.CertificateSigningRequest{
		ObjectMeta: metav1.ObjectMeta{Name: user},
		Spec: certificatesv1.CertificateSigningRequestSpec{
			Request:    pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: request}),
			SignerName: certificatesv1.KubeAPIServerClientSignerName,
			Usages:     []certificatesv1.KeyUsage{certificatesv1.UsageClientAuth},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := requests.Delete(context.WithoutCancel(t.Context()), user, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	signing.Status.Conditions = []certificatesv1.CertificateSigningRequestCondition{{
		Type: certificatesv1.CertificateApproved, Status: corev1.ConditionTrue, Reason: "Test",
	}}
	if _, err := requests.UpdateApproval(t.Context(), user, signing, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	framework.Eventually(t, "the certificate of "+user, 30*time.Second, func(ctx context.Context) error {
		signing, err = requests.Get(ctx, user, metav1.GetOptions{})
		if err == nil && len(signing.Status.Certificate) == 0 {
			err = errors.New("not signed")
		}
		return err
	})
	keyText, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	config := rest.AnonymousClientConfig(cluster.Admin)
	config.CertData = bytes.TrimSpace(signing.Status.Certificate)
	config.KeyData = pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyText})
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func allowPods(t *testing.T, namespace, user string) {
	t.Helper()
	roles := cluster.Client.RbacV1()
	meta := metav1.ObjectMeta{Name: "pods"}
	_, err := roles.Roles(namespace).Create(t.Context(), &rbacv1.Role{
		ObjectMeta: meta,
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"create"}}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = roles.RoleBindings(namespace).Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: meta,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "pods"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
}
