package stacks

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// recorder stands in for the engine: it remembers what is registered and makes nothing.
type recorder struct {
	mu           sync.Mutex
	types        map[string]string   // by name
	dependencies map[string][]string // URNs, by name
	inputs       map[string]resource.PropertyMap
}

func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.types[args.Name] = args.TypeToken
	r.dependencies[args.Name] = args.RegisterRPC.GetDependencies()
	r.inputs[args.Name] = args.Inputs
	outputs := args.Inputs.Copy()
	switch args.TypeToken {
	case "rampart:kind:EncryptionKey":
		outputs["name"] = resource.NewStringProperty("key1")
		outputs["base64"] = resource.NewStringProperty(base64.StdEncoding.EncodeToString(make([]byte, 32)))
	case "rampart:kind:Cluster":
		outputs["kubeconfig"] = resource.NewStringProperty("the kubeconfig")
		outputs["endpoint"] = resource.NewStringProperty("https://127.0.0.1:6443")
		outputs["clusterId"] = resource.NewStringProperty("id")
		outputs["caCertificate"] = resource.NewStringProperty("pem")
	}
	return args.Name + "-id", outputs, nil
}

// waits says whether a resource depends on another, or on one that does. Pulumi's names are enough for it: two resources of a
// layer that share one are an account and its rights.
func (r *recorder) waits(later, earlier string) bool {
	return slices.ContainsFunc(r.dependencies[later], func(urn string) bool {
		next := urn[strings.LastIndex(urn, "::")+2:]
		return next == earlier || next != later && r.waits(next, earlier)
	})
}

func (r *recorder) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return resource.PropertyMap{}, nil
}

// calicoDefinitions are the resources that the network layer insists on.
var calicoDefinitions = []string{
	"bgpconfigurations", "bgpfilters", "bgppeers", "blockaffinities", "caliconodestatuses", "clusterinformations",
	"felixconfigurations", "globalnetworkpolicies", "globalnetworksets", "hostendpoints", "ipamblocks", "ipamconfigs",
	"ipamhandles", "ippools", "ipreservations", "kubecontrollersconfigurations", "networkpolicies", "networksets",
}

