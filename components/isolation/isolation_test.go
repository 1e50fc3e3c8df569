package isolation

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/rampart-iac/rampart/components/internal/enginetest"
)

func isolate(t *testing.T) *enginetest.Recorder {
	t.Helper()
	return enginetest.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := NewNamespaceIsolation(ctx, "blue", &NamespaceIsolationArgs{Namespace: "team-blue"})
		return err
	})
}

func decode(t *testing.T, recorder *enginetest.Recorder, name string) networkingv1.NetworkPolicy {
	t.Helper()
	policy := networkingv1.NetworkPolicy{}
	recorder.Decode(t, "blue-"+name, &policy)
	if policy.Namespace != "team-blue" || policy.Name != name {
		t.Errorf("policy %s/%s, want team-blue/%s", policy.Namespace, policy.Name, name)
	}
	if len(policy.Spec.PodSelector.MatchLabels)+len(policy.Spec.PodSelector.MatchExpressions) > 0 {
		t.Errorf("%s holds only some pods: %+v", name, policy.Spec.PodSelector)
	}
	return policy
}

func TestRegistered(t *testing.T) {
	t.Parallel()
	recorder := isolate(t)
	recorder.CheckHouseRules(t, "blue")
	want := []string{
		"kubernetes:networking.k8s.io/v1:NetworkPolicy blue-allow-dns",
		"kubernetes:networking.k8s.io/v1:NetworkPolicy blue-allow-same-namespace",
		"kubernetes:networking.k8s.io/v1:NetworkPolicy blue-default-deny",
		"rampart:isolation:NamespaceIsolation blue",
	}
	if got := recorder.Summary(); !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func TestDefaultDeny(t *testing.T) {
	t.Parallel()
	policy := decode(t, isolate(t), DefaultDenyPolicy)
	if !slices.Equal(policy.Spec.PolicyTypes, []networkingv1.PolicyType{"Ingress", "Egress"}) {
		t.Errorf("policy types %v", policy.Spec.PolicyTypes)
	}
	if len(policy.Spec.Ingress)+len(policy.Spec.Egress) > 0 {
		t.Errorf("it allows something: %+v", policy.Spec)
	}
}

func TestAllowDNS(t *testing.T) {
	t.Parallel()
	policy := decode(t, isolate(t), AllowDNSPolicy)
	if len(policy.Spec.Ingress) > 0 || len(policy.Spec.Egress) != 1 || len(policy.Spec.Egress[0].To) != 1 {
		t.Fatalf("%+v", policy.Spec)
	}
	peer := policy.Spec.Egress[0].To[0]
	if peer.NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"] != "kube-system" ||
		peer.PodSelector.MatchLabels["k8s-app"] != "kube-dns" {
		t.Errorf("the peer is not the cluster's DNS alone: %+v", peer)
	}
	var ports []string
	for _, port := range policy.Spec.Egress[0].Ports {
		ports = append(ports, string(*port.Protocol)+" "+port.Port.String())
	}
	if !slices.Equal(ports, []string{"UDP 53", "TCP 53"}) {
		t.Errorf("ports %v", ports)
	}
}

func TestAllowSameNamespace(t *testing.T) {
	t.Parallel()
	policy := decode(t, isolate(t), AllowSameNamespacePolicy)
	if len(policy.Spec.Ingress) != 1 || len(policy.Spec.Egress) != 1 {
		t.Fatalf("%+v", policy.Spec)
	}
	for _, peers := range [][]networkingv1.NetworkPolicyPeer{policy.Spec.Ingress[0].From, policy.Spec.Egress[0].To} {
		// A namespace selector, even an empty one, would mean other namespaces.
		if len(peers) != 1 || peers[0].PodSelector == nil || peers[0].NamespaceSelector != nil || peers[0].IPBlock != nil {
			t.Errorf("peers %+v", peers)
		}
	}
}

func TestBadNamespaces(t *testing.T) {
	t.Parallel()
	for namespace, want := range map[string]string{
		"": "namespace is required", "Team": `namespace "Team"`, "kube-system": "belong to Kubernetes",
	} {
		recorder, err := enginetest.Run(func(ctx *pulumi.Context) error {
			_, err := NewNamespaceIsolation(ctx, "blue", &NamespaceIsolationArgs{Namespace: namespace})
			return err
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want a fault that says %q", namespace, err, want)
		}
		if made := recorder.Summary(); len(made) > 0 {
			t.Errorf("made %v", made)
		}
	}
}
