package stacks

import (
	"maps"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/baseline"
)

// goodGKE are the values of a stack that nothing is wrong with, with changes.
func goodGKE(changes Values) Values {
	values := Values{
		"rampart:provider": "gke",
		"rampart:gke": `{"project":"acme-prod","projectNumber":"111122223333","region":"europe-west3",` +
			`"zones":["europe-west3-a","europe-west3-b"],"deployer":"user:me@example.com"}`,
	}
	maps.Copy(values, changes)
	return values
}

func TestLoadReportsBadInputForGKE(t *testing.T) {
	t.Parallel()
	section := func(more string) Values {
		good := goodGKE(nil)["rampart:gke"]
		return Values{"rampart:gke": strings.TrimSuffix(good, "}") + "," + more + "}"}
	}
	for name, test := range map[string]struct {
		changes Values
		want    []string // beginnings of all lines of the error
	}{
		"nothing":                    {nil, nil},
		"a public address in prod":   {section(`"publicCIDRs":["203.0.113.0/24"]`), []string{`rampart:gke.publicCIDRs`}},
		"both enforcers":             {section(`"dataplaneV2":true,"calico":true`), []string{`rampart:gke.calico "true": stands beside dataplaneV2`}},
		"a range of services":        {Values{"rampart:cluster": `{"serviceCIDR":"10.0.0.0/20"}`}, []string{`rampart:cluster.serviceCIDR "10.0.0.0/20": overlaps network.cidr`}},
		"a setting of kind":          {Values{"rampart:cluster": `{"workers":3}`}, []string{`rampart:cluster.workers "gke": is a setting of the provider kind only`}},
		"a section of another cloud": {Values{"rampart:eks": `{"region":"eu-central-1"}`}, []string{`rampart:eks "gke": stands in the stack of another provider`}},
		"the API server for tenants": {
			Values{"rampart:tenants": `[{"name":"blue","apiServer":true}]`}, []string{`rampart:tenants[0].apiServer`},
		},
	} {
		_, err := Load(goodGKE(test.changes), testHost())
		var got []string
		if err != nil {
			got = strings.Split(err.Error(), "\n")
		}
		if len(got) != len(test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
			continue
		}
		for i := range got {
			if !strings.HasPrefix(got[i], test.want[i]) {
				t.Errorf("%s: got %q, want %q", name, got[i], test.want[i])
			}
		}
	}
	kind := Values{"rampart:gke": `{"region":"europe-west3"}`}
	if _, err := Load(kind, testHost()); err == nil || !strings.Contains(err.Error(), `set rampart:provider to gke`) {
		t.Errorf("a section of GKE in the stack of kind: %v", err)
	}
}

func TestEnforcerOfGKE(t *testing.T) {
	t.Parallel()
	config := DefaultOf(ProviderGKE)
	if got := config.enforcer(); got != baseline.PolicyEnforcerDataplaneV2 {
		t.Errorf("by default %s", got)
	}
	config.GKE.Calico = true
	if got := config.enforcer(); got != baseline.PolicyEnforcerManagedCalico {
		t.Errorf("with Calico %s", got)
	}
	if got := Default().enforcer(); got != baseline.PolicyEnforcerCalico {
		t.Errorf("on kind %s", got)
	}
}
