package admission

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"github.com/rampart-iac/rampart/components/internal/enginetest"
	"github.com/rampart-iac/rampart/tests/framework/examples"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	runExamples(t, "testdata/tokens.yaml", 10,
		TokenPolicyArgs{Audiences: []string{"sts.example.com"}}.definition())
}

func TestPodAccess(t *testing.T) {
	t.Parallel()
	runExamples(t, "testdata/podaccess.yaml", 25, PodAccessPolicyArgs{Namespaces: []string{"registry"}}.definition())
}

func TestExposure(t *testing.T) {
	t.Parallel()
	runExamples(t, "testdata/exposure.yaml", 18, ExposurePolicyArgs{
		NodePortNamespaces: []string{"edge"}, WildcardHostNamespaces: []string{"edge"},
	}.definition())
}

func TestGrants(t *testing.T) {
	t.Parallel()
	runExamples(t, "testdata/grants.yaml", 54, GrantPolicyArgs{}.definition())
}

func TestOwnership(t *testing.T) {
	t.Parallel()
	runExamples(t, "testdata/ownership.yaml", 110, OwnershipPolicyArgs{}.definition())
}

// allPolicies is everything that this package has, as strict as it gets.
func allPolicies(ctx *pulumi.Context) error {
	for _, make := range []func() error{
		func() error {
			_, err := NewImagePolicy(ctx, "images", &ImagePolicyArgs{AllowedRegistries: []string{"registry.k8s.io"}, DigestRequired: true})
			return err
		},
		func() error { _, err := NewWorkloadPolicy(ctx, "workloads", nil); return err },
		func() error { _, err := NewTokenPolicy(ctx, "tokens", nil); return err },
		func() error { _, err := NewPodAccessPolicy(ctx, "pod-access", nil); return err },
		func() error { _, err := NewExposurePolicy(ctx, "exposure", nil); return err },
		func() error { _, err := NewGrantPolicy(ctx, "grants", nil); return err },
		func() error { _, err := NewOwnershipPolicy(ctx, "ownership", nil); return err },
		func() error {
			_, err := NewSafeDefaults(ctx, "defaults", &SafeDefaultsArgs{KubernetesVersion: "v1.37.0"})
			return err
		},
	} {
		if err := make(); err != nil {
			return err
		}
	}
	return nil
}

// TestPoliciesOfTheWholeClusterAreOwned: they hold more than any other object, and have no examples, because the API server of
// the examples does not serve them.
func TestPoliciesOfTheWholeClusterAreOwned(t *testing.T) {
	t.Parallel()
	policy := &admissionregistrationv1.ValidatingAdmissionPolicy{}
	enginetest.MustRun(t, allPolicies).Decode(t, "ownership-policy", policy)
	if !slices.ContainsFunc(policy.Spec.MatchConstraints.ResourceRules, func(held admissionregistrationv1.NamedRuleWithOperations) bool {
		return slices.Contains(held.APIGroups, "crd.projectcalico.org") && slices.Contains(held.Resources, "globalnetworkpolicies") &&
			slices.Contains(held.Operations, admissionregistrationv1.Delete)
	}) {
		t.Error("whoever has the right may delete the default deny of the whole cluster")
	}
}

func TestPoliciesFailClosed(t *testing.T) {
	t.Parallel()
	recorder := enginetest.MustRun(t, allPolicies)
	for _, name := range []string{"images", "workloads", "tokens", "pod-access", "exposure", "grants", "ownership"} {
		policy := &admissionregistrationv1.ValidatingAdmissionPolicy{}
		recorder.Decode(t, name+"-policy", policy)
		if policy.Spec.FailurePolicy == nil || *policy.Spec.FailurePolicy != admissionregistrationv1.Fail {
			t.Errorf("%s: failure policy %v", name, policy.Spec.FailurePolicy)
		}
		binding := &admissionregistrationv1.ValidatingAdmissionPolicyBinding{}
		recorder.Decode(t, name+"-binding", binding)
		if !slices.Contains(binding.Spec.ValidationActions, admissionregistrationv1.Deny) || binding.Spec.PolicyName != policy.Name {
			t.Errorf("%s: binding %+v", name, binding.Spec)
		}
	}
	defaults := &admissionregistrationv1.MutatingAdmissionPolicy{}
	recorder.Decode(t, "defaults-policy", defaults)
	if defaults.Spec.FailurePolicy == nil || *defaults.Spec.FailurePolicy != admissionregistrationv1.Fail {
		t.Errorf("defaults: failure policy %v", defaults.Spec.FailurePolicy)
	}
	// Every binding costs every request of the cluster.
	bindings := 0
	for _, line := range recorder.Summary() {
		if strings.Contains(line, "AdmissionPolicyBinding") {
			bindings++
		}
	}
	if bindings == 0 || bindings > 12 {
		t.Errorf("%d bindings, want 1 to 12", bindings)
	}
}

