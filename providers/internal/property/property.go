// Package property holds the clusters of every cloud to what is true of any of them, drawn at random: the good ones are
// accepted and keep their invariants, the bad ones are refused.
package property

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"pgregory.net/rapid"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers/internal/mock"
)

// Numbers of clusters that are drawn for a property. Checking one takes microseconds, making one ten milliseconds: "make
// test-full" makes as many as are checked otherwise.
const (
	Checked = 10_000
	Made    = 1_000
)

// shards are how many tests draw them side by side.
const shards = 8

// Arguments of the component of a cloud.
type Arguments[C any] interface {
	WithDefaults(name string) C
	Faults() baseline.Faults
}

// Main is the TestMain of a package that draws a number of clusters for each property. The flag -rapid.checks says another
// number, of each shard.
func Main(m *testing.M, clusters int) {
	if err := flag.Set("rapid.checks", strconv.Itoa(clusters/shards)); err != nil {
		panic(err) // rapid has no such flag any more
	}
	m.Run()
}

// check draws clusters, in shards that run side by side, each with a seed of its own.
func check(t *testing.T, property func(*rapid.T)) {
	t.Helper()
	for shard := range shards {
		t.Run(strconv.Itoa(shard), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, property)
		})
	}
}

// Accepted holds that nothing is wrong with any cluster that is drawn, once its defaults are filled in.
func Accepted[C Arguments[C]](t *testing.T, draw func(*rapid.T) C) {
	t.Helper()
	check(t, func(rt *rapid.T) {
		settled := draw(rt).WithDefaults("blue")
		if faults := settled.Faults(); len(faults) > 0 {
			rt.Fatalf("%+v: %v", settled, faults)
		}
	})
}

// Refused holds that a cluster that is spoiled in one way is refused, whatever else there is about it, with a fault of the field
// that the spoiler is named by.
func Refused[C Arguments[C]](t *testing.T, draw func(*rapid.T) C, spoilers map[string]func(*C)) {
	t.Helper()
	check(t, func(rt *rapid.T) {
		cluster := draw(rt)
		for field, spoil := range spoilers {
			spoiled := cluster
			spoil(&spoiled)
			faults := spoiled.WithDefaults("blue").Faults()
			if !slices.ContainsFunc(faults, func(fault baseline.Fault) bool { return fault.Field == field }) {
				rt.Fatalf("%s is not refused in %+v", field, spoiled)
			}
		}
	})
}

// OneFault holds that of a cluster one thing is said to be wrong, of a field, with a rule and with what to do.
func OneFault(t *testing.T, name string, faults baseline.Faults, field, rule string) {
	t.Helper()
	switch {
	case len(faults) != 1 || faults[0].Field != field || !strings.Contains(faults[0].Rule, rule):
		t.Errorf("%s: got %+v, want one of %s with %q", name, faults, field, rule)
	case faults[0].Remedy == "":
		t.Errorf("%s: no remedy", name)
	}
}

// Invariant is what holds of any cluster of a cloud, whatever was asked for.
type Invariant[C any] struct {
	// Faults are what a cluster breaks of it.
	Faults func(made *mock.Engine, cluster C) []string

	// Sabotage are changes, each of which breaks it.
	Sabotage []Sabotage
}

// Sabotage is a change of inputs of one resource of a default cluster that is named blue. Nil takes an input away.
type Sabotage struct {
	Resource string
	Change   map[string]any
}

// Kept holds that clusters that are drawn keep every invariant.
func Kept[C Arguments[C]](
	t *testing.T, draw func(*rapid.T) C, make func(cluster *C) (*mock.Engine, error), invariants map[string]Invariant[C],
) {
	t.Helper()
	check(t, func(rt *rapid.T) {
		cluster := draw(rt)
		made, err := make(&cluster)
		if err != nil {
			rt.Fatalf("%+v: %v", cluster, err)
		}
		settled := cluster.WithDefaults("blue")
		for _, name := range slices.Sorted(maps.Keys(invariants)) {
			for _, fault := range invariants[name].Faults(made, settled) {
				rt.Errorf("%s: %s\n%+v", name, fault, cluster)
			}
		}
	})
}

// Seen holds that an invariant sees each of its sabotages, and nothing in a cluster that nobody has touched.
func Seen[C Arguments[C]](
	t *testing.T, cluster C, make func(cluster *C) (*mock.Engine, error), invariants map[string]Invariant[C],
) {
	t.Helper()
	for name, invariant := range invariants {
		faults := func(broken ...Sabotage) []string {
			args := cluster
			made, err := make(&args)
			if err != nil {
				t.Fatal(err)
			}
			for _, sabotage := range broken {
				if !sabotage.apply(made) {
					t.Errorf("%s: there is no %s to break", name, sabotage.Resource)
				}
			}
			return invariant.Faults(made, args.WithDefaults("blue"))
		}
		if len(invariant.Sabotage) == 0 {
			t.Errorf("%s: nobody says how to break it", name)
		}
		if got := faults(); len(got) > 0 {
			t.Errorf("control of %s: %q", name, got)
		}
		for _, sabotage := range invariant.Sabotage {
			if len(faults(sabotage)) == 0 {
				t.Errorf("%s does not see %s with %v", name, sabotage.Resource, sabotage.Change)
			}
		}
	}
}

// In is a sabotage of a resource.
func In(resource string, change map[string]any) Sabotage {
	return Sabotage{Resource: resource, Change: change}
}

func (s Sabotage) apply(made *mock.Engine) bool {
	for i, args := range made.Registered {
		if args.Name != s.Resource {
			continue
		}
		inputs := args.Inputs.Copy()
		for key, value := range s.Change {
			if value == nil {
				delete(inputs, resource.PropertyKey(key))
				continue
			}
			inputs[resource.PropertyKey(key)] = merged(inputs[resource.PropertyKey(key)], resource.NewPropertyValue(value))
		}
		made.Registered[i].Inputs = inputs
		return true
	}
	return false
}

// merged is an object with a change, or the change where there is no object.
func merged(into, change resource.PropertyValue) resource.PropertyValue {
	if !into.IsObject() || !change.IsObject() {
		return change
	}
	object := into.ObjectValue().Copy()
	for key, value := range change.ObjectValue() {
		object[key] = merged(object[key], value)
	}
	return resource.NewObjectProperty(object)
}

// Faults collects what is wrong.
type Faults []string

// Expect notes what does not hold.
func (f *Faults) Expect(holds bool, format string, arguments ...any) {
	if !holds {
		*f = append(*f, fmt.Sprintf(format, arguments...))
	}
}
