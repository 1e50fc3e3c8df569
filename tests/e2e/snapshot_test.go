package e2e

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/tests/framework"
)

// snapshotDeadline is for a snapshot and a restore, which stops and starts the control plane.
const snapshotDeadline = 6 * time.Minute

// TestSnapshotAndRestore saves the cluster, changes it, and restores it.
//
//nolint:paralleltest // the API server stops
func TestSnapshotAndRestore(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), snapshotDeadline)
	defer cancel()
	namespace := cluster.Namespace(t)
	const hidden = "canary-of-the-snapshot"
	cluster.CreateSecret(t, namespace, "kept", hidden)
	token := accountToken(t, framework.TenantBlue, "default")
	self := func() error {
		client, err := cluster.As(token)
		if err != nil {
			return err
		}
		// Everybody whom the API server knows may ask who they are.
		_, err = client.AuthenticationV1().SelfSubjectReviews().Create(
			ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
		return err
	}
	if err := self(); err != nil {
		t.Fatalf("control: the token before: %v", err)
	}
	// Who makes it in a new namespace may have waited for the API server itself, and looks again a minute later at most: client-go's 30
	// seconds, and as many by chance.
	framework.Eventually(t, "the namespace's default account", 2*time.Minute, func(ctx context.Context) error {
		_, err := cluster.Client.CoreV1().ServiceAccounts(namespace).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
	before := countObjects(t, namespace)
	file := filepath.Join(t.TempDir(), "snapshot")
	if _, err := product.Run(ctx, "snapshot", "save", file); err != nil {
		t.Fatal(err)
	}
	isPrivateAndEncrypted(t, file, hidden)
	if result, err := product.Run(ctx, "snapshot", "save", file); err == nil || !strings.Contains(result.Output(), "already") {
		t.Errorf("an existing file was not refused: %v", err)
	}
	isRefusedWhenDamaged(ctx, t, file)

	// The cluster has been restored before, and is ahead of the snapshot by more than what was written since.
	if _, err := product.Run(ctx, "snapshot", "restore", file); err != nil {
		t.Fatal(err)
	}
	secrets := cluster.Client.CoreV1().Secrets(namespace)
	if err := secrets.Delete(ctx, "kept", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	cluster.CreateSecret(t, namespace, "later", "gone after the restore")
	seen := revision(ctx, t)
	if _, err := product.Run(ctx, "snapshot", "restore", file); err != nil {
		t.Fatal(err)
	}
	// The start of a control plane alone writes hundreds of revisions.
	const many = 1_000_000
	if now := revision(ctx, t); now < seen+many {
		t.Errorf("revisions began anew (%d before, %d now): whoever has seen later ones hears nothing until they are there again",
			seen, now)
	}
	isLed(ctx, t)
	secret, err := secrets.Get(ctx, "kept", metav1.GetOptions{})
	if err != nil || string(secret.Data["value"]) != hidden {
		t.Errorf("what was deleted after the snapshot: %v", err)
	}
	if _, err := secrets.Get(ctx, "later", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("what was made after the snapshot is still there: %v", err)
	}
	if err := self(); err != nil {
		t.Errorf("a token of before the snapshot: %v", err)
	}
	if after := countObjects(t, namespace); !maps.Equal(after, before) {
		t.Errorf("objects %v, before %v", after, before)
	}
	for _, left := range []string{"rampart-before-restore", "rampart-restore", "rampart-save.db"} {
		if _, err := cluster.ControlPlane().Exec(ctx, "test", "!", "-e", etcdDataDir+"/"+left); err != nil {
			t.Errorf("%s is left on the node", left)
		}
	}
	awaitNodesReady(t)
	if result, err := product.Up(ctx); err != nil || !strings.Contains(strings.ToLower(result.Output()), noChanges) {
		t.Errorf("up after the restore: %v, want %q", err, noChanges)
	}
}

// revision is the cluster's latest.
func revision(ctx context.Context, t *testing.T) int64 {
	t.Helper()
	all, err := cluster.Client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.ParseInt(all.ResourceVersion, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// isLed wants the controllers at work, and not waiting until the leases of those of before have run out.
func isLed(ctx context.Context, t *testing.T) {
	t.Helper()
	for _, name := range []string{"kube-controller-manager", "kube-scheduler"} {
		lease, err := cluster.Client.CoordinationV1().Leases(metav1.NamespaceSystem).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			t.Error(err)
			continue
		}
		if renewed := lease.Spec.RenewTime; renewed == nil || time.Since(renewed.Time) > 10*time.Second {
			t.Errorf("nobody leads as %s: the lease is of %v", name, renewed)
		}
	}
}

// isPrivateAndEncrypted looks at the file as a thief of it would.
func isPrivateAndEncrypted(t *testing.T, file, hidden string) {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the snapshot has mode %s, want 0600", info.Mode())
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(content, []byte(hidden)) {
		t.Error("a Secret's value stands in the snapshot in plain text")
	}
	for _, key := range cluster.EncryptionKeys(t) {
		if bytes.Contains(content, []byte(key.Secret)) {
			t.Error("the key stands in the snapshot")
		}
	}
	if !bytes.Contains(content, []byte("k8s:enc:secretbox:v1:")) || !bytes.Contains(content, []byte("kube-root-ca.crt")) {
		t.Error("control: the snapshot holds no encrypted value, or no config map")
	}
}

// isRefusedWhenDamaged changes one bit, and another cluster's name, and nothing of the cluster changes.
func isRefusedWhenDamaged(ctx context.Context, t *testing.T, file string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 1
	damaged := file + "-damaged"
	if err := os.WriteFile(damaged, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if result, err := product.Run(ctx, "snapshot", "restore", damaged); err == nil ||
		!strings.Contains(result.Output(), "damaged") {
		t.Errorf("a damaged snapshot was not refused: %v", err)
	}
}

// countObjects counts what nothing but a test makes and deletes, by kind and namespace. Namespaces of tests that have ended
// are left out: they go in their own time.
func countObjects(t *testing.T, namespace string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, in := range []string{"kube-system", framework.TenantBlue, framework.TenantGreen, namespace} {
		roles, err := cluster.Client.RbacV1().Roles(in).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		policies, err := cluster.Client.NetworkingV1().NetworkPolicies(in).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		secrets, err := cluster.Client.CoreV1().Secrets(in).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		accounts, err := cluster.Client.CoreV1().ServiceAccounts(in).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		counts[in+" roles"], counts[in+" policies"] = len(roles.Items), len(policies.Items)
		counts[in+" secrets"], counts[in+" accounts"] = len(secrets.Items), len(accounts.Items)
	}
	return counts
}

// accountToken returns a token of a service account, good for ten minutes.
func accountToken(t *testing.T, namespace, account string) string {
	t.Helper()
	seconds := int64(600)
	request, err := cluster.Client.CoreV1().ServiceAccounts(namespace).CreateToken(t.Context(), account,
		&authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return request.Status.Token
}

// awaitNodesReady waits until every node reports to the API server that there is now.
func awaitNodesReady(t *testing.T) {
	t.Helper()
	started := time.Now()
	framework.Eventually(t, "nodes to report", 2*time.Minute, func(ctx context.Context) error {
		leases, err := cluster.Client.CoordinationV1().Leases("kube-node-lease").List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, lease := range leases.Items {
			if lease.Spec.RenewTime.Time.Before(started) {
				return errors.New(lease.Name + " has not yet")
			}
		}
		return nil
	})
}
