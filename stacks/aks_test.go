package stacks

import (
	"slices"
	"strings"
	"testing"
)

// badAKS is wrong wherever it can be, in one stack.
func badAKS() Values {
	return Values{
		"rampart:provider": "aks",
		"rampart:cluster":  `{"name":"blue","kubernetesVersion":"v1.20.0","serviceCIDR":"10.0.0.0/16","workers":2}`,
		"rampart:eks":      `{"region":"eu-central-1"}`,
		"rampart:aks": `{"subscription":"mine","tenant":"66666666-7777-8888-9999-000000000000","region":"germanywestcentral",
			"publicCIDRs":["0.0.0.0/0"],"network":{"egress":"firewall"},"logRetentionDays":7,
			"nodePools":[{"name":"system","zones":[1],"spot":true}]}`,
	}
}

// TestLoadRefusesBadClustersOnAKS: everything at once, before anything is asked of an engine, each by the name that it has in
// the stack file.
func TestLoadRefusesBadClustersOnAKS(t *testing.T) {
	t.Parallel()
	_, err := Load(badAKS(), testHost())
	if err == nil {
		t.Fatal("nothing is refused")
	}
	lines := strings.Split(err.Error(), "\n")
	for path, rule := range map[string]string{
		"cluster.kubernetesVersion": "is not supported on AKS: use one of v1.36.0, v1.35.0, v1.34.0",
		"cluster.serviceCIDR":       "overlaps network.cidr 10.0.0.0/16: choose ranges that do not meet",
		"cluster.workers":           "is a setting of the provider kind only: remove it",
		"eks":                       "stands in the stack of another provider",
		"aks.subscription":          "is no identifier of the subscription",
		"aks.adminGroup":            "is missing: nobody would be the cluster's administrator",
		"aks.publicCIDRs":           "gives a cluster of the environment prod a public address: remove it",
		"aks.publicCIDRs[0]":        "is as good as the whole world",
		"aks.network.firewallIP":    "is missing: name the private address of the firewall",
		"aks.logRetentionDays":      "too short: use 90 to 730",
		"aks.nodePools[0].zones":    "is one zone",
		"aks.nodePools[0].spot":     "puts the cluster's own pods on capacity that Azure takes back",
	} {
		if !slices.ContainsFunc(lines, func(line string) bool {
			rest, ours := strings.CutPrefix(line, "rampart:"+path)
			return ours && (rest[0] == ' ' || rest[0] == ':') && strings.Contains(rest, rule)
		}) {
			t.Errorf("no fault of %s, %q, in\n%v", path, rule, err)
		}
	}
	if len(lines) != 12 {
		t.Errorf("%d faults, want 12:\n%v", len(lines), err)
	}
}

// TestAKSSettingsReachTheCluster: no setting of the stack file is lost on the way to the provider.
func TestAKSSettingsReachTheCluster(t *testing.T) {
	t.Parallel()
	values, err := ReadFile(FileName("aks-prod"))
	if err != nil {
		t.Fatal(err)
	}
	config, err := Load(values, testHost())
	if err != nil {
		t.Fatal(err)
	}
	cluster := config.AKSCluster()
	if cluster.Name != "aks-prod" || cluster.Subscription != "11111111-2222-3333-4444-555555555555" || !cluster.Private() ||
		len(cluster.NodePools) != 2 || cluster.NodePools[1].Max != 12 || cluster.Maintenance.Start != "01:00" ||
		cluster.Network.PodCIDR != "10.244.0.0/16" || cluster.LogRetentionDays != 365 {
		t.Errorf("got %+v", cluster)
	}
	if hint := config.PrivateHint(); !strings.Contains(hint, "docs/aks.md") {
		t.Errorf("the way in is not told: %q", hint)
	}
}