// workingFolder is one that the road has filled.
func workingFolder(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	crds := filepath.Join(home, "crds")
	if err := os.Mkdir(crds, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range calicoDefinitions {
		definition := "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n" +
			"metadata: {name: " + name + ".crd.projectcalico.org}\nspec: {group: crd.projectcalico.org}\n"
		if err := os.WriteFile(filepath.Join(crds, name+".yaml"), []byte(definition), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	images, err := json.Marshal(Images{Road: RoadPublished, KubernetesVersion: "v1.37.0", CalicoCRDs: crds})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ImagesFile), images, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Dir(Approver(home)), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(Approver(home), []byte("program"), 0o600); err != nil {
		t.Fatal(err)
	}
	return home
}

func configure(t *testing.T, home string, values Values) {
	t.Helper()
	text, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(pulumi.EnvConfig, string(text))
	t.Setenv(HomeVariable, home)
	t.Setenv(FileVariable, "")
	t.Setenv(pulumi.EnvConfigSecretKeys, "")
}

func runProgram(record *recorder) error {
	return pulumi.RunErr(Program(nil), pulumi.WithMocks(Project, "kind", record))
}

func newRecorder() *recorder {
	return &recorder{
		types: map[string]string{}, dependencies: map[string][]string{}, inputs: map[string]resource.PropertyMap{},
	}
}

// TestProgramOrdersItsLayers looks at what the recipe is about: which layer waits for which.
//
//nolint:paralleltest // the program reads the environment
func TestProgramOrdersItsLayers(t *testing.T) {
	configure(t, workingFolder(t), Values{"rampart:tenants": `[{"name":"blue","apiServer":true},{"name":"green"}]`})
	record := newRecorder()
	if err := runProgram(record); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"rampart":                                 "rampart:kind:HardenedCluster",
		"rampart-cluster":                         "rampart:kind:Cluster",
		"rampart-calico":                          "rampart:network:Calico",
		"rampart-images":                          "rampart:admission:ImagePolicy",
		"rampart-isolation":                       "rampart:isolation:ClusterIsolation",
		"rampart-isolation-border-blue":           "kubernetes:crd.projectcalico.org/v1:GlobalNetworkPolicy",
		"rampart-blue-isolation-allow-api-server": "kubernetes:crd.projectcalico.org/v1:NetworkPolicy",
		"rampart-blue":                            "rampart:tenant:Tenant",
		"rampart-green":                           "rampart:tenant:Tenant",
		"rampart-grants":                          "rampart:admission:GrantPolicy",
	} {
		if got := record.types[name]; got != want {
			t.Errorf("%s is a %q, want %q", name, got, want)
		}
	}
	// Nobody moves in before the walls stand, and they stand after what they would break. Each layer comes after all of the
	// layer before it, and so after all layers.
	network := []string{"rampart-calico-node", "rampart-calico-kube-controllers", "rampart-calico-dns-ready"}
	nodes := []string{"rampart-nodes-ready"}
	var policies, bindings, walls, grants, inBlue []string
	for name, token := range record.types {
		switch {
		case strings.HasSuffix(token, "AdmissionPolicy"):
			policies = append(policies, name)
		case strings.HasSuffix(token, "AdmissionPolicyBinding"):
			bindings = append(bindings, name)
		case strings.HasPrefix(name, "rampart-isolation-") && !strings.Contains(name, "-border-"):
			walls = append(walls, name)
		case strings.HasPrefix(name, "rampart-access-"):
			grants = append(grants, name)
		case strings.HasPrefix(name, "rampart-blue-") && name != "rampart-blue-namespace" && strings.HasPrefix(token, "kubernetes:"):
			inBlue = append(inBlue, name)
		}
	}
	for _, layer := range []struct {
		later, earlier   []string
		laters, earliers int
	}{
		{network, []string{"rampart-cluster"}, 3, 1},
		{nodes, network, 1, 3},
		{policies, nodes, 8, 1},
		{grants, slices.Concat(policies, bindings), 6, 16},
		{walls, slices.Concat(policies, bindings), 3, 16},
		{[]string{"rampart-isolation-border-blue"}, walls, 1, 3},
		{[]string{"rampart-blue-namespace"}, []string{"rampart-isolation-border-blue"}, 1, 1},
		{inBlue, []string{"rampart-blue-namespace"}, 14, 1},
	} {
		if len(layer.later) != layer.laters || len(layer.earlier) != layer.earliers {
			t.Errorf("%q after %q: want %d after %d", layer.later, layer.earlier, layer.laters, layer.earliers)
		}
		for _, later := range layer.later {
			for _, earlier := range layer.earlier {
				if !record.waits(later, earlier) {
					t.Errorf("%s does not wait for %s", later, earlier)
				}
			}
		}
	}
}

// TestATenantCostsTheSameAmongMany: whatever a resource names is in the state, which the engine writes as a whole at every step.
// No resource may name more because there are other tenants.
//
//nolint:paralleltest // the program reads the environment
func TestATenantCostsTheSameAmongMany(t *testing.T) {
	home := workingFolder(t)
	alone, among := newRecorder(), newRecorder()
	configure(t, home, Values{"rampart:tenants": `[{"name":"green"}]`})
	if err := runProgram(alone); err != nil {
		t.Fatal(err)
	}
	configure(t, home, Values{"rampart:tenants": `[{"name":"blue"},{"name":"green"},{"name":"red"}]`})
	if err := runProgram(among); err != nil {
		t.Fatal(err)
	}
	for name, before := range alone.dependencies {
		if after := among.dependencies[name]; len(after) != len(before) {
			t.Errorf("%s names %q among many, and %q alone", name, after, before)
		}
	}
}

// TestTenantsAreHeldBack leaves tenants out as if they were not made yet, which is not as if they were not in the file.
func TestTenantsAreHeldBack(t *testing.T) {
	configure(t, workingFolder(t), Values{
		"rampart:tenants": `[{"name":"blue","allowTo":[{"tenant":"red","port":8080}]},{"name":"green"},{"name":"red"}]`,
	})
	t.Setenv(HeldTenantsVariable, "red,green")
	record := newRecorder()
	if err := runProgram(record); err != nil {
		t.Fatal(err)
	}
	for name := range record.types {
		if strings.Contains(name, "-green") || strings.Contains(name, "-red") && !strings.HasSuffix(name, "-allow-to-red-tcp-8080") {
			t.Errorf("made %s", name)
		}
	}
	if record.types["rampart-blue-namespace"] == "" || record.types["rampart-isolation-border-blue"] == "" {
		t.Error("control: blue is not made")
	}
}

// TestProgramKeepsSecrets hands a secret over as the engine does, decrypted, beside the names of the settings that hold one.
func TestProgramKeepsSecrets(t *testing.T) {
	configure(t, workingFolder(t), Values{
		"rampart:tenants": `[{"name":"blue","secrets":{"database":{"password":"hunter2"}}}]`,
	})
	if err := runProgram(newRecorder()); err == nil || !strings.Contains(err.Error(), "plain text") ||
		strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a secret in plain text: got %v", err)
	}
	t.Setenv(pulumi.EnvConfigSecretKeys, `["rampart:tenants"]`)
	record := newRecorder()
	if err := runProgram(record); err != nil {
		t.Fatal(err)
	}
	secret := record.inputs["rampart-blue-secret-database"]
	if secret == nil || !secret["data"].ContainsSecrets() {
		t.Errorf("the Secret is %v", secret)
	}
	const encoded = "aHVudGVyMg=="
	for name, inputs := range record.inputs {
		text := fmt.Sprint(inputs)
		if strings.Contains(text, "hunter2") || strings.Contains(text, encoded) && !inputs.ContainsSecrets() {
			t.Errorf("%s shows the secret: %s", name, text)
		}
	}
}

//nolint:paralleltest // the program reads the environment
func TestProgramRefusesBeforeItMakesAnything(t *testing.T) {
	stale := filepath.Join(t.TempDir(), FileName("kind"))
	if err := os.WriteFile(stale, []byte("config:\n  rampart:cluster:\n    workers: 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		home   string
		values Values
		file   string
		want   []string
	}{
		"every fault": {
			workingFolder(t), Values{"rampart:provider": "x", "rampart:cluster": `{"workers":-1}`}, "",
			[]string{`rampart:provider "x"`, "rampart:cluster.workers -1"},
		},
		"no road":       {t.TempDir(), nil, "", []string{"make tools"}},
		"an older copy": {workingFolder(t), Values{}, stale, []string{"rampart env"}},
	} {
		configure(t, test.home, test.values)
		t.Setenv(FileVariable, test.file)
		record := newRecorder()
		err := runProgram(record)
		for _, want := range test.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want an error with %q", name, err, want)
			}
		}
		// The stack itself is not a thing.
		maps.DeleteFunc(record.types, func(_, token string) bool { return token == "pulumi:pulumi:Stack" })
		if len(record.types) > 0 {
			t.Errorf("%s: made %v", name, record.types)
		}
	}
}
