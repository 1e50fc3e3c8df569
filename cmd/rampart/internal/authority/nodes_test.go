package authority

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
)

func TestAwaitNodes(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 11, 26, 9, 0, 0, int(700*time.Millisecond), time.UTC)
	node := func(name, reason string, at time.Time) *corev1.Node {
		return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{
			{Type: corev1.NodeMemoryPressure, LastHeartbeatTime: metav1.NewTime(since.Add(time.Hour))},
			{Type: corev1.NodeReady, Reason: reason, LastHeartbeatTime: metav1.NewTime(at)},
		}}}
	}
	client := fake.NewClientset(
		node("reported", "KubeletReady", since.Truncate(time.Second)), node("of-before", "KubeletReady", since.Add(-time.Minute)),
		node("given-up", "NodeStatusUnknown", since.Add(time.Minute)), node("of-another", "KubeletReady", since.Add(-time.Minute)),
	)
	const patience = 10 * time.Millisecond
	silent, err := AwaitNodes(t.Context(), client, []string{"reported", "of-before", "given-up", "none"}, since, patience)
	if want := []string{"of-before", "given-up", "none"}; err != nil || !slices.Equal(silent, want) {
		t.Errorf("%q are silent, %v, want %q", silent, err, want)
	}
	if silent, err := AwaitNodes(t.Context(), client, []string{"reported"}, since, time.Hour); err != nil || len(silent) > 0 {
		t.Errorf("all have reported: %q, %v", silent, err)
	}
	mute := fake.NewClientset()
	mute.PrependReactor("list", "nodes", func(k8stesting.Action) (bool, runtime.Object, error) {
		return true, nil, errors.New("the API server does not answer")
	})
	if silent, err := AwaitNodes(t.Context(), mute, []string{"reported"}, since, patience); err != nil || len(silent) != 1 {
		t.Errorf("nobody could be asked: %q, %v", silent, err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := AwaitNodes(ended, client, []string{"none"}, since, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
