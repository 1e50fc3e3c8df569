package gke

import (
	"slices"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/tests/framework/cloud"
)

// TestUp brings the stack of a cluster up, with all that goes into it, and again.
func TestUp(t *testing.T) {
	t.Parallel()
	made := install(t, "gke-prod", startCluster(t))
	if result, err := made.Run(t.Context(), "up", "--stage", "cloud"); err != nil {
		t.Fatal(err)
	} else if strings.Contains(result.Output(), "kubernetes:core") {
		t.Errorf("the first stage makes something in the cluster:\n%s", result)
	}
	if _, err := made.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	created := made.calls(t, "create")
	for _, order := range orders {
		order.broken(t, created)
	}
	made.forget(t)
	again, err := made.Up(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(again.Stdout, "No changes") {
		t.Errorf("a second run changes something:\n%s", again)
	}
	for _, method := range []string{"create", "update", "delete"} {
		made.expect(t, method)
	}
	if _, err := made.Destroy(t.Context()); err == nil || !strings.Contains(err.Error(), "protect") {
		t.Errorf("a cluster that is not ephemeral can be destroyed: %v", err)
	}
	made.expect(t, "delete")
}

// order says that every resource of some names is made before those of another. Names are without the cluster's.
type order struct {
	before []string
	after  string
	why    string
}

// orders are those that Google punishes, some at once and some only later.
var orders = []order{
	{[]string{"service-container", "service-compute", "service-cloudkms"}, "keys", "nothing is made of a service that is off"},
	{[]string{"service-container"}, "secrets-key-user", "GKE's own account is there once the service is on"},
	{[]string{"secrets-key", "secrets-key-user"}, "cluster", "GKE makes no cluster with a key that it may not use"},
	{[]string{"disks-key", "disks-key-user"}, "cluster", "the first nodes have encrypted disks, too"},
	{[]string{"logs", "logs-sink", "audit"}, "cluster", "the first events of a cluster are worth keeping"},
	{[]string{"nodes-account", "nodes-account-role", "nodes-reads-europe-west3-acme-prod-images"}, "cluster", "nodes without rights write no logs"},
	{[]string{"route-google", "dns-googleapis-names", "dns-artifact-registry-names"}, "nodes-general", "nodes without a way to Google do not join"},
	{[]string{"cluster"}, "nodes-general", "a pool belongs to a cluster"},
}

// faults are what calls break of an order; a resource that is missing is one, too.
func (o order) faults(calls []cloud.Call) []string {
	place := func(name string) int {
		return slices.IndexFunc(calls, func(call cloud.Call) bool {
			_, part, _ := strings.Cut(strings.TrimPrefix(call.Name, "gke-"), "-")
			return part == name
		})
	}
	last := place(o.after)
	if last < 0 {
		return []string{o.after + " is not made"}
	}
	var faults []string
	for _, name := range o.before {
		if at := place(name); at < 0 {
			faults = append(faults, name+" is not made")
		} else if at > last {
			faults = append(faults, name+" comes after "+o.after+": "+o.why)
		}
	}
	return faults
}

// broken reports what calls break of an order.
func (o order) broken(t *testing.T, calls []cloud.Call) {
	t.Helper()
	for _, fault := range o.faults(calls) {
		t.Error(fault)
	}
}

// expect that a method was called for exactly these resources.
func (i *installation) expect(t *testing.T, method string, want ...string) {
	t.Helper()
	var got []string
	for _, call := range i.calls(t, method) {
		got = append(got, call.Name)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s was called for %v, want %v", method, got, want)
	}
}

// TestOrdersAreSeen: the check itself sees a cluster that is made before its key may be used.
func TestOrdersAreSeen(t *testing.T) {
	t.Parallel()
	right := []cloud.Call{{Name: "gke-prod-secrets-key"}, {Name: "gke-prod-secrets-key-user"}, {Name: "gke-prod-cluster"}}
	wrong := []cloud.Call{right[0], right[2], right[1]}
	if got := orders[2].faults(wrong); len(got) != 1 || !strings.Contains(got[0], "comes after") {
		t.Errorf("got %q", got)
	}
	if got := orders[2].faults(right); len(got) != 0 {
		t.Errorf("control: got %q", got)
	}
}
