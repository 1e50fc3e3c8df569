package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/verify/live"
)

// metadataAddress is where clouds hand credentials to whoever asks.
const metadataAddress = "169.254.169.254"

// openAddress is in framework.OpenRange.
const openAddress = "198.51.100.10"

// TestReachability compares every cell of a table with what the law says: three pods each of two tenants and of a
// namespace that somebody made by hand, to each other and to everything else that there is, over TCP and UDP; first as
// things are, then after somebody allowed everything by a NetworkPolicy in each of the namespaces.
func TestReachability(t *testing.T) {
	t.Parallel()
	foreign := cluster.Namespace(t)
	sources, targets := settle(t, framework.TenantTeal, framework.TenantViolet, foreign)
	metadata := playOutside(t, metadataAddress)
	playOutside(t, openAddress)

	asDeclared := law{
		within:    []string{framework.TenantTeal, framework.TenantViolet},
		across:    []string{framework.TenantTeal + " " + framework.TenantViolet + " tcp"},
		outside:   []string{framework.TenantTeal + " tcp", framework.TenantViolet + " udp"},
		apiServer: []string{framework.TenantTeal},
	}
	compare(t, "as declared", asDeclared, sources, targets)

	// What the cluster-wide tier holds, it holds against any NetworkPolicy: nodes, metadata, other tenants, and the API
	// server for a tenant that did not ask for it. All else is the policy's to give.
	overridden := law{
		within:    []string{framework.TenantTeal, framework.TenantViolet, foreign},
		across:    asDeclared.across,
		apiServer: []string{framework.TenantTeal, foreign},
	}
	for _, namespace := range overridden.within {
		allowEverything(t, namespace)
		for _, protocol := range []string{"tcp", "udp"} {
			overridden.outside = append(overridden.outside, namespace+" "+protocol)
			overridden.across = append(overridden.across, framework.ExemptNamespace+" "+namespace+" "+protocol)
		}
	}
	compare(t, "after somebody allowed everything", overridden, sources, targets)

	// The listener's own word, on packets that nobody answered.
	for _, source := range sources {
		heard := slices.Contains(metadata.Callers(), source.Status.PodIP)
		if want := source.Namespace == framework.ExemptNamespace; heard != want {
			t.Errorf("%s heard from %s/%s: %t, want %t", metadataAddress, source.Namespace, source.Name, heard, want)
		}
	}
}

// settle runs three pods in each namespace and one for control experiments, and lists the columns of the table.
func settle(t *testing.T, namespaces ...string) (sources []*corev1.Pod, targets []target) {
	t.Helper()
	nodes := cluster.Nodes()
	for _, namespace := range namespaces {
		for i, name := range []string{"table-1", "table-2", "table-3"} {
			pod := cluster.ServingPod(namespace, name)
			pin(pod, nodes[i%len(nodes)])
			sources = append(sources, pod)
		}
	}
	control := cluster.ServingPod(cluster.Exempt(t), "table-control")
	pin(control, nodes[0])
	sources = append(sources, control)
	for _, pod := range sources {
		cluster.CreatePod(t, pod)
	}
	for i, pod := range sources {
		sources[i] = cluster.AwaitPod(t, pod)
	}
	for _, pod := range sources[:len(sources)-1] {
		says := pod.Namespace + "/" + pod.Name
		targets = append(targets,
			target{aPod, says, "tcp", pod.Status.PodIP, strconv.Itoa(framework.TCPPort), pod.Namespace},
			target{aPod, says, "udp", pod.Status.PodIP, strconv.Itoa(framework.UDPPort), pod.Namespace})
	}
	return sources, append(targets, places(t)...)
}

// places are the columns that are not pods.
func places(t *testing.T) []target {
	t.Helper()
	api, err := cluster.Client.CoreV1().Services("default").Get(t.Context(), "kubernetes", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	places := []target{
		// A name is looked up over UDP, then the server of names is connected to over TCP.
		{theDNS, "DNS", "tcp", "kube-dns.kube-system.svc.cluster.local", "53", ""},
		{theAPIServer, "API server, by its service", "tcp", api.Spec.ClusterIP, "443", ""},
		{theAPIServer, "API server, by its node", "tcp", cluster.ControlPlane().Address, "6443", ""},
		{forbidden, "etcd", "tcp", cluster.ControlPlane().Address, "2379", ""},
		// The kubelet answers on every address of a node, and pods on the node reach them all.
		{forbidden, "kubelet, by another address", "tcp", openAddress, "10250", ""},
	}
	for _, node := range cluster.Nodes() {
		places = append(places, target{forbidden, "kubelet of " + node.Name, "tcp", node.Address, "10250", ""})
	}
	for _, protocol := range []string{"tcp", "udp"} {
		places = append(places,
			target{anOutside, "outside", protocol, openAddress, framework.OutsidePort, ""},
			target{forbidden, "metadata", protocol, metadataAddress, framework.OutsidePort, ""})
	}
	return places
}

func playOutside(t *testing.T, address string) *live.Outside {
	t.Helper()
	outside, err := cluster.PlayOutside(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := outside.Close(); err != nil {
			t.Error(err)
		}
	})
	return outside
}

