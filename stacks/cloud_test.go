package stacks

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/baseline"
)

// TestTenantsStayOutOfTheCloudsNodes: no rule of a tenant leads into the network that the nodes of the stack's own cluster, and
// its API server, stand in; and what is as wide as the world leaves it out.
func TestTenantsStayOutOfTheCloudsNodes(t *testing.T) {
	t.Parallel()
	for stack, network := range map[string]string{
		"eks-prod": "10.0.0.0/16", "aks-prod": "10.0.0.0/16", "gke-prod": "10.0.0.0/20",
	} {
		values, err := ReadFile(FileName(stack))
		if err != nil {
			t.Fatal(err)
		}
		tenant := func(cidr string) string {
			return `[{"name":"blue","allowEgress":[{"cidr":"` + cidr + `","port":443}]}]`
		}
		values["rampart:tenants"] = tenant("203.0.113.0/24")
		if _, err := Load(values, testHost()); err != nil {
			t.Errorf("control: %s: %v", stack, err)
		}
		values["rampart:tenants"] = tenant(network)
		_, err = Load(values, testHost())
		if err == nil || !strings.Contains(err.Error(), `rampart:tenants[0].allowEgress[0].cidr "`+network+`": meets `+network) {
			t.Errorf("%s: a rule into the nodes' network: %v", stack, err)
		}
	}
}

// TestTheEndOfSupportIsWarnedOf, by a clock of the test's own: of the version that a stack names, and of the default's where it names
// none; and nothing is said on this machine.
func TestTheEndOfSupportIsWarnedOf(t *testing.T) {
	t.Parallel()
	day := func(text string) time.Time {
		moment, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	for _, test := range []struct{ provider, version, day, want string }{
		{"eks", "v1.34.0", "2026-08-01", ""},
		{"eks", "v1.34.0", "2026-11-26", "on EKS ends on 2026-12-02, in 6 days: raise kubernetesVersion to v1.35.0. EKS upgrades the cluster by " +
			"itself from that day on"},
		{"eks", "v1.34.0", "2026-11-26", "0.50 USD an hour more"},
		{"eks", "", "2026-11-26", ""},
		{"eks", "", "2027-09-01", "on EKS has ended on 2027-08-02, 30 days ago: a version of this product"},
		{"aks", "v1.34.0", "2026-11-26", "on AKS ends on 2026-11-30, in 4 days: raise kubernetesVersion to v1.35.0"},
		{"aks", "v1.36.0", "2026-11-26", ""},
		{"gke", "v1.34.0", "2026-11-26", "on GKE has ended on 2026-10-01, 56 days ago: raise kubernetesVersion to v1.35.0"},
		{"gke", "", "2026-11-26", ""},
		{"kind", "v1.34.0", "2030-01-01", ""},
	} {
		config := DefaultOf(test.provider)
		config.Cluster.KubernetesVersion = baseline.KubernetesVersion(test.version)
		got := config.SupportWarning(day(test.day))
		if (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s %s on %s: got %q, want %q", test.provider, test.version, test.day, got, test.want)
		}
		if got != "" && !slices.Contains(config.warnings(day(test.day)), got) {
			t.Errorf("%s %s: it is not among the warnings", test.provider, test.version)
		}
	}
}

// TestTheVersionOfACloudsClusterIsKnown, where the stack names none, too.
func TestTheVersionOfACloudsClusterIsKnown(t *testing.T) {
	t.Parallel()
	for _, provider := range []string{ProviderEKS, ProviderAKS, ProviderGKE, ProviderKind} {
		if version := DefaultOf(provider).KubernetesVersion(); version == "" {
			t.Errorf("%s: none", provider)
		}
	}
}
