package leadership

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
)

var since = time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)

func lease(name, holder string, renewed time.Time) *coordinationv1.Lease {
	at := metav1.NewMicroTime(renewed)
	return &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceSystem, Name: name, ResourceVersion: "7", UID: "of-a-lease"},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: &holder, RenewTime: &at},
	}
}

// claimed has somebody take each lease that is deleted, as a controller does that has waited for it.
func claimed(client *fake.Clientset) {
	client.PrependReactor("delete", "leases", func(action k8stesting.Action) (bool, runtime.Object, error) {
		name := action.(k8stesting.DeleteAction).GetName()
		next := lease(name, "one-control-plane_new", since.Add(time.Second))
		return true, nil, client.Tracker().Update(coordinationv1.SchemeGroupVersion.WithResource("leases"), next, next.Namespace)
	})
}

func deleted(client *fake.Clientset) []string {
	var names []string
	for _, action := range client.Actions() {
		if deletion, ok := action.(k8stesting.DeleteAction); ok {
			names = append(names, deletion.GetName())
		}
	}
	return names
}

func TestTakeOver(t *testing.T) {
	t.Parallel()
	const (
		old     = "one-control-plane_old"
		other   = "one-control-plane-2_old"
		patient = time.Hour
		hasty   = time.Millisecond
	)
	ofOne := Of([]string{"a-worker", "one-control-plane"})
	before, after := since.Add(-time.Second), since.Add(time.Second)
	tests := map[string]struct {
		leases        []runtime.Object
		dead          func(string) bool
		patience      time.Duration
		deleted, late []string
	}{
		"the dead hold both": {
			[]runtime.Object{lease("kube-scheduler", old, before), lease("kube-controller-manager", old, before)}, ofOne, patient,
			[]string{"kube-controller-manager", "kube-scheduler"}, nil,
		},
		"both lead": {
			[]runtime.Object{lease("kube-scheduler", old, since), lease("kube-controller-manager", old, after)}, ofOne, patient, nil, nil,
		},
		"one on another node holds one": {
			[]runtime.Object{lease("kube-scheduler", other, before), lease("kube-controller-manager", old, after)}, ofOne, hasty,
			nil, []string{"kube-scheduler"},
		},
		"data of another cluster": {
			[]runtime.Object{lease("kube-scheduler", "two_old", before), lease("kube-controller-manager", old, after)}, Anybody, patient,
			[]string{"kube-scheduler"}, nil,
		},
		"nobody holds one": {
			[]runtime.Object{lease("kube-scheduler", "", after), lease("kube-controller-manager", old, after)}, ofOne, hasty,
			nil, []string{"kube-scheduler"},
		},
		"there are none yet": {nil, Anybody, hasty, nil, []string{"kube-controller-manager", "kube-scheduler"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := fake.NewClientset(test.leases...)
			claimed(client)
			late, err := TakeOver(t.Context(), client, test.dead, since, test.patience)
			if err != nil || !slices.Equal(late, test.late) {
				t.Errorf("late: %q, %v, want %q", late, err, test.late)
			}
			if got := deleted(client); !slices.Equal(got, test.deleted) {
				t.Errorf("deleted: %q, want %q", got, test.deleted)
			}
		})
	}
}

// What was read may have been taken since: the API server is told which one is meant.
func TestTakeOverMeansTheLeaseThatItHasRead(t *testing.T) {
	t.Parallel()
	read := lease("kube-scheduler", "one_old", since.Add(-time.Second))
	client := fake.NewClientset(read, lease("kube-controller-manager", "one_new", since))
	client.PrependReactor("delete", "leases", func(action k8stesting.Action) (bool, runtime.Object, error) {
		meant := action.(k8stesting.DeleteActionImpl).DeleteOptions.Preconditions
		if meant == nil || meant.UID == nil || *meant.UID != read.UID || *meant.ResourceVersion != read.ResourceVersion {
			t.Errorf("the deletion means %+v", meant)
		}
		return true, nil, apierrors.NewConflict(coordinationv1.Resource("leases"), "kube-scheduler", errors.New("taken"))
	})
	if late, err := TakeOver(t.Context(), client, Anybody, since, time.Millisecond); err != nil || len(late) != 1 {
		t.Errorf("late: %q, %v", late, err)
	}
}

func TestTakeOverIsInterrupted(t *testing.T) {
	t.Parallel()
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := TakeOver(ended, fake.NewClientset(), Anybody, since, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
