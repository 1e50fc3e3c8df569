package admission

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/components/internal/enginetest"
)

func TestAllowedRegistries(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		registry, fault string
	}{
		{registry: "registry.k8s.io"},
		{registry: "docker.io"},
		{registry: "localhost"},
		{registry: "localhost:5000"},
		{registry: "mirror:5000"},
		{registry: "10.0.0.1:5000/mirror"},
		{registry: "ghcr.io/acme/team"},
		{registry: "", fault: "is empty"},
		{registry: "*", fault: "wildcard"},
		{registry: "*.k8s.io", fault: "wildcard"},
		{registry: "registry.k8s.io/*", fault: "wildcard"},
		{registry: "acme", fault: "a dot, a port or the name localhost"},
		{registry: "acme/app", fault: "a dot, a port or the name localhost"},
		{registry: "Registry.k8s.io", fault: "lower case"},
		{registry: "https://registry.k8s.io", fault: "no scheme"},
		{registry: "registry.k8s.io/", fault: "no slash at the end"},
		{registry: "registry.k8s.io/pause:3.10", fault: "no tag"},
		{registry: "registry.k8s.io:port", fault: "lower case"},
		{registry: `registry.k8s.io"]`, fault: "lower case"},
		{registry: "registry.k8s.io ", fault: "lower case"},
	} {
		t.Run(test.registry, func(t *testing.T) {
			t.Parallel()
			err := ImagePolicyArgs{AllowedRegistries: []string{test.registry}}.Validate()
			switch {
			case test.fault == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault)):
				t.Errorf("got %v, want a fault that says %q", err, test.fault)
			}
		})
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	recorder, err := enginetest.Run(func(ctx *pulumi.Context) error {
		_, err := NewImagePolicy(ctx, "images", &ImagePolicyArgs{
			AllowedRegistries: []string{"", "*", "quay.io", "quay.io"},
			ExemptNamespaces:  []string{"Blue"},
		})
		return err
	})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		"allowedRegistries[0] is empty", `allowedRegistries[1] "*"`, `allowedRegistries[3] "quay.io" is named twice`,
		`exemptNamespaces[0] "Blue"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if made := recorder.Summary(); len(made) > 0 {
		t.Errorf("made %v", made)
	}
	if err := (ImagePolicyArgs{}).Validate(); err == nil || !strings.Contains(err.Error(), "allowedRegistries is empty") {
		t.Errorf("no registries: %v", err)
	}
}

func TestOrderOfListsIsNoDifference(t *testing.T) {
	t.Parallel()
	var rendered []string
	for _, registries := range [][]string{{"quay.io", "docker.io"}, {"docker.io", "quay.io"}} {
		args := ImagePolicyArgs{AllowedRegistries: registries}.withDefaults()
		rendered = append(rendered, celList(args.AllowedRegistries))
	}
	if rendered[0] != rendered[1] {
		t.Errorf("%s and %s", rendered[0], rendered[1])
	}
}
