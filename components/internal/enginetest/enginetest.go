// Package enginetest stands for the Pulumi engine in the components' unit tests: it records what a program registers
// and answers as an engine would.
package enginetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/components/internal/objects"
)

// Recorder keeps every registered resource.
type Recorder struct {
	mu         sync.Mutex
	registered []pulumi.MockResourceArgs
}

var _ pulumi.MockResourceMonitor = (*Recorder)(nil)

// Call answers no invoke: components make none.
func (r *Recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return nil, fmt.Errorf("unexpected call of %s", args.Token)
}

// NewResource records the resource and returns its inputs as its outputs.
func (r *Recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.registered = append(r.registered, args)
	return args.Name + "-id", args.Inputs.Copy(), nil
}

// Run runs a program against a new recorder.
func Run(program pulumi.RunFunc) (*Recorder, error) {
	recorder := &Recorder{}
	return recorder, pulumi.RunErr(program, pulumi.WithMocks("project", "stack", recorder))
}

// MustRun runs a program that must succeed.
func MustRun(t *testing.T, program pulumi.RunFunc) *Recorder {
	t.Helper()
	recorder, err := Run(program)
	if err != nil {
		t.Fatal(err)
	}
	return recorder
}

// All returns what was registered, sorted by type and name: the engine's own order is not stable.
func (r *Recorder) All() []pulumi.MockResourceArgs {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := slices.Clone(r.registered)
	slices.SortFunc(all, func(a, b pulumi.MockResourceArgs) int {
		return strings.Compare(a.TypeToken+" "+a.Name, b.TypeToken+" "+b.Name)
	})
	return all
}

// Waits says whether a resource, by its name, depends on another or on one that does, and so comes after it, and is deleted
// before it. Of resources of several types that share a name, it means all.
func (r *Recorder) Waits(later, earlier string) bool {
	type resource struct{ token, name string }
	dependencies := map[resource][]resource{}
	var from, to []resource
	for _, args := range r.All() {
		this := resource{args.TypeToken, args.Name}
		if args.Name == later {
			from = append(from, this)
		}
		if args.Name == earlier {
			to = append(to, this)
		}
		for _, urn := range args.RegisterRPC.GetDependencies() {
			parts := strings.Split(urn, "::")
			token := parts[2][strings.LastIndex(parts[2], "$")+1:] // after those of its parents
			dependencies[this] = append(dependencies[this], resource{token, parts[3]})
		}
	}
	var waits func(this, target resource) bool
	waits = func(this, target resource) bool {
		return slices.ContainsFunc(dependencies[this], func(next resource) bool { return next == target || waits(next, target) })
	}
	for _, this := range from {
		for _, target := range to {
			if this != target && !waits(this, target) {
				return false
			}
		}
	}
	return len(from) > 0 && len(to) > 0
}

// Summary returns "type name" of all that was registered, sorted.
func (r *Recorder) Summary() []string {
	var lines []string
	for _, args := range r.All() {
		lines = append(lines, args.TypeToken+" "+args.Name)
	}
	return lines
}

// OfType returns the resources of one type.
func (r *Recorder) OfType(token string) []pulumi.MockResourceArgs {
	var found []pulumi.MockResourceArgs
	for _, args := range r.All() {
		if args.TypeToken == token {
			found = append(found, args)
		}
	}
	return found
}

// Decode reads the inputs of the one resource with the given name into a Kubernetes API type.
func (r *Recorder) Decode(t *testing.T, name string, into any) {
	t.Helper()
	for _, args := range r.All() {
		if args.Name != name {
			continue
		}
		text, err := json.Marshal(args.Inputs.Mappable())
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatalf("%s is no %T: %v\n%s", name, into, err, text)
		}
		return
	}
	t.Fatalf("no resource %q among:\n%s", name, strings.Join(r.Summary(), "\n"))
}

// CheckHouseRules fails the test for a resource under the component that breaks what every component is held to: each
// child has a parent, bears the component's name as prefix, and every Kubernetes object says that Rampart manages it and,
// unless it is a workload, how it is deleted.
func (r *Recorder) CheckHouseRules(t *testing.T, component string) {
	t.Helper()
	for _, args := range r.All() {
		if args.Name == component {
			continue
		}
		if args.RegisterRPC.GetParent() == "" || strings.Contains(args.RegisterRPC.GetParent(), "pulumi:pulumi:Stack") {
			t.Errorf("%s %s has no parent component", args.TypeToken, args.Name)
		}
		if !strings.HasPrefix(args.Name, component+"-") {
			t.Errorf("%s %s: its name lacks the component's as prefix", args.TypeToken, args.Name)
		}
		if objects.DeletedInBackground(args.TypeToken) {
			checkDeletion(t, args)
		}
		// Components have no labels, a patch must not claim an object that is not ours, and Calico drops the labels of
		// objects that it writes.
		if !strings.HasPrefix(args.TypeToken, "kubernetes:") || strings.HasSuffix(args.TypeToken, "Patch") ||
			strings.HasPrefix(args.TypeToken, "kubernetes:crd.projectcalico.org/") {
			continue
		}
		labels := args.Inputs["metadata"].ObjectValue()["labels"]
		if !labels.IsObject() || !labels.ObjectValue()["app.kubernetes.io/managed-by"].IsString() {
			t.Errorf("%s %s lacks the label app.kubernetes.io/managed-by", args.TypeToken, args.Name)
		}
	}
}

func checkDeletion(t *testing.T, args pulumi.MockResourceArgs) {
	t.Helper()
	annotations := args.Inputs["metadata"].ObjectValue()["annotations"]
	if !annotations.IsObject() {
		t.Errorf("%s %s has no annotations: does it take its options from objects.ChildOptions?", args.TypeToken, args.Name)
		return
	}
	if policy := annotations.ObjectValue()[objects.PropagationAnnotation]; policy.StringValue() != "background" {
		t.Errorf("%s %s is deleted %v, want in the background", args.TypeToken, args.Name, policy)
	}
}
