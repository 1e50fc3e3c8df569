package admission

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/tests/framework/apiserver"
)

// enforcedWithin is how long the API server takes to notice and compile a policy.
const enforcedWithin = time.Minute

// TestExamples asks the real API server for everything that the examples say, with a dry run and, where it must be
// refused, without one as well.
func TestExamples(t *testing.T) {
	t.Parallel()
	waitForPolicies(t)
	denied := 0
	for _, request := range requests {
		if request.Deny != "" {
			denied++
		}
		t.Run(request.Name, func(t *testing.T) {
			t.Parallel()
			if err := request.judge(request.ask(t, []string{metav1.DryRunAll})); err != nil {
				t.Error(err)
			}
			if request.Deny == "" {
				return
			}
			if err := request.judge(request.ask(t, nil)); err != nil {
				t.Errorf("without a dry run: %v", err)
			}
		})
	}
	if denied < 150 || len(requests)-denied < 100 {
		t.Errorf("%d requests to deny and %d to allow: an example got lost", denied, len(requests)-denied)
	}
}

// waitForPolicies waits until each file has an example that is refused.
func waitForPolicies(t *testing.T) {
	t.Helper()
	seen := map[string]bool{}
	for _, request := range requests {
		file, _, _ := strings.Cut(request.Name, ":")
		if request.Deny == "" || seen[file] {
			continue
		}
		seen[file] = true
		framework.Eventually(t, "the policy of "+file, enforcedWithin, func(context.Context) error {
			return request.judge(request.ask(t, []string{metav1.DryRunAll}))
		})
	}
}

// judge holds the server's answer against the example.
func (p prepared) judge(err error) error {
	byPolicy := err != nil && strings.Contains(err.Error(), "AdmissionPolicy")
	switch {
	case p.Deny == "" && p.Operation == "CONNECT":
		// There is nothing to connect to; that it was not admission that said no is enough.
		if byPolicy {
			return fmt.Errorf("refused: %w", err)
		}
		return nil
	case p.Deny == "":
		if err != nil {
			return fmt.Errorf("refused: %w", err)
		}
		return nil
	case err == nil:
		return fmt.Errorf("admitted, want %q", p.Deny)
	case !apierrors.IsForbidden(err) || !byPolicy || !strings.Contains(err.Error(), p.Deny):
		return fmt.Errorf("refused with %w, want a policy to say %q", err, p.Deny)
	}
	if p.Old != nil {
		return nil // it has another name here than in the example
	}
	for _, part := range p.Names {
		if !strings.Contains(err.Error(), part) {
			return fmt.Errorf("refused with %w, which does not say %q", err, part)
		}
	}
	return nil
}

// ask makes the request.
func (p prepared) ask(t *testing.T, dryRun []string) error {
	t.Helper()
	if p.Operation == "CONNECT" {
		return p.connect(t)
	}
	client := as(t, p.User, p.Groups...)
	meant := p.Object
	if p.Operation == "DELETE" {
		meant = p.Old
	}
	object, resource, err := p.on(client.dynamic, meant)
	if err != nil {
		t.Fatal(err)
	}
	switch p.Operation {
	case "DELETE":
		return resource.Delete(t.Context(), p.name, metav1.DeleteOptions{DryRun: dryRun})
	case "UPDATE":
		current, err := resource.Get(t.Context(), p.name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if p.Subresource == "ephemeralcontainers" {
			added, _, err := unstructured.NestedSlice(object.Object, "spec", "ephemeralContainers")
			if err != nil {
				t.Fatal(err)
			}
			if err := unstructured.SetNestedSlice(current.Object, added, "spec", "ephemeralContainers"); err != nil {
				t.Fatal(err)
			}
			_, err = resource.Update(t.Context(), current, metav1.UpdateOptions{DryRun: dryRun}, p.Subresource)
			return err
		}
		object.SetName(p.name)
		object.SetResourceVersion(current.GetResourceVersion())
		_, err = resource.Update(t.Context(), object, metav1.UpdateOptions{DryRun: dryRun})
		return err
	}
	if p.Subresource != "" {
		parent := client.dynamic.Resource(corev1.SchemeGroupVersion.WithResource(p.Resource)).Namespace(p.Namespace)
		object.SetName(p.Target)
		_, err = parent.Create(t.Context(), object, metav1.CreateOptions{DryRun: dryRun}, p.Subresource)
		return err
	}
	_, err = resource.Create(t.Context(), object, metav1.CreateOptions{DryRun: dryRun})
	return err
}

func (p prepared) connect(t *testing.T) error {
	t.Helper()
	request := as(t, p.User, p.Groups...).typed.CoreV1().RESTClient().Get().
		Resource(p.Resource).Name(p.Target).SubResource(p.Subresource).Param("command", "id")
	if p.Resource != "nodes" {
		request = request.Namespace(p.Namespace)
	}
	return request.Do(t.Context()).Error()
}

// on is an object as a client sends it, and where to.
func (p prepared) on(client dynamic.Interface, typed runtime.Object) (*unstructured.Unstructured, dynamic.ResourceInterface, error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(typed)
	if err != nil {
		return nil, nil, err
	}
	object := &unstructured.Unstructured{Object: content}
	if p.Subresource != "" && p.Operation == "CREATE" {
		return object, nil, nil
	}
	resource, err := apiserver.ResourceOf(client, mapper, object)
	return object, resource, err
}

// clients are the ways in as one user.
type clients struct {
	typed   kubernetes.Interface
	dynamic dynamic.Interface
}

var known sync.Map // of clients, by user and groups

func as(t *testing.T, user string, groups ...string) clients {
	t.Helper()
	key := fmt.Sprint(user, groups)
	if found, ok := known.Load(key); ok {
		return found.(clients)
	}
	config, err := server.ConfigAs(user, groups...)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1 // the server is ours alone
	typed, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	untyped, err := dynamic.NewForConfig(rest.CopyConfig(config))
	if err != nil {
		t.Fatal(err)
	}
	found, _ := known.LoadOrStore(key, clients{typed, untyped})
	return found.(clients)
}
