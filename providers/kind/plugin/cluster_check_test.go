package plugin

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

func TestCheckNamesPropertyValueAndRule(t *testing.T) {
	t.Parallel()
	list := func(patches ...string) property.Value {
		values := make([]property.Value, 0, len(patches))
		for _, patch := range patches {
			values = append(values, property.New(patch))
		}
		return property.New(values)
	}
	file := func(name string) property.Value {
		return property.New(map[string]property.Value{name: property.New("")})
	}
	tests := map[string]struct {
		property string
		value    property.Value
		// failing is the property that the failure is reported for, if it is not property.
		failing string
		words   []string
	}{
		"name with capitals":    {property: "name", value: property.New("Blue"), words: []string{`"Blue"`, "lower-case"}},
		"name ends in a dash":   {property: "name", value: property.New("blue-"), words: []string{`"blue-"`}},
		"name too long":         {property: "name", value: property.New(strings.Repeat("b", 51)), words: []string{"51", "50"}},
		"version without v":     {property: "kubernetesVersion", value: property.New("1.37.0"), words: []string{`"1.37.0"`, "v1.37.0"}},
		"version unsupported":   {property: "kubernetesVersion", value: property.New("v1.12.0"), words: []string{`"v1.12.0"`, "v1.37.0"}},
		"image without tag":     {property: "image", value: property.New("localhost:5000/node"), words: []string{"tag nor digest"}},
		"image latest":          {property: "image", value: property.New("kindest/node:latest"), words: []string{"latest"}},
		"image bad digest":      {property: "image", value: property.New("kindest/node@sha256:12"), words: []string{"64"}},
		"relative archive":      {property: "imageArchive", value: property.New("node.tar"), words: []string{`"node.tar"`, "absolute"}},
		"image ID":              {property: "imageId", value: property.New("12"), words: []string{`"12"`, "sha256:"}},
		"unknown engine":        {property: "engine", value: property.New("rkt"), words: []string{`"rkt"`, "docker, podman, nerdctl", "auto"}},
		"too many workers":      {property: "workers", value: property.New(11.0), words: []string{"11", "0 to 10"}},
		"negative workers":      {property: "workers", value: property.New(-1.0), words: []string{"-1"}},
		"privileged port":       {property: "apiServerPort", value: property.New(80.0), words: []string{"80", "1024 to 65535"}},
		"pods not CIDR":         {property: "podSubnet", value: property.New("10.244.0.0"), words: []string{`"10.244.0.0"`, "CIDR"}},
		"pods IPv6":             {property: "podSubnet", value: property.New("fd00::/64"), words: []string{"IPv4"}},
		"pods with host bits":   {property: "podSubnet", value: property.New("10.244.1.0/16"), words: []string{"10.244.0.0/16"}},
		"pods overlap services": {property: "podSubnet", value: property.New("10.96.0.0/12"), words: []string{"10.96.0.0/16", "serviceSubnet"}},
		"pods overlap host":     {property: "podSubnet", value: property.New("192.168.0.0/16"), words: []string{"192.168.1.0/24", "eth0"}},
		"services overlap host": {property: "serviceSubnet", value: property.New("192.168.1.0/25"), words: []string{"eth0"}},
		"relative directory":    {property: "directory", value: property.New("clusters"), words: []string{`"clusters"`, "absolute"}},
		"root directory":        {property: "directory", value: property.New("/"), words: []string{`"/"`}},
		"file leaves directory": {property: "controlPlaneFiles", value: file("../x"), words: []string{`"../x"`}},
		"absolute file":         {property: "controlPlaneFiles", value: file("/etc/x"), words: []string{`"/etc/x"`}},
		"unclean file":          {property: "controlPlaneFiles", value: file("a//b"), words: []string{`"a//b"`}},
		"unit that is none":     {property: "workerUnits", value: file("kubelet.conf"), words: []string{`"kubelet.conf"`, "my.service"}},
		"unit leaves directory": {property: "controlPlaneUnits", value: file("../x.service"), words: []string{`"../x.service"`}},
		"program with a slash": {
			property: "controlPlanePrograms", words: []string{`"a/b"`},
			value: property.New(map[string]property.Value{"a/b": property.New("/srv/b")}),
		},
		"program at a relative path": {
			property: "controlPlanePrograms", words: []string{`"bin/b"`, "absolute"},
			value: property.New(map[string]property.Value{"b": property.New("bin/b")}),
		},
		"patch not YAML": {
			property: "kubeadmConfigPatches", failing: "kubeadmConfigPatches[0]", value: list("\t"), words: []string{"YAML"},
		},
		"patch of unknown kind": {
			property: "kubeadmConfigPatches", failing: "kubeadmConfigPatches[1]",
			value: list("kind: KubeletConfiguration", "kind: Pod"), words: []string{`"Pod"`, "skipped"},
		},
		"patch with version": {
			property: "kubeadmConfigPatches", failing: "kubeadmConfigPatches[0]",
			value: list("kind: InitConfiguration\napiVersion: kubeadm.k8s.io/v1beta3"), words: []string{"v1beta3", "leave it out"},
		},
	}
	server := startPlugin(t, newFakeEngine())
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inputs := testInputs(filepath.Join(t.TempDir(), "blue")).Set(test.property, test.value)
			resp, err := server.Check(p.CheckRequest{Urn: testURN(), Inputs: inputs})
			if err != nil {
				t.Fatal(err)
			}
			failing := test.failing
			if failing == "" {
				failing = test.property
			}
			if len(resp.Failures) != 1 || resp.Failures[0].Property != failing {
				t.Fatalf("failures = %v, want one for %s", resp.Failures, failing)
			}
			for _, word := range test.words {
				if !strings.Contains(resp.Failures[0].Reason, word) {
					t.Errorf("reason %q does not say %q", resp.Failures[0].Reason, word)
				}
			}
		})
	}
}

func TestCheckReportsAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	server := startPlugin(t, newFakeEngine())
	inputs := testInputs(t.TempDir()).
		Set("name", property.New("Blue")).
		Set("image", property.New("node")).
		Set("workers", property.New("two")).
		Set("apiServerPort", property.New(1.0)).
		Delete("directory")
	resp, err := server.Check(p.CheckRequest{Urn: testURN(), Inputs: inputs})
	if err != nil {
		t.Fatal(err)
	}
	var failing []string
	for _, failure := range resp.Failures {
		failing = append(failing, failure.Property)
	}
	slices.Sort(failing)
	want := []string{"apiServerPort", "directory", "image", "name", "workers"}
	if !slices.Equal(failing, want) {
		t.Errorf("failures are reported for %v, want %v: %v", failing, want, resp.Failures)
	}
}

func TestCheckSetsDefaultsAndKeepsExplicitZero(t *testing.T) {
	t.Parallel()
	server := startPlugin(t, newFakeEngine())
	inputs := checked(t, server, testInputs(t.TempDir()))
	if got := inputs.Get("workers").AsNumber(); got != 1 {
		t.Errorf("workers = %v, want 1", got)
	}
	if got := inputs.Get("engine").AsString(); got != "auto" {
		t.Errorf("engine = %q, want auto", got)
	}
	if !inputs.Get("controlPlaneFiles").Secret() {
		t.Error("controlPlaneFiles is not secret")
	}
	inputs = checked(t, server, testInputs(t.TempDir()).Set("workers", property.New(0.0)))
	if got := inputs.Get("workers").AsNumber(); got != 0 {
		t.Errorf("workers = %v, want 0", got)
	}
}

func TestCheckToleratesUnknownInputs(t *testing.T) {
	t.Parallel()
	server := startPlugin(t, newFakeEngine())
	unknown := property.New(property.Computed)
	inputs := testInputs(t.TempDir())
	for _, name := range []string{"name", "image", "podSubnet", "directory", "imageId"} {
		inputs = inputs.Set(name, unknown)
	}
	inputs = inputs.
		Set("controlPlaneFiles", property.New(map[string]property.Value{"encryption.yaml": unknown.WithSecret(true)})).
		Set("kubeadmConfigPatches", property.New([]property.Value{unknown}))
	result := checked(t, server, inputs)
	if !result.Get("controlPlaneFiles").HasComputed() {
		t.Error("an unknown file became known")
	}
	resp, err := server.Create(p.CreateRequest{Urn: testURN(), Properties: result, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	if !resp.Properties.Get("kubeconfig").IsComputed() {
		t.Errorf("kubeconfig in a preview = %v, want unknown", resp.Properties.Get("kubeconfig"))
	}
}

// A laptop that comes into another network must still be able to update its cluster.
func TestCheckAsksTheHostOnlyForANewRange(t *testing.T) {
	t.Parallel()
	server := startPlugin(t, newFakeEngine())
	inputs := testInputs(t.TempDir()).Set("podSubnet", property.New("192.168.0.0/16"))
	resp, err := server.Check(p.CheckRequest{Urn: testURN(), Inputs: inputs, State: inputs})
	if err != nil {
		t.Fatal(err)
	}
	if len(resp.Failures) > 0 {
		t.Errorf("failures = %v, want none", resp.Failures)
	}
	changed := inputs.Set("podSubnet", property.New("192.168.0.0/17"))
	resp, err = server.Check(p.CheckRequest{Urn: testURN(), Inputs: changed, State: inputs})
	if err != nil {
		t.Fatal(err)
	}
	if len(resp.Failures) != 1 {
		t.Errorf("failures = %v, want one for the changed range", resp.Failures)
	}
}
