package e2e

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/tests/framework"
)

// neighbourhood is three namespaces, each with a server, its service, and a client: two tenants that declare nothing, and
// the exempt one, which is what control experiments start from and end at.
type neighbourhood struct {
	blue, green, open house
}

type house struct {
	client, server *corev1.Pod
	service        *corev1.Service
}

// targets are the ways to one server: by its service's name, its service's address and its own, over TCP and UDP.
func (h house) targets() [][2]string {
	var targets [][2]string
	name := fmt.Sprintf("%s.%s.svc.cluster.local", h.service.Name, h.service.Namespace)
	for _, host := range []string{name, h.service.Spec.ClusterIP, h.server.Status.PodIP} {
		targets = append(targets,
			[2]string{"tcp", net.JoinHostPort(host, strconv.Itoa(framework.TCPPort))},
			[2]string{"udp", net.JoinHostPort(host, strconv.Itoa(framework.UDPPort))})
	}
	return targets
}

func moveIn(t *testing.T, namespace string) house {
	t.Helper()
	// Client and server on different nodes where there are two, so that traffic crosses the tunnel as well.
	nodes := cluster.Nodes()
	server := cluster.ServingPod(namespace, "server")
	client := cluster.ServingPod(namespace, "client")
	pin(server, nodes[len(nodes)-1])
	pin(client, nodes[0])
	home := house{server: cluster.RunPod(t, server), client: cluster.RunPod(t, client)}
	home.service = cluster.Serve(t, home.server)
	return home
}

// pin puts a pod on a node, past the scheduler and past the taint that keeps others off the control plane.
func pin(pod *corev1.Pod, node *framework.Node) {
	pod.Spec.NodeName = node.Name
	pod.Spec.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
}

// TestTenantsAreIsolated connects along every line between two tenants, an open namespace, the cluster's own services and
// the world, and wants an answer exactly where the policies promise one.
func TestTenantsAreIsolated(t *testing.T) {
	t.Parallel()
	homes := neighbourhood{
		blue: moveIn(t, framework.TenantBlue), green: moveIn(t, framework.TenantGreen), open: moveIn(t, cluster.Exempt(t)),
	}
	t.Run("within", func(t *testing.T) {
		t.Parallel()
		for _, home := range []house{homes.blue, homes.green, homes.open} {
			for _, target := range home.targets() {
				cluster.MustReach(t, home.client, target[0], target[1])
			}
		}
	})
	for _, way := range []struct {
		says     string
		from, to house
	}{
		{"blue to green", homes.blue, homes.green},
		{"green to blue", homes.green, homes.blue},
		// Nothing guards the open server, so that it is the tenant's own egress policy that stops this.
		{"blue to open", homes.blue, homes.open},
		// Nothing guards the open client, so that it is the tenant's own ingress policy that stops this.
		{"open to green", homes.open, homes.green},
	} {
		t.Run(way.says, func(t *testing.T) {
			t.Parallel()
			var attacks []framework.Attack
			for _, target := range way.to.targets() {
				attacks = append(attacks, framework.Attack{
					From: way.from.client, Control: way.to.client, Protocol: target[0], Target: target[1],
				})
			}
			cluster.MustNotReach(t, attacks...)
		})
	}
	t.Run("dns", func(t *testing.T) { t.Parallel(); dnsAnswers(t, homes) })
	t.Run("nodes and control plane", func(t *testing.T) { t.Parallel(); nodesAreShut(t, homes) })
	t.Run("outside", func(t *testing.T) { t.Parallel(); outsideIsShut(t, homes) })
}

// dnsAnswers: default deny must not cut names off, over either transport.
func dnsAnswers(t *testing.T, homes neighbourhood) {
	t.Helper()
	dns, err := cluster.Client.CoreV1().Services("kube-system").Get(t.Context(), "kube-dns", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, home := range []house{homes.blue, homes.green} {
		// TCP to the server of names itself; that UDP works shows in every target that is a name.
		cluster.MustReach(t, home.client, "tcp", net.JoinHostPort(dns.Spec.ClusterIP, "53"))
		// A name that cannot exist is answered too: what comes back is "no such name", not silence.
		reach, err := cluster.Connect(t.Context(), home.client, "tcp", "nobody."+home.client.Namespace+".svc.cluster.local:80")
		if err != nil {
			t.Fatal(err)
		}
		if reach != framework.NoName {
			t.Errorf("%s looks up a name that does not exist: %s, want %s", home.client.Namespace, reach, framework.NoName)
		}
	}
}

// nodesAreShut: a tenant reaches neither the API server nor kubelets nor etcd.
func nodesAreShut(t *testing.T, homes neighbourhood) {
	t.Helper()
	api, err := cluster.Client.CoreV1().Services("default").Get(t.Context(), "kubernetes", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	node := cluster.ControlPlane().Address
	var attacks []framework.Attack
	for _, target := range []string{
		net.JoinHostPort(api.Spec.ClusterIP, "443"), net.JoinHostPort(node, "6443"),
		net.JoinHostPort(node, "10250"), net.JoinHostPort(node, "2379"),
	} {
		for _, home := range []house{homes.blue, homes.green} {
			for _, attacker := range []*corev1.Pod{home.client, home.server} {
				attacks = append(attacks, framework.Attack{
					From: attacker, Control: homes.open.client, Protocol: "tcp", Target: target,
				})
			}
		}
	}
	cluster.MustNotReach(t, attacks...)
}

// outsideIsShut plays a place on the internet and listens there.
func outsideIsShut(t *testing.T, homes neighbourhood) {
	t.Helper()
	const address = "203.0.113.10" // of the range that documentation uses: nobody's
	outside := playOutside(t, address)
	target := net.JoinHostPort(address, framework.OutsidePort)
	var attacks []framework.Attack
	for _, protocol := range []string{"tcp", "udp"} {
		for _, home := range []house{homes.blue, homes.green} {
			attacks = append(attacks,
				framework.Attack{From: home.client, Control: homes.open.client, Protocol: protocol, Target: target},
				framework.Attack{From: home.server, Control: homes.open.server, Protocol: protocol, Target: target})
		}
	}
	cluster.MustNotReach(t, attacks...)
	// The listener's own word: it heard the controls, and not one packet of a tenant.
	tenants := []*corev1.Pod{homes.blue.client, homes.blue.server, homes.green.client, homes.green.server}
	for _, pod := range append(slices.Clone(tenants), homes.open.client) {
		if heard, want := outside.HeardFrom(pod.Status.PodIP), pod == homes.open.client; heard != want {
			t.Errorf("%s heard from %s/%s: %t, want %t", address, pod.Namespace, pod.Name, heard, want)
		}
	}
}
