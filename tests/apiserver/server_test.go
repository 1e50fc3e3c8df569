package apiserver

import (
	"os"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/tests/framework/apiserver"
)

// TestServersAreAloneAndLeaveNothing runs two at once, writes to one of them, and looks for what they leave.
func TestServersAreAloneAndLeaveNothing(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	one, err := apiserver.Start(t.Context(), apiserver.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	other, err := apiserver.Start(t.Context(), apiserver.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := one.Client.CoreV1().Namespaces().Create(t.Context(),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "blue"}}, metav1.CreateOptions{}); err != nil {
		t.Error(err)
	}
	if _, err := other.Client.CoreV1().Namespaces().Get(t.Context(), "blue", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("a namespace of one server, looked for in the other: %v", err)
	}
	for _, server := range []*apiserver.Server{one, other} {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("left in the temporary folder: %v %v", left, err)
	}
	if _, err := one.Client.Discovery().ServerVersion(); err == nil {
		t.Error("a server that was stopped still answers")
	}
}

// TestUsersAreWhoTheySayAndHaveNoRights: a test of a denial would be worth nothing if all were administrators.
func TestUsersAreWhoTheySayAndHaveNoRights(t *testing.T) {
	t.Parallel()
	server := apiserver.MustStart(t, apiserver.Settings{})
	alice := server.As(t, "alice", "blue-team")
	self, err := alice.AuthenticationV1().SelfSubjectReviews().Create(
		t.Context(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if user := self.Status.UserInfo; user.Username != "alice" || len(user.Groups) != 2 || user.Groups[0] != "blue-team" {
		t.Errorf("the server sees %+v", user)
	}
	if _, err := alice.CoreV1().Secrets("default").List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("alice lists secrets: %v", err)
	}
	if _, err := server.Client.CoreV1().Secrets("default").List(t.Context(), metav1.ListOptions{}); err != nil {
		t.Errorf("control: the administrator cannot: %v", err)
	}
}