func TestFaultsOfAllPolicies(t *testing.T) {
	t.Parallel()
	bad := []string{"Blue"}
	for name, test := range map[string]struct {
		args interface{ Validate() error }
		want []string
	}{
		"tokens": {
			TokenPolicyArgs{APIAudiences: []string{""}, Audiences: []string{"a", "a"}, Lifetime: 25 * time.Hour, ExemptNamespaces: bad},
			[]string{`apiAudiences[0] ""`, `audiences[1] "a" is named twice`, "lifetime 25h0m0s is out of range", `exemptNamespaces[0] "Blue"`},
		},
		"pod access": {
			PodAccessPolicyArgs{Namespaces: bad, Trusted: Principals{Groups: []string{"system:authenticated", "x", "x"}}},
			[]string{`namespaces[0] "Blue"`, `trusted.groups[0] "system:authenticated" is anybody`, `trusted.groups[2] "x" is named twice`},
		},
		"exposure": {
			ExposurePolicyArgs{LoadBalancerNamespaces: bad, NodePortNamespaces: bad, ExternalIPNamespaces: bad, WildcardHostNamespaces: bad},
			[]string{"loadBalancerNamespaces[0]", "nodePortNamespaces[0]", "externalIPNamespaces[0]", "wildcardHostNamespaces[0]"},
		},
		"grants":    {GrantPolicyArgs{Trusted: Principals{Users: []string{"*", " a"}}}, []string{`trusted.users[0] "*"`, `trusted.users[1] " a"`}},
		"ownership": {OwnershipPolicyArgs{Deployers: Principals{Users: []string{`a"]`, "system:anonymous"}}}, []string{`deployers.users[1]`}},
		"defaults": {
			SafeDefaultsArgs{KubernetesVersion: "v1.35.9", ExemptNamespaces: bad},
			[]string{`kubernetesVersion "v1.35.9" has no MutatingAdmissionPolicy`, `exemptNamespaces[0] "Blue"`},
		},
	} {
		err := test.args.Validate()
		for _, want := range test.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v does not say %q", name, err, want)
			}
		}
	}
}

// TestDefaultsAdmitDecentObjects: without any option every expression still compiles, and refuses nothing that is decent.
func TestDefaultsAdmitDecentObjects(t *testing.T) {
	t.Parallel()
	g := newGate(t, map[string]map[string]string{"blue": nil, "kube-system": nil, "owned": nil}, func(ctx *pulumi.Context) error {
		for _, each := range defaultDefinitions() {
			if _, err := register(ctx, "rampart:test:Policy", each.name, each, nil); err != nil {
				return err
			}
		}
		return nil
	})
	for _, kind := range examples.BearingKinds() {
		if err := g.create(examples.Bearer(kind, "blue", examples.DecentPod())); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	for _, file := range []string{"tokens", "podaccess", "exposure", "grants", "ownership"} {
		loaded, err := examples.Load("testdata/" + file + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		requests, err := loaded.Requests()
		if err != nil {
			t.Fatal(err)
		}
		asked := 0
		for _, request := range requests {
			if request.Deny != "" || request.Groups != nil || request.User != examples.Attacker {
				continue
			}
			// What is allowed by an option in the file's own test.
			if strings.Contains(request.Says, "is allowed") {
				continue
			}
			asked++
			if err := g.review(request); err != nil {
				t.Errorf("%s: %s: %v", file, request.Name, err)
			}
		}
		if asked == 0 {
			t.Errorf("%s: nothing asked", file)
		}
	}
}

func defaultDefinitions() []definition {
	return []definition{
		ImagePolicyArgs{AllowedRegistries: []string{"registry.k8s.io"}}.definition(),
		WorkloadPolicyArgs{}.definition(),
		TokenPolicyArgs{}.definition(),
		PodAccessPolicyArgs{}.definition(),
		ExposurePolicyArgs{}.definition(),
		GrantPolicyArgs{}.definition(),
		OwnershipPolicyArgs{}.definition(),
	}
}
