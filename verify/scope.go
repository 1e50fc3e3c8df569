package verify

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify/live"
)

// RunLabel is on every object that a run makes, with the run's random name.
const RunLabel = "rampart.dev/verify-run"

// podDeadline is for a pod to become ready: its image is on the node.
const podDeadline = 90 * time.Second

// cleanupDeadline is for everything that a run made to be gone.
const cleanupDeadline = 90 * time.Second

// goneDeadline is for the same in a cluster that does not answer: it may come back, and most do not.
const goneDeadline = 15 * time.Second

// Scope is one run in one cluster: what attacks stand in, and what they must leave nothing in.
type Scope struct {
	*live.Cluster

	// ID is random, so that runs do not meet.
	ID string

	// TLSFloor is the lowest TLS version that the control plane may speak.
	TLSFloor baseline.TLSVersion

	mutex  sync.Mutex
	undo   []undo
	common func() (string, error)
	places map[string]*place
}

type undo struct {
	what string
	do   func(context.Context) error
}

// newScope starts a run in a cluster.
func newScope(cluster *live.Cluster) (*Scope, error) {
	random := make([]byte, 4)
	if _, err := rand.Read(random); err != nil {
		return nil, err
	}
	return &Scope{Cluster: cluster, ID: hex.EncodeToString(random)}, nil
}

// Name is one of this run's own.
func (s *Scope) Name(part string) string { return NameOf(s.ID, part) }

// NameOf is the name that a run gives to a part of its own.
func NameOf(run, part string) string { return "rampart-verify-" + run + "-" + part }

// Labels are those of everything that the run makes.
func (s *Scope) Labels() map[string]string { return map[string]string{RunLabel: s.ID} }

// Defer has something undone at the end of the run, whatever ends it. Say it before you do it: what is cut short may
// have been done. Several are undone at once.
func (s *Scope) Defer(what string, do func(context.Context) error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.undo = append(s.undo, undo{what, do})
}

// cleanup undoes everything and returns what could not be.
func (s *Scope) cleanup(ctx context.Context, deadline time.Duration) []string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deadline)
	defer cancel()
	var (
		left    []string
		mutex   sync.Mutex
		workers sync.WaitGroup
	)
	s.mutex.Lock()
	all := s.undo
	s.undo = nil
	s.mutex.Unlock()
	for _, each := range all {
		workers.Go(func() {
			if err := each.do(ctx); err != nil {
				mutex.Lock()
				defer mutex.Unlock()
				left = append(left, fmt.Sprintf("%s: %v", each.what, err))
			}
		})
	}
	workers.Wait()
	return left
}

// deleteAgain is after how long something that is still there is deleted once more: somebody may have kept it, or made it anew.
const deleteAgain = 2 * time.Second

// gone deletes something and waits until it is not there any more.
func gone(remove, get func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		var deleted time.Time
		return live.Poll(ctx, "it to be gone", cleanupDeadline, func(ctx context.Context) error {
			if time.Since(deleted) > deleteAgain {
				if err := remove(ctx); apierrors.IsNotFound(err) {
					return nil
				} else if err != nil && !apierrors.IsConflict(err) {
					return err
				} else if err == nil {
					deleted = time.Now()
				}
			}
			if err := get(ctx); apierrors.IsNotFound(err) {
				return nil
			} else if err != nil {
				return err
			}
			return errors.New("it is still there")
		})
	}
}

// DeferDelete has an object deleted at the end of the run.
func (s *Scope) DeferDelete(what string, remove, get func(context.Context) error) {
	s.Defer(what, gone(remove, get))
}

// Namespace makes a namespace for the length of the run.
func (s *Scope) Namespace(ctx context.Context, part string) (string, error) {
	return s.LabelledNamespace(ctx, part, nil)
}

// CommonNamespace is one that nobody has labelled, for all attacks of the run that only ask in it: nothing in it runs, and
// what one stores, no other minds. Each namespace costs the API server hundreds of requests until it is gone.
func (s *Scope) CommonNamespace(ctx context.Context) (string, error) {
	s.mutex.Lock()
	if s.common == nil {
		s.common = sync.OnceValues(func() (string, error) { return s.Namespace(ctx, "common") })
	}
	get := s.common
	s.mutex.Unlock()
	return get()
}

// LabelledNamespace makes a namespace for the length of the run, with labels from its first moment: of one that is given
// later, admission takes a while to hear.
func (s *Scope) LabelledNamespace(ctx context.Context, part string, labels map[string]string) (string, error) {
	name, all := s.Name(part), s.Labels()
	maps.Copy(all, labels)
	namespaces := s.Client.CoreV1().Namespaces()
	s.DeferDelete("namespace "+name,
		func(ctx context.Context) error { return namespaces.Delete(ctx, name, metav1.DeleteOptions{}) },
		func(ctx context.Context) error {
			_, err := namespaces.Get(ctx, name, metav1.GetOptions{})
			return err
		})
	_, err := namespaces.Create(ctx, &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: all},
	}, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	// The pods of a namespace need its default account, which a controller makes.
	return name, live.Poll(ctx, "the default account of namespace "+name, podDeadline, func(ctx context.Context) error {
		_, err := s.Client.CoreV1().ServiceAccounts(name).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
}

// StartPod creates a pod for the length of the run.
func (s *Scope) StartPod(ctx context.Context, pod *corev1.Pod) (*corev1.Pod, error) {
	pods := s.Client.CoreV1().Pods(pod.Namespace)
	pod.Labels[RunLabel] = s.ID
	s.DeferDelete(fmt.Sprintf("pod %s/%s", pod.Namespace, pod.Name),
		func(ctx context.Context) error { return pods.Delete(ctx, pod.Name, metav1.DeleteOptions{}) },
		func(ctx context.Context) error {
			_, err := pods.Get(ctx, pod.Name, metav1.GetOptions{})
			return err
		})
	var created *corev1.Pod
	// The quota of a namespace is written with each pod, by others too.
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() (err error) {
		created, err = pods.Create(ctx, pod, metav1.CreateOptions{})
		return err
	})
	return created, err
}

// RunPod creates a pod for the length of the run and waits until it is ready and has an address.
func (s *Scope) RunPod(ctx context.Context, pod *corev1.Pod) (*corev1.Pod, error) {
	created, err := s.StartPod(ctx, pod)
	if err != nil {
		return nil, err
	}
	err = live.Poll(ctx, fmt.Sprintf("pod %s/%s to be ready", pod.Namespace, pod.Name), podDeadline,
		func(ctx context.Context) error {
			created, err = s.Client.CoreV1().Pods(pod.Namespace).Get(ctx, pod.Name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			return live.Ready(created)
		})
	return created, err
}
