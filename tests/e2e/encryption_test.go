package e2e

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// etcdDataDir is where kubeadm has etcd keep its files.
const etcdDataDir = "/var/lib/etcd"

// TestSecretsAreEncryptedInEtcd reads a secret's bytes where a thief of the disk would: out of etcd, and out of its files.
// A config map beside it shows that both ways of reading would see the value if it were there.
func TestSecretsAreEncryptedInEtcd(t *testing.T) {
	t.Parallel()
	namespace := cluster.Namespace(t)
	hidden, shown := "canary-"+rand.Text(), "canary-"+rand.Text()
	cluster.CreateSecret(t, namespace, "canary", hidden)
	_, err := cluster.Client.CoreV1().ConfigMaps(namespace).Create(t.Context(), &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "canary"}, Data: map[string]string{"value": shown},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}

	raw := cluster.EtcdValue(t, "/registry/configmaps/"+namespace+"/canary")
	if !bytes.Contains(raw, []byte(shown)) {
		t.Fatalf("control: the config map's value is not in its %d bytes: this test would see nothing", len(raw))
	}
	raw = cluster.EtcdValue(t, "/registry/secrets/"+namespace+"/canary")
	if want := []byte("k8s:enc:secretbox:v1:"); !bytes.HasPrefix(raw, want) {
		t.Errorf("the secret's bytes in etcd start %q, want %q", raw[:min(len(raw), 40)], want)
	}
	if bytes.Contains(raw, []byte(hidden)) {
		t.Error("the secret's value stands in etcd in plain text")
	}

	if files := etcdFilesWith(t, shown); files == "" {
		t.Fatalf("control: no file under %s holds the config map's value", etcdDataDir)
	}
	if files := etcdFilesWith(t, hidden); files != "" {
		t.Errorf("files of etcd that hold the secret's value in plain text: %s", files)
	}
}

// TestAllSecretsAreEncrypted covers those that were made while the cluster came up.
func TestAllSecretsAreEncrypted(t *testing.T) {
	t.Parallel()
	cluster.CreateSecret(t, cluster.Namespace(t), "one-at-least", "any")
	secrets, err := cluster.Client.CoreV1().Secrets("").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range secrets.Items {
		raw := cluster.EtcdValue(t, fmt.Sprintf("/registry/secrets/%s/%s", secret.Namespace, secret.Name))
		// Tests that run beside this one delete theirs.
		if len(raw) > 0 && !bytes.HasPrefix(raw, []byte("k8s:enc:secretbox:v1:")) {
			t.Errorf("secret %s/%s is not encrypted", secret.Namespace, secret.Name)
		}
	}
}

// etcdFilesWith returns the names of etcd's files that hold a text.
func etcdFilesWith(t *testing.T, text string) string {
	t.Helper()
	// grep ends with 1 if there is none; a shell of its own keeps that apart from a grep that failed.
	files, err := cluster.ControlPlane().Exec(t.Context(),
		"sh", "-c", `grep --recursive --text --files-with-matches --fixed-strings -e "$0" "$1" || test $? -eq 1`, text, etcdDataDir)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(files)
}
