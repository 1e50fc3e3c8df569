package framework

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apiserverv1 "k8s.io/apiserver/pkg/apis/apiserver/v1"
	"sigs.k8s.io/yaml"
)

// CreateSecret makes a Secret with one value.
func (c *Cluster) CreateSecret(t *testing.T, namespace, name, value string) {
	t.Helper()
	_, err := c.Client.CoreV1().Secrets(namespace).Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name}, StringData: map[string]string{"value": value},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

// Etcdctl asks etcd itself, past the API server.
func (c *Cluster) Etcdctl(ctx context.Context, command ...string) (string, error) {
	return c.ExecPod(ctx, metav1.NamespaceSystem, "etcd-"+c.ControlPlane().Name, append([]string{
		"etcdctl", "--endpoints=https://127.0.0.1:2379", "--cacert=/etc/kubernetes/pki/etcd/ca.crt",
		"--cert=/etc/kubernetes/pki/etcd/server.crt", "--key=/etc/kubernetes/pki/etcd/server.key",
	}, command...)...)
}

// EtcdValue is what etcd keeps of a key, as it keeps it.
func (c *Cluster) EtcdValue(t *testing.T, key string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	value, err := c.Etcdctl(ctx, "get", "--print-value-only", key)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(value)
}

// EncryptionKeys reads the keys where the API server does.
func (c *Cluster) EncryptionKeys(t *testing.T) []apiserverv1.Key {
	t.Helper()
	text, err := c.ControlPlane().Exec(t.Context(), "cat", "/etc/kubernetes/rampart/encryption.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var config apiserverv1.EncryptionConfiguration
	if err := yaml.UnmarshalStrict([]byte(text), &config); err != nil {
		t.Fatal(err)
	}
	return config.Resources[0].Providers[0].Secretbox.Keys
}
