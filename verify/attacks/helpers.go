package attacks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
)

// tenantLabel is on the namespaces of tenants, with the tenant's name.
const tenantLabel = "rampart.dev/tenant"

// dryRun asks the API server for its decision and stores nothing.
var dryRun = metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}

// tenants returns the namespaces of the cluster's tenants, sorted, without those that go: nothing can be made in them any more.
func tenants(ctx context.Context, scope *verify.Scope) ([]string, error) {
	list, err := scope.Client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{LabelSelector: tenantLabel})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, namespace := range list.Items {
		if namespace.DeletionTimestamp == nil {
			names = append(names, namespace.Name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// tenantsOrPlayed returns the namespaces of tenants, and where there are fewer than two, new ones of the run that play
// tenants: whoever makes a namespace on such a cluster has what they have.
func tenantsOrPlayed(ctx context.Context, scope *verify.Scope) ([]string, error) {
	names, err := tenants(ctx, scope)
	for _, part := range []string{"one", "two"} {
		if err != nil || len(names) >= 2 {
			return names, err
		}
		var name string
		name, err = scope.Namespace(ctx, "tenant-"+part)
		names = append(names, name)
	}
	return names, err
}

// acting returns a client that acts as somebody else.
func acting(scope *verify.Scope, as rest.ImpersonationConfig) (kubernetes.Interface, error) {
	config := rest.CopyConfig(scope.Admin)
	config.Impersonate = as
	return kubernetes.NewForConfig(config)
}

// createDry asks whether a pod would be admitted.
func createDry(ctx context.Context, scope *verify.Scope, pod *corev1.Pod) error {
	_, err := scope.Client.CoreV1().Pods(pod.Namespace).Create(ctx, pod, dryRun)
	return err
}

// inParallel calls a function for each item, a few at a time, and joins the errors.
func inParallel[T any](items []T, do func(T) error) error {
	const most = 12
	var (
		failed  error
		mutex   sync.Mutex
		workers sync.WaitGroup
	)
	slots := make(chan struct{}, most)
	for _, item := range items {
		workers.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if err := do(item); err != nil {
				mutex.Lock()
				defer mutex.Unlock()
				failed = errors.Join(failed, err)
			}
		})
	}
	workers.Wait()
	return failed
}

// ids is a list of controls.
func ids(controls ...baseline.ControlID) []baseline.ControlID { return controls }

// number says how many of what.
func number(count int, one, many string) string {
	if count == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", count, many)
}