// everything is a policy that allows all in both directions.
func everything(namespace string) *networkingv1.NetworkPolicy {
	return &networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "everything"},
		Spec: networkingv1.NetworkPolicySpec{
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
			Ingress:     []networkingv1.NetworkPolicyIngressRule{{}},
			Egress:      []networkingv1.NetworkPolicyEgressRule{{}},
		},
	}
}

func allowEverything(t *testing.T, namespace string) {
	t.Helper()
	policies := cluster.Client.NetworkingV1().NetworkPolicies(namespace)
	if _, err := policies.Create(t.Context(), everything(namespace), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := policies.Delete(context.WithoutCancel(t.Context()), "everything", metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
	})
}

// tableDeadline is how long a table may take to become what the law says: a policy reaches every node a moment after
// it is made.
const tableDeadline = 25 * time.Second

// answersDeadline is how long pods may take to answer what they are asked, on a machine that has much else to do. No answer
// is no verdict: the cell is asked for again.
const answersDeadline = 2 * time.Minute

// compare asks for every cell at once and fails the test unless each is what the law says, in the end.
func compare(t *testing.T, says string, law law, sources []*corev1.Pod, targets []target) {
	t.Helper()
	cells := map[cell]bool{} // which are still to be asked for, as nobody got the right answer yet
	for i := range sources {
		for j := range targets {
			if sources[i].Status.PodIP != targets[j].host { // a pod and itself
				cells[cell{i, j}] = true
			}
		}
	}
	for start := time.Now(); ; {
		wrong, unanswered := look(t, law, sources, targets, cells)
		took := time.Since(start)
		switch {
		case len(wrong) == 0 && len(unanswered) == 0:
			return
		case len(wrong) > 0 && took > tableDeadline:
			t.Errorf("%s: %d cells are not what the law says\n%s", says, len(wrong), draw(law, sources, targets, wrong))
			return
		case took > answersDeadline:
			t.Errorf("%s: %d questions got no answer for %s:\n%v", says, len(unanswered), answersDeadline,
				errors.Join(slices.Collect(maps.Values(unanswered))...))
			return
		}
		clear(cells)
		for cell := range wrong {
			cells[cell] = true
		}
		for cell := range unanswered {
			cells[cell] = true
		}
	}
}

// A cell is a row and a column of the table: who asks, and for what.
type cell [2]int

// look returns the cells that are not what the law says, with what was seen, and those that nothing was seen of.
func look(
	t *testing.T, law law, sources []*corev1.Pod, targets []target, cells map[cell]bool,
) (wrong map[cell]live.Reach, unanswered map[cell]error) {
	t.Helper()
	var asking sync.WaitGroup
	var mutex sync.Mutex
	wrong, unanswered = map[cell]live.Reach{}, map[cell]error{}
	for cell := range cells {
		asking.Go(func() {
			from, to := sources[cell[0]], targets[cell[1]]
			address := net.JoinHostPort(to.host, to.number)
			reach, err := live.Reach(""), error(nil)
			if to.kind == theDNS {
				reach, err = cluster.Connect(t.Context(), from, to.protocol, address)
			} else {
				reach, err = cluster.Ask(t.Context(), from, to.protocol, address)
			}
			want := live.TimedOut
			if law.allows(from.Namespace, to) {
				want = live.Reached
			}
			mutex.Lock()
			defer mutex.Unlock()
			if err != nil {
				unanswered[cell] = fmt.Errorf("%s/%s to %s %s: %w", from.Namespace, from.Name, to.protocol, address, err)
			} else if reach != want {
				wrong[cell] = reach
			}
		})
	}
	asking.Wait()
	return wrong, unanswered
}
