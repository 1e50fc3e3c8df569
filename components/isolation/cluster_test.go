package isolation

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/components/internal/enginetest"
)

func clusterArgs() ClusterIsolationArgs {
	return ClusterIsolationArgs{
		ExemptNamespaces: []string{"local-path-storage", "kube-system"},
		Tenants: []TenantRules{
			{Namespace: "team-blue", Allow: []Rule{AllowTo("green", TCP(8080)), AllowAPIServer(0)}},
			{Namespace: "team-green", Allow: []Rule{AllowFrom("blue", TCP(8080)), AllowEgress(Destination{NetworkSet: "partners"}, TCP(443))}},
		},
		Surroundings: surroundings(),
	}
}

func tier(t *testing.T, args ClusterIsolationArgs) *enginetest.Recorder {
	t.Helper()
	return enginetest.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := NewClusterIsolation(ctx, "walls", &args)
		return err
	})
}

func decodeSpec(t *testing.T, recorder *enginetest.Recorder, name string) calicoSpec {
	t.Helper()
	policy := struct {
		Kind     string
		Metadata struct{ Name string }
		Spec     calicoSpec
	}{}
	recorder.Decode(t, "walls-"+name, &policy)
	if policy.Kind != "GlobalNetworkPolicy" || policy.Metadata.Name != "default.rampart-"+name {
		t.Errorf("%s %s", policy.Kind, policy.Metadata.Name)
	}
	return policy.Spec
}

// lines writes rules so that a person can compare them.
func lines(rules []calicoRule) []string {
	var written []string
	for _, rule := range rules {
		line := rule.Action
		if rule.IPVersion != 0 {
			line += fmt.Sprintf(" v%d", rule.IPVersion)
		}
		if rule.Protocol != "" {
			line += " " + rule.Protocol
		}
		for _, end := range []struct {
			says   string
			entity *calicoEntity
		}{{"from", rule.Source}, {"to", rule.Destination}} {
			if end.entity == nil {
				continue
			}
			line += " " + end.says
			if end.entity.Selector != "" {
				line += " [" + end.entity.Selector + "]"
			}
			if end.entity.NotSelector != "" {
				line += " not [" + end.entity.NotSelector + "]"
			}
			for _, net := range end.entity.Nets {
				line += " " + net
			}
			if end.entity.Services != nil {
				line += " " + end.entity.Services.Namespace + "/" + end.entity.Services.Name
			}
			for _, port := range end.entity.Ports {
				line += fmt.Sprintf(" :%v", port)
			}
		}
		written = append(written, line)
	}
	return written
}

func wantRules(t *testing.T, got []calicoRule, want ...string) {
	t.Helper()
	if written := lines(got); !slices.Equal(written, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(written, "\n"), strings.Join(want, "\n"))
	}
}

const (
	isolatedPods = `has(projectcalico.org/namespace) && projectcalico.org/namespace not in { "kube-system", "local-path-storage" }`
	theNodes     = `!has(projectcalico.org/namespace) && projectcalico.org/created-by == "calico-kube-controllers"`
)

