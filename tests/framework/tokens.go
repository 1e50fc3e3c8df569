package framework

import (
	"context"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// kindToken is the bootstrap token that kind gives to every cluster.
const kindToken = "abcdef.0123456789abcdef"

// KnowsNoToken comes with the bootstrap token that is the same in every cluster that kind makes, and looks for any other: with
// one, whoever reaches the API server gets a node's certificate. The control is a token that was just made.
func (c *Cluster) KnowsNoToken(t *testing.T) {
	t.Helper()
	ask := func(ctx context.Context, token string) error {
		client, err := c.As(token)
		if err != nil {
			return err
		}
		review := &authenticationv1.SelfSubjectReview{}
		_, err = client.AuthenticationV1().SelfSubjectReviews().Create(ctx, review, metav1.CreateOptions{})
		return err
	}
	kubeadm := func(args ...string) string {
		command := append([]string{"kubeadm", "--kubeconfig", "/etc/kubernetes/admin.conf", "token"}, args...)
		text, err := c.ControlPlane().Exec(context.WithoutCancel(t.Context()), command...)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(text)
	}
	count := func() int {
		secrets, err := c.Client.CoreV1().Secrets(metav1.NamespaceSystem).List(t.Context(), metav1.ListOptions{
			FieldSelector: "type=bootstrap.kubernetes.io/token",
		})
		if err != nil {
			t.Fatal(err)
		}
		return len(secrets.Items)
	}
	if err := ask(t.Context(), kindToken); err == nil {
		t.Error("the token that every kind cluster has is good here")
	}
	if found := count(); found != 0 {
		t.Errorf("%d tokens for joining are left", found)
	}
	before := count()
	made := kubeadm("create", "--ttl", "2m")
	id, _, _ := strings.Cut(made, ".")
	defer kubeadm("delete", id)
	Eventually(t, "control: a token that was just made to be good", time.Minute, func(ctx context.Context) error {
		return ask(ctx, made)
	})
	if found := count(); found != before+1 {
		t.Errorf("control: %d tokens for joining with one that was just made, want %d", found, before+1)
	}
}
