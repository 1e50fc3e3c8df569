package isolation

import (
	"slices"
	"strings"
	"testing"

	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	typed "k8s.io/api/networking/v1"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/components/internal/enginetest"
)

func surroundings() Surroundings {
	return Surroundings{
		Enforcer:    baseline.PolicyEnforcerCalico,
		Tenants:     map[string]string{"blue": "team-blue", "green": "team-green"},
		NetworkSets: map[string][]string{"partners": {"203.0.113.0/24", "2001:db8::/32"}},
		PodCIDR:     "10.244.0.0/16",
		ServiceCIDR: "10.96.0.0/16",
		NodeCIDRs:   []string{"172.18.0.0/16"},
	}
}

// TestFaultsOfRules: each fault names its field, the value, the rule and a remedy, and a rule may have several.
func TestFaultsOfRules(t *testing.T) {
	t.Parallel()
	plain := surroundings()
	plain.Enforcer = ""
	for name, test := range map[string]struct {
		rule Rule
		in   Surroundings
		want []string
	}{
		"a tenant that is missing": {AllowFrom("red", TCP(80)), surroundings(), []string{
			`allow[0].tenant "red": is not a tenant of this cluster: use one of blue, green`,
		}},
		"no tenants at all": {AllowTo("red", TCP(80)), Surroundings{}, []string{
			`allow[0].tenant "red": is not a tenant of this cluster: there are none yet`,
		}},
		"no tenant": {AllowTo("", TCP(80)), surroundings(), []string{
			`allow[0].tenant "": is empty: name the tenant at the other end`,
		}},
		"the tenant itself": {AllowFrom("blue", TCP(80)), surroundings(), []string{
			`allow[0].tenant "blue": is the tenant itself, whose namespace is open within: remove the rule`,
		}},
		"port and protocol": {AllowTo("green", Port{"ICMP", 70000}), surroundings(), []string{
			`allow[0].protocol "ICMP": is not a protocol with ports: use TCP, UDP or SCTP`,
			`allow[0].port 70000: is not a port: use 1 to 65535`,
		}},
		"anywhere": {AllowEgress(Destination{CIDR: "0.0.0.0/0"}, TCP(443)), surroundings(), []string{
			`allow[0].cidr "0.0.0.0/0": is as good as anywhere`,
		}},
		"anywhere in IPv6": {AllowEgress(Destination{CIDR: "::/0"}, TCP(443)), surroundings(), []string{
			`allow[0].cidr "::/0": is as good as anywhere`,
		}},
		"half of anywhere": {AllowEgress(Destination{CIDR: "128.0.0.0/1"}, TCP(443)), surroundings(), []string{
			`allow[0].cidr "128.0.0.0/1": is as good as anywhere`,
		}},
		"the metadata address": {AllowEgress(Destination{CIDR: "169.254.169.254/32"}, TCP(80)), surroundings(), []string{
			`allow[0].cidr "169.254.169.254/32": meets 169.254.169.254/32, where clouds hand out credentials`,
		}},
		"around the metadata address": {AllowEgress(Destination{CIDR: "169.254.0.0/16"}, TCP(80)), surroundings(), []string{
			`allow[0].cidr "169.254.0.0/16": meets 169.254.169.254/32`,
		}},
		"AWS' metadata address": {AllowEgress(Destination{CIDR: "fd00:ec2::/32"}, TCP(80)), surroundings(), []string{
			`allow[0].cidr "fd00:ec2::/32": meets fd00:ec2::254/128`,
		}},
		"all of the cluster": {AllowEgress(Destination{CIDR: "10.0.0.0/8"}, TCP(80)), surroundings(), []string{
			`allow[0].cidr "10.0.0.0/8": meets 10.244.0.0/16, the cluster's pods: name a tenant`,
			`allow[0].cidr "10.0.0.0/8": meets 10.96.0.0/16, the cluster's services: name a tenant`,
		}},
		"a node": {AllowEgress(Destination{CIDR: "172.18.0.2/32"}, TCP(80)), surroundings(), []string{
			`allow[0].cidr "172.18.0.2/32": meets 172.18.0.0/16, the cluster's nodes: pods reach the API server by its own rule`,
		}},
		"a name": {AllowEgress(Destination{CIDR: "*.example.com"}, TCP(443)), surroundings(), []string{
			`allow[0].cidr "*.example.com": is a name: policies of open-source Calico`,
		}},
		"an address": {AllowEgress(Destination{CIDR: "203.0.113.7"}, TCP(443)), surroundings(), []string{
			`allow[0].cidr "203.0.113.7": is an address without a prefix length: did you mean 203.0.113.7/32?`,
		}},
		"bits behind the prefix": {AllowEgress(Destination{CIDR: "203.0.113.7/24"}, TCP(443)), surroundings(), []string{
			`allow[0].cidr "203.0.113.7/24": has bits set behind the prefix: did you mean 203.0.113.0/24?`,
		}},
		"IPv4 in disguise": {AllowEgress(Destination{CIDR: "::ffff:169.254.169.254/128"}, TCP(443)), surroundings(), []string{
			`allow[0].cidr "::ffff:169.254.169.254/128": is an IPv4 range in IPv6 notation`,
		}},
		"no range": {AllowEgress(Destination{CIDR: "203.0.113/24"}, TCP(443)), surroundings(), []string{
			`allow[0].cidr "203.0.113/24": is not a range in CIDR notation: write one such as 203.0.113.0/24`,
		}},
		"nowhere": {AllowEgress(Destination{}, TCP(443)), surroundings(), []string{
			`allow[0].cidr "": is empty: give a CIDR or a network set`,
		}},
		"two places": {AllowEgress(Destination{CIDR: "203.0.113.0/24", NetworkSet: "partners"}, TCP(443)), surroundings(), []string{
			`allow[0].networkSet "partners": stands beside a cidr: give one of the two`,
		}},
		"a network set that is missing": {AllowEgress(Destination{NetworkSet: "banks"}, TCP(443)), surroundings(), []string{
			`allow[0].networkSet "banks": is not a network set of this cluster: use one of partners`,
		}},
		"a waiver for the metadata address": {AllowEgress(Destination{CIDR: "169.254.169.254/32", Waived: true}, TCP(80)), surroundings(), []string{
			`allow[0].cidr "169.254.169.254/32": meets 169.254.169.254/32`,
		}},
		"a kubelet somewhere": {AllowEgress(Destination{CIDR: "203.0.113.0/24"}, TCP(10250)), surroundings(), []string{
			`allow[0].port 10250: is a port of kubelets, the control plane or etcd`,
		}},
		"an etcd and a name": {AllowEgress(Destination{CIDR: "etcd.example.com"}, TCP(2380)), surroundings(), []string{
			`allow[0].cidr "etcd.example.com": is a name`, `allow[0].port 2380: is a port of kubelets`,
		}},
		"the API server without Calico": {AllowAPIServer(0), plain, []string{
			`allow[0].addresses "": is empty, and only Calico finds the API server by itself`,
		}},
		"a raw rule of nothing": {AllowRaw("Über", nil), surroundings(), []string{
			`allow[0].name "Über": a lowercase RFC 1123 label`, `allow[0].spec "": is empty`,
		}},
		"no rule": {nil, surroundings(), []string{`allow[0] "": is empty: make it with one of the Allow functions`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := NamespaceIsolationArgs{
				Namespace: "team-blue", Allow: []Rule{test.rule}, Surroundings: test.in,
			}.Validate()
			if err == nil {
				t.Fatal("accepted")
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(test.want) {
				t.Errorf("got %d faults, want %d:\n%v", len(lines), len(test.want), err)
			}
			for i, want := range test.want {
				if i < len(lines) && !strings.Contains(lines[i], want) {
					t.Errorf("got  %s\nwant %s", lines[i], want)
				}
			}
		})
	}
}

func TestFaultsOfAllRulesAtOnce(t *testing.T) {
	t.Parallel()
	in := surroundings()
	in.NetworkSets = map[string][]string{"wide": {"0.0.0.0/0"}, "Empty": {}}
	in.PodCIDR = "pods"
	err := NamespaceIsolationArgs{Namespace: "kube-blue", Surroundings: in, Allow: []Rule{
		AllowFrom("red", TCP(80)), AllowTo("green", TCP(0)), AllowTo("green", UDP(53)), AllowTo("green", UDP(53)),
	}}.Validate()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		`namespace "kube-blue"`, `podCIDR "pods": is a name`, `networkSets[wide].cidrs[0] "0.0.0.0/0": is as good as anywhere`,
		`networkSets[Empty].name "Empty"`, `networkSets[Empty].cidrs []: is empty`, `allow[0].tenant "red"`, `allow[1].port 0`,
		`allow[3] "allow-to-green-udp-53": says the same as rule 2: remove one`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\ndoes not say %q", err, want)
		}
	}
}

