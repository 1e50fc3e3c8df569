package suite

import (
	"slices"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/tests/framework/cloud"
)

// Order says that every resource of some names comes before that of another: in what is made, is made first; in what is
// deleted, is deleted first.
type Order struct {
	Before []string
	After  string
	Why    string
}

// faults are what calls on a cluster break of an order; a resource that is missing is one, too.
func (o Order) faults(cluster string, calls []cloud.Call) []string {
	place := func(name string) int {
		return slices.IndexFunc(calls, func(call cloud.Call) bool { return call.Name == cluster+"-"+name })
	}
	last := place(o.After)
	if last < 0 {
		return []string{o.After + " is not there"}
	}
	var faults []string
	for _, name := range o.Before {
		if at := place(name); at < 0 {
			faults = append(faults, name+" is not there")
		} else if at > last {
			faults = append(faults, name+" comes after "+o.After+": "+o.Why)
		}
	}
	return faults
}

func report(t *testing.T, cluster string, calls []cloud.Call, orders ...Order) {
	t.Helper()
	for _, order := range orders {
		for _, fault := range order.faults(cluster, calls) {
			t.Error(fault)
		}
	}
}

// OrdersAreSeen holds every order of a cloud to calls that keep it, to such as break it, and to such as lack something: the
// check sees each.
func (c Cloud) OrdersAreSeen(t *testing.T) {
	t.Helper()
	call := func(name string) cloud.Call { return cloud.Call{Name: "blue-" + name} }
	for _, order := range slices.Concat(c.Orders, c.Deletions) {
		right := []cloud.Call{}
		for _, name := range order.Before {
			right = append(right, call(name))
		}
		wrong := append([]cloud.Call{call(order.After)}, right...)
		right = append(right, call(order.After))
		if got := order.faults("blue", right); len(got) > 0 {
			t.Errorf("control of %s: got %q", order.After, got)
		}
		got := order.faults("blue", wrong)
		if len(got) != len(order.Before) || !strings.Contains(got[0], "comes after") {
			t.Errorf("%s comes first: got %q", order.After, got)
		}
		if got := order.faults("blue", right[1:]); len(got) != 1 {
			t.Errorf("without %s: got %q", order.Before[0], got)
		}
		if got := order.faults("blue", right[:len(right)-1]); len(got) != 1 {
			t.Errorf("without %s: got %q", order.After, got)
		}
	}
}