func TestTierIsComplete(t *testing.T) {
	t.Parallel()
	recorder := tier(t, clusterArgs())
	recorder.CheckHouseRules(t, "walls")
	want := []string{
		"kubernetes:crd.projectcalico.org/v1:GlobalNetworkPolicy walls-border-team-blue",
		"kubernetes:crd.projectcalico.org/v1:GlobalNetworkPolicy walls-border-team-green",
		"kubernetes:crd.projectcalico.org/v1:GlobalNetworkPolicy walls-default-deny",
		"kubernetes:crd.projectcalico.org/v1:GlobalNetworkPolicy walls-nodes",
		"kubernetes:crd.projectcalico.org/v1:GlobalNetworkPolicy walls-protect",
		"rampart:isolation:ClusterIsolation walls",
	}
	if got := recorder.Summary(); !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

// TestBordersComeAfterWhatHoldsAll, and each names no other: a tenant more must not make the state of all others longer.
func TestBordersComeAfterWhatHoldsAll(t *testing.T) {
	t.Parallel()
	args := clusterArgs()
	recorder := enginetest.MustRun(t, func(ctx *pulumi.Context) error {
		before, err := corev1.NewConfigMap(ctx, "before", nil)
		if err != nil {
			return err
		}
		walls, err := NewClusterIsolation(ctx, "walls", &args, pulumi.DependsOn([]pulumi.Resource{before}))
		if err != nil {
			return err
		}
		_, err = corev1.NewNamespace(ctx, "blue", nil, pulumi.DependsOn([]pulumi.Resource{walls.Borders["team-blue"]}))
		return err
	})
	for _, earlier := range []string{"before", "walls-default-deny", "walls-nodes", "walls-protect", "walls-border-team-blue"} {
		if !recorder.Waits("blue", earlier) {
			t.Errorf("the tenant does not wait for %s", earlier)
		}
	}
	if recorder.Waits("blue", "walls-border-team-green") {
		t.Error("the tenant waits for the border of another")
	}
}

// TestOrderOfTheTier: Calico gives the policies of Kubernetes, which a tenant may have somebody make, the order 1000.
func TestOrderOfTheTier(t *testing.T) {
	t.Parallel()
	recorder := tier(t, clusterArgs())
	const ofKubernetes = 1000
	order := func(name string) int { return decodeSpec(t, recorder, name).Order }
	if protect, border, last := order("protect"), order("border-team-blue"), order("default-deny"); protect >= border ||
		border >= ofKubernetes || last <= ofKubernetes {
		t.Errorf("protect %d, border %d, default deny %d", protect, border, last)
	}
}

func TestDefaultDenyOfTheTier(t *testing.T) {
	t.Parallel()
	spec := decodeSpec(t, tier(t, clusterArgs()), "default-deny")
	if spec.Selector != isolatedPods || !slices.Equal(spec.Types, []string{"Ingress", "Egress"}) {
		t.Errorf("%+v", spec)
	}
	wantRules(t, spec.Ingress)
	const dns = `[projectcalico.org/namespace == "kube-system" && k8s-app == "kube-dns"] :53`
	wantRules(t, spec.Egress, "Allow UDP to "+dns, "Allow TCP to "+dns)
}

func TestProtected(t *testing.T) {
	t.Parallel()
	spec := decodeSpec(t, tier(t, clusterArgs()), "protect")
	if spec.Selector != isolatedPods || !slices.Equal(spec.Types, []string{"Egress"}) {
		t.Errorf("%+v", spec)
	}
	wantRules(t, spec.Egress,
		"Deny v4 to 169.254.169.254/32", "Deny v6 to fd00:ec2::254/128",
		"Deny TCP to not [has(projectcalico.org/namespace)] :2379:2381 :10250 :10255 :10257 :10259")
}

func TestBorders(t *testing.T) {
	t.Parallel()
	recorder := tier(t, clusterArgs())
	blue := decodeSpec(t, recorder, "border-team-blue")
	if blue.Selector != `projectcalico.org/namespace == "team-blue"` || !slices.Equal(blue.Types, []string{"Ingress", "Egress"}) {
		t.Errorf("%+v", blue)
	}
	wantRules(t, blue.Ingress, `Deny from [`+isolatedPods+`] not [projectcalico.org/namespace == "team-blue"]`)
	wantRules(t, blue.Egress,
		`Allow TCP to [projectcalico.org/namespace == "team-green"] :8080`,
		"Allow to default/kubernetes",
		"Deny to ["+theNodes+"]",
		`Deny to [`+isolatedPods+`] not [projectcalico.org/namespace == "team-blue"]`)
	green := decodeSpec(t, recorder, "border-team-green")
	wantRules(t, green.Ingress,
		`Allow TCP from [projectcalico.org/namespace == "team-blue"] to :8080`,
		`Deny from [`+isolatedPods+`] not [projectcalico.org/namespace == "team-green"]`)
	wantRules(t, green.Egress,
		"Deny to default/kubernetes",
		"Deny to ["+theNodes+"]",
		`Deny to [`+isolatedPods+`] not [projectcalico.org/namespace == "team-green"]`)
}

func TestNodesStayReachable(t *testing.T) {
	t.Parallel()
	spec := decodeSpec(t, tier(t, clusterArgs()), "nodes")
	// A pod that bears the nodes' label must not get their rules.
	if spec.Selector != theNodes || !slices.Equal(spec.Types, []string{"Ingress"}) {
		t.Errorf("%+v", spec)
	}
	wantRules(t, spec.Ingress,
		"Allow v4 from 127.0.0.0/8", "Allow v6 from ::1/128", "Allow from ["+theNodes+"]",
		"Deny TCP to :2379:2381 :10250 :10255 :10257 :10259", "Allow")
}

// TestAManagedControlPlaneReachesKubelets: it is on no node.
func TestAManagedControlPlaneReachesKubelets(t *testing.T) {
	t.Parallel()
	args := clusterArgs()
	args.Surroundings.ManagedControlPlane = true
	wantRules(t, decodeSpec(t, tier(t, args), "nodes").Ingress,
		"Allow v4 from 127.0.0.0/8", "Allow v6 from ::1/128", "Allow from ["+theNodes+"]", "Allow from default/kubernetes",
		"Deny TCP to :2379:2381 :10250 :10255 :10257 :10259", "Allow")
}

func TestFaultsOfTheTier(t *testing.T) {
	t.Parallel()
	recorder, err := enginetest.Run(func(ctx *pulumi.Context) error {
		_, err := NewClusterIsolation(ctx, "walls", &ClusterIsolationArgs{
			ExemptNamespaces: []string{"Storage", "team-blue"},
			Tenants: []TenantRules{
				{Namespace: "team-blue", Allow: []Rule{AllowFrom("red", TCP(80))}}, {Namespace: "team-green"}, {Namespace: "team-green"},
				{Namespace: "kube-system"},
			},
		})
		return err
	})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		`enforcer "": cannot hold policies of the whole cluster: this component needs "calico"`,
		"exemptNamespaces [Storage team-blue]: lacks kube-system: default deny would cut off the cluster's own DNS",
		`exemptNamespaces[0] "Storage"`,
		`exemptNamespaces[1] "team-blue": is a tenant's, and nothing would hold it: remove it`,
		`tenants[0].allow[0].tenant "red": is not a tenant of this cluster`,
		`tenants[2].namespace "team-green": is that of tenants[1] already`,
		`tenants[3].namespace "kube-system"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\ndoes not say %q", err, want)
		}
	}
	if made := recorder.Summary(); len(made) > 0 {
		t.Errorf("made %v", made)
	}
}