// allowed isolates a namespace with one rule and returns the policy that it became.
func allowed(t *testing.T, rule Rule, in Surroundings) typed.NetworkPolicy {
	t.Helper()
	recorder := enginetest.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := NewNamespaceIsolation(ctx, "blue", &NamespaceIsolationArgs{
			Namespace: "team-blue", Allow: []Rule{rule}, Surroundings: in,
		})
		return err
	})
	recorder.CheckHouseRules(t, "blue")
	return decode(t, recorder, rule.name())
}

func TestAllowTenants(t *testing.T) {
	t.Parallel()
	from := allowed(t, AllowFrom("green", TCP(8080)), surroundings()).Spec
	if len(from.Ingress) != 1 || len(from.Egress) != 0 || !slices.Equal(from.PolicyTypes, []typed.PolicyType{"Ingress"}) {
		t.Fatalf("%+v", from)
	}
	to := allowed(t, AllowTo("green", UDP(53)), surroundings()).Spec
	if len(to.Egress) != 1 || len(to.Ingress) != 0 || !slices.Equal(to.PolicyTypes, []typed.PolicyType{"Egress"}) {
		t.Fatalf("%+v", to)
	}
	for _, peers := range [][]typed.NetworkPolicyPeer{from.Ingress[0].From, to.Egress[0].To} {
		// The namespace's name and not the tenant's: the label that says whose a namespace is can be chosen by its maker.
		if len(peers) != 1 || peers[0].NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"] != "team-green" {
			t.Errorf("peers %+v", peers)
		}
	}
	if got := from.Ingress[0].Ports; len(got) != 1 || got[0].Port.IntValue() != 8080 || *got[0].Protocol != "TCP" {
		t.Errorf("ports %+v", got)
	}
	if got := to.Egress[0].Ports; len(got) != 1 || got[0].Port.IntValue() != 53 || *got[0].Protocol != "UDP" {
		t.Errorf("ports %+v", got)
	}
}

