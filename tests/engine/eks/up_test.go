package eks

import (
	"slices"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/tests/framework/cloud"
)

// TestUp brings the stack of a cluster up, with all that goes into it, and again.
func TestUp(t *testing.T) {
	t.Parallel()
	made := install(t, "eks-prod", startCluster(t))
	// From outside, what goes into the cluster comes later: nothing of it is touched by the first stage.
	for range 2 {
		if result, err := made.Run(t.Context(), "up", "--stage", "cloud"); err != nil {
			t.Fatal(err)
		} else if strings.Contains(result.Output(), "kubernetes:core") {
			t.Errorf("the first stage makes something in the cluster:\n%s", result)
		}
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
		if calls := made.calls(t, method); len(calls) > 0 {
			t.Errorf("a second run calls %s: %+v", method, calls)
		}
	}

	made.forget(t)
	if _, err := made.Destroy(t.Context()); err == nil || !strings.Contains(err.Error(), "protect") {
		t.Errorf("a cluster that is not ephemeral can be destroyed: %v", err)
	}
	if calls := made.calls(t, "delete"); len(calls) > 0 {
		t.Errorf("a refused destroy deletes: %+v", calls)
	}
}

// order says that every resource of some names is made before those of another. Names are without the cluster's.
type order struct {
	before []string
	after  string
	why    string
}

// orders are those that AWS punishes, some at once and some only when the cluster is destroyed.
var orders = []order{
	{[]string{"secrets-key"}, "cluster", "a cluster gets its key when it is made, or never"},
	{[]string{"logs-cluster"}, "cluster", "EKS would make a log group without our key, kept for ever"},
	{
		[]string{"cluster-role-AmazonEKSClusterPolicy", "cluster-role-secrets-key"}, "cluster",
		"a control plane without its rights leaves interfaces behind that keep the network from going",
	},
	{[]string{"endpoint-sts", "endpoint-ecr-dkr", "endpoint-s3"}, "nodes-general", "nodes without a way to AWS do not join"},
	{[]string{"addon-vpc-cni", "network-identity"}, "nodes-general", "a node without a pod network does not become ready"},
	{[]string{"node-role-AmazonEKSWorkerNodePolicy"}, "nodes-general", "a node without rights does not join"},
	{[]string{"nodes-general"}, "addon-coredns", "EKS waits for add-ons to run, and without nodes for ever"},
	{[]string{"flow-logs-role-write"}, "flow-log", "a flow log without rights writes nothing"},
}

// faults are what calls break of an order; a resource that is missing is one, too.
func (o order) faults(calls []cloud.Call) []string {
	place := func(name string) int {
		return slices.IndexFunc(calls, func(call cloud.Call) bool {
			_, part, _ := strings.Cut(strings.TrimPrefix(call.Name, "eks-"), "-")
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

// TestOrdersAreSeen: the check itself sees a cluster that is made before its key.
func TestOrdersAreSeen(t *testing.T) {
	t.Parallel()
	wrong := []cloud.Call{{Name: "eks-prod-cluster"}, {Name: "eks-prod-secrets-key"}}
	if got := orders[0].faults(wrong); len(got) != 1 || !strings.Contains(got[0], "comes after") {
		t.Errorf("got %q", got)
	}
	if got := orders[0].faults([]cloud.Call{wrong[1], wrong[0]}); len(got) != 0 {
		t.Errorf("control: got %q", got)
	}
}