func TestAllowEgress(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		to   Destination
		want []string // ranges, each with what it leaves out
	}{
		"a range":       {Destination{CIDR: "198.51.100.0/24"}, []string{"198.51.100.0/24"}},
		"a network set": {Destination{NetworkSet: "partners"}, []string{"203.0.113.0/24", "2001:db8::/32"}},
		"anywhere": {Destination{CIDR: "0.0.0.0/0", Waived: true}, []string{
			"0.0.0.0/0 169.254.169.254/32 10.244.0.0/16 10.96.0.0/16 172.18.0.0/16",
		}},
		"anywhere in IPv6": {Destination{CIDR: "::/0", Waived: true}, []string{"::/0 fd00:ec2::254/128"}},
	} {
		policy := allowed(t, AllowEgress(test.to, TCP(443)), surroundings())
		if len(policy.Spec.Egress) != 1 || len(policy.Spec.Egress[0].Ports) != 1 {
			t.Fatalf("%s: %+v", name, policy.Spec)
		}
		var got []string
		for _, peer := range policy.Spec.Egress[0].To {
			if peer.PodSelector != nil || peer.NamespaceSelector != nil {
				t.Errorf("%s: peer %+v", name, peer)
			}
			got = append(got, strings.Join(append([]string{peer.IPBlock.CIDR}, peer.IPBlock.Except...), " "))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestAllowAPIServer(t *testing.T) {
	t.Parallel()
	plain := surroundings()
	plain.Enforcer = ""
	rule := allowed(t, AllowAPIServer(0, "172.18.0.2/32"), plain).Spec.Egress[0]
	if rule.To[0].IPBlock.CIDR != "172.18.0.2/32" || rule.Ports[0].Port.IntValue() != 6443 || *rule.Ports[0].Protocol != "TCP" {
		t.Errorf("%+v", rule)
	}
	// Calico follows the service, wherever the API server is, so that no address stands anywhere.
	recorder := enginetest.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := NewNamespaceIsolation(ctx, "blue", &NamespaceIsolationArgs{
			Namespace: "team-blue", Allow: []Rule{AllowAPIServer(0)}, Surroundings: surroundings(),
		})
		return err
	})
	recorder.CheckHouseRules(t, "blue")
	policy := struct {
		Metadata struct{ Name, Namespace string }
		Spec     calicoSpec
	}{}
	recorder.Decode(t, "blue-allow-api-server", &policy)
	if policy.Metadata.Namespace != "team-blue" || policy.Metadata.Name != "default.allow-api-server" {
		t.Errorf("%+v", policy.Metadata)
	}
	if len(policy.Spec.Egress) != 1 || len(policy.Spec.Ingress) != 0 || policy.Spec.Egress[0].Action != "Allow" ||
		*policy.Spec.Egress[0].Destination.Services != (calicoService{"kubernetes", "default"}) {
		t.Errorf("%+v", policy.Spec)
	}
}

func TestAllowRaw(t *testing.T) {
	t.Parallel()
	policy := allowed(t, AllowRaw("scrapers", &networkingv1.NetworkPolicySpecArgs{
		PodSelector: everyPod(), PolicyTypes: pulumi.ToStringArray([]string{"Ingress"}),
	}), surroundings())
	if policy.Name != "raw-scrapers" {
		t.Errorf("%+v", policy)
	}
}
