package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/tests/framework"
)

// answerDeadline: a slip of the pen costs seconds. It is long only because machines can be slow.
const answerDeadline = time.Minute

// row is one fault and what the message must say: the field, the value and the rule.
type row struct {
	says   string
	change func(config map[string]any)
	want   []string
}

func set(section, field string, value any) func(map[string]any) {
	return func(config map[string]any) { config[section].(map[string]any)[field] = value }
}

func tenants(names ...string) func(map[string]any) {
	return func(config map[string]any) {
		list := make([]map[string]any, 0, len(names))
		for _, name := range names {
			list = append(list, map[string]any{"name": name})
		}
		config["rampart:tenants"] = list
	}
}

// tenant is one tenant with fields and values in turn.
func tenant(fields ...any) func(map[string]any) {
	one := map[string]any{"name": "blue"}
	for i := 0; i < len(fields); i += 2 {
		one[fields[i].(string)] = fields[i+1]
	}
	return top("rampart:tenants", []any{one})
}

// waiver is one waiver with fields and values in turn.
func waiver(fields ...string) func(map[string]any) {
	one := map[string]any{}
	for i := 0; i < len(fields); i += 2 {
		one[fields[i]] = fields[i+1]
	}
	return top("rampart:baseline", map[string]any{"waivers": []any{one}})
}

func top(key string, value any) func(map[string]any) {
	return func(config map[string]any) { config[key] = value }
}

func rows() []row {
	const cluster, admission = "rampart:cluster", "rampart:admission"
	return []row{
		{"unknown provider", top("rampart:provider", "minikube"), []string{"rampart:provider", `"minikube"`, "use one of kind"}},
		{"text for a number", set(cluster, "workers", "two"), []string{"rampart:cluster.workers", `"two"`, "whole number"}},
		{"number for text", set(cluster, "name", 7), []string{"rampart:cluster.name", "7", "must be text"}},
		{"list for a mapping", top(cluster, []string{"a"}), []string{"rampart:cluster", "mapping"}},
		{"mapping for a list", top("rampart:tenants", map[string]any{"name": "blue"}), []string{"rampart:tenants", "must be a list"}},
		{"misspelt setting", set(cluster, "kubernetsVersion", "v1.37.0"), []string{"rampart:cluster.kubernetsVersion", "did you mean kubernetesVersion"}},
		{"misspelt section", top("rampart:tenant", []any{}), []string{"rampart:tenant", "did you mean rampart:tenants"}},
		{"misspelt project", top("rampatr:provider", "kind"), []string{"rampatr:provider", "did you mean rampart:provider"}},
		{"pod range on the service range", set(cluster, "podCIDR", "10.116.0.0/16"), []string{"rampart:cluster.podCIDR", `"10.116.0.0/16"`, "overlaps", "serviceCIDR"}},
		{"pod range on the host's", set(cluster, "podCIDR", "127.0.0.0/16"), []string{"rampart:cluster.podCIDR", `"127.0.0.0/16"`, "overlaps", "this machine's interface lo"}},
		{"pod range that is no range", set(cluster, "podCIDR", "10.216.0.0"), []string{"rampart:cluster.podCIDR", `"10.216.0.0"`, "CIDR"}},
		{"unsupported Kubernetes", set(cluster, "kubernetesVersion", "v1.20.0"), []string{"rampart:cluster.kubernetesVersion", `"v1.20.0"`, "not supported", "v1.37.0"}},
		{"image without tag or digest", set(cluster, "image", "registry.example/node"), []string{"rampart:cluster.image", `"registry.example/node"`, "neither a tag nor a digest"}},
		{"registries empty", set(admission, "allowedRegistries", []string{}), []string{"rampart:admission.allowedRegistries", "[]", "empty"}},
		{"registry empty", set(admission, "allowedRegistries", []string{""}), []string{"rampart:admission.allowedRegistries[0]", `""`, "empty"}},
		{"registry a wildcard", set(admission, "allowedRegistries", []string{"registry.k8s.io", "*"}), []string{"rampart:admission.allowedRegistries[1]", `"*"`, "wildcard"}},
		{"registry with a wildcard", set(admission, "allowedRegistries", []string{"*.k8s.io"}), []string{"rampart:admission.allowedRegistries[0]", `"*.k8s.io"`, "wildcard"}},
		{"cluster name with capitals", set(cluster, "name", "Rampart_1"), []string{"rampart:cluster.name", `"Rampart_1"`, "lower-case"}},
		{"duplicate tenants", tenants("blue", "green", "blue"), []string{"rampart:tenants[2].name", `"blue"`, "rampart:tenants[0]"}},
		{"namespace name with capitals", tenants("Blue"), []string{"rampart:tenants[0].name", `"Blue"`, "lower-case"}},
		{"namespace name too long", tenants(strings.Repeat("b", 64)), []string{"rampart:tenants[0].name", strings.Repeat("b", 64), "63"}},
		{"namespace of Kubernetes", tenants("kube-system"), []string{"rampart:tenants[0].name", `"kube-system"`, "Kubernetes itself"}},
		{"privileged tenant", tenant("podSecurity", "privileged"), []string{"rampart:tenants[0].podSecurity", `"privileged"`, "no tenant has it"}},
		{"tenant at baseline without a waiver", tenant("podSecurity", "baseline"), []string{"rampart:tenants[0].podSecurity", `"baseline"`, "waive RMP-ADM-002"}},
		{"quota that is no quantity", tenant("quota", map[string]any{"memory": "4GB"}), []string{"rampart:tenants[0].quota.memory", `"4GB"`, "4Gi"}},
		{"quota below a container's most", tenant("quota", map[string]any{"cpu": "1"}, "limits", map[string]any{"max": map[string]any{"cpu": "2"}}), []string{"rampart:tenants[0].quota.cpu", `"1"`, "limits.max.cpu"}},
		{"role with a wildcard", tenant("rules", []any{map[string]any{"group": "*", "resources": []string{"*"}, "verbs": []string{"*"}}}), []string{"rampart:tenants[0].rules[0].group", "rules[0].resources[0]", "rules[0].verbs[0]", "wildcard"}},
		{"role that gives rights", tenant("rules", []any{map[string]any{"group": "rbac.authorization.k8s.io", "resources": []string{"roles"}, "verbs": []string{"escalate"}}}), []string{"rampart:tenants[0].rules[0].group", "rules[0].verbs[0]", `"escalate"`}},
		{"everybody a developer", tenant("developers", map[string]any{"groups": []string{"system:authenticated"}}), []string{"rampart:tenants[0].developers.groups[0]", `"system:authenticated"`, "Kubernetes' own"}},
		{"secret in plain text", tenant("secrets", map[string]any{"db": map[string]any{"password": "hunter2"}}), []string{"rampart:tenants[0].secrets.db.password", "plain text", "encrypt"}},
		{"grant that is over", top("rampart:access", map[string]any{"breakGlass": map[string]any{"expires": "2020-01-01T00:00:00Z"}}), []string{"rampart:access.breakGlass.reason", "breakGlass.owner", "breakGlass.expires", `"2020-01-01T00:00:00Z"`, "is over"}},
		{"unknown level", top("rampart:baseline", map[string]any{"level": "strict"}), []string{"rampart:baseline.level", `"strict"`, "restricted, baseline"}},
		{"unknown baseline", top("rampart:baseline", map[string]any{"version": "2020.01"}), []string{"rampart:baseline.version", `"2020.01"`, "2026.11"}},
		{"waiver that says nothing", waiver(), []string{"waivers[0].control", "waivers[0].scope", "waivers[0].reason", "waivers[0].owner", "waivers[0].expires"}},
		{"waiver past its date", waiver("control", "RMP-IMG-001", "scope", "cluster", "reason", "r", "owner", "o", "expires", "2026-01-31"), []string{"rampart:baseline.waivers[0].expires", `"2026-01-31"`, "is past", "remove the waiver"}},
		{"rule that names a missing tenant", tenant("allowFrom", []any{map[string]any{"tenant": "red", "port": 80}}), []string{"rampart:tenants[0].allowFrom[0].tenant", `"red"`, "is not a tenant", "use one of blue"}},
		{"way out to anywhere", tenant("allowEgress", []any{map[string]any{"cidr": "0.0.0.0/0", "port": 443}}), []string{"rampart:tenants[0].allowEgress[0].cidr", `"0.0.0.0/0"`, "waiver of RMP-NET-010"}},
		{"way to the metadata address, at no port", tenant("allowEgress", []any{map[string]any{"cidr": "169.254.0.0/16"}}), []string{"rampart:tenants[0].allowEgress[0].cidr", `"169.254.0.0/16"`, "credentials", "rampart:tenants[0].allowEgress[0].port 0"}},
		{"way to a name", tenant("allowEgress", []any{map[string]any{"cidr": "api.example.com", "port": 443}}), []string{"rampart:tenants[0].allowEgress[0].cidr", `"api.example.com"`, "is a name", "give a CIDR"}},
		{"kube-system cut off", top("rampart:isolation", map[string]any{"exemptNamespaces": []string{"default"}}), []string{"rampart:isolation.exemptNamespaces", `["default"]`, "lacks kube-system", "add it"}},
		{"TLS floor too low", set(cluster, "tlsMinVersion", "1.1"), []string{"rampart:cluster.tlsMinVersion", `"1.1"`, `"1.3"`}},
		{"unknown engine", set(cluster, "engine", "rkt"), []string{"rampart:cluster.engine", `"rkt"`, "podman"}},
		{"three faults", func(config map[string]any) {
			tenants("Blue")(config)
			set(cluster, "workers", -1)(config)
			set(cluster, "podCIDR", "nonsense")(config)
		}, []string{"rampart:tenants[0].name", "rampart:cluster.workers", "rampart:cluster.podCIDR"}},
	}
}

// TestBadConfigurationIsRefusedBeforeAnythingIsMade gives each fault to up and to preview. The message is one for all
// faults, on standard error; the exit status is 1; and the machine is as it was.
//
//nolint:paralleltest // the rows all write the same configuration file
func TestBadConfigurationIsRefusedBeforeAnythingIsMade(t *testing.T) {
	t.Parallel()
	product := install(t)
	before, err := product.Census(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows() {
		t.Run(row.says, func(t *testing.T) {
			isRefused(t, product, row)
		})
	}
	t.Run("no YAML", func(t *testing.T) {
		if err := os.WriteFile(product.ConfigFile, []byte("config: [\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		mustRefuse(t, product, []string{product.ConfigFile}, product.StackArgs("up")...)
	})
	t.Run("unknown stack", func(t *testing.T) { //nolint:paralleltest // the census comes after it
		mustRefuse(t, product, []string{`"nosuch"`, "kind"}, "up", "--stack", "nosuch")
	})
	if err := product.Configure(product.Config()); err != nil {
		t.Fatal(err)
	}
	for says, row := range map[string]struct{ args, want []string }{
		"unknown persona":    {[]string{"--as", "root"}, []string{`"root"`, "viewer, operator, auditor, break-glass"}},
		"too long":           {[]string{"--as", "viewer", "--for", "24h"}, []string{"--for 24h0m0s", "8h0m0s"}},
		"unknown tenant":     {[]string{"--as", "viewer", "--tenant", "red"}, []string{`"red"`, "blue, green"}},
		"nobody broke glass": {[]string{"--as", "break-glass"}, []string{"rampart:access.breakGlass"}},
		"no cluster":         {[]string{"--as", "viewer"}, []string{"no cluster", "make up"}},
		"as whom":            {[]string{"--tenant", "blue"}, []string{"--as"}},
	} {
		t.Run("kubeconfig: "+says, func(t *testing.T) { //nolint:paralleltest // the census comes after it
			mustRefuse(t, product, row.want,
				product.StackArgs("kubeconfig", row.args...)...)
		})
	}
	for says, row := range map[string]struct{ args, want []string }{
		"no cluster":     {nil, []string{"stack eks-prod has no cluster", "make up"}},
		"no certificate": {[]string{"--as", "viewer"}, []string{"--as viewer", "nobody gets a certificate", "docs/access.md"}},
	} {
		t.Run("kubeconfig in a cloud: "+says, func(t *testing.T) { //nolint:paralleltest // the census comes after it
			mustRefuse(t, product, row.want, append([]string{"kubeconfig", "--stack", "eks-prod"}, row.args...)...)
		})
	}
	t.Run("unknown command", func(t *testing.T) { //nolint:paralleltest // the census comes after it
		mustRefuse(t, product, []string{`"upp"`}, "upp")
	})

	madeNothing(t, product, before)
	wroteNothing(t, product)
}

// isRefused gives a fault to up and to preview, and wants both to refuse it and to write nothing.
func isRefused(t *testing.T, product *framework.Product, row row) {
	t.Helper()
	config := product.Config()
	row.change(config)
	if err := product.Configure(config); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"up", "preview"} {
		mustRefuse(t, product, row.want, product.StackArgs(command)...)
	}
	wroteNothing(t, product)
}

func wroteNothing(t *testing.T, product *framework.Product) {
	t.Helper()
	if entries, err := os.ReadDir(product.Home()); err != nil || len(entries) > 0 {
		t.Errorf("refused, but wrote into %s: %v %v", product.Home(), entries, err)
	}
}

// madeNothing wants the machine to be as it was. Other tests on it have containers of a moment, which nothing shows to be theirs: what
// is still there after a while is left.
func madeNothing(t *testing.T, product *framework.Product, before framework.Census) {
	t.Helper()
	framework.Eventually(t, "a machine as it was", time.Minute, func(ctx context.Context) error {
		made, err := product.Left(ctx, before)
		if err == nil && len(made) > 0 {
			err = fmt.Errorf("refused, but made:\n%s", made)
		}
		return err
	})
}

func install(t *testing.T) *framework.Product {
	t.Helper()
	product := framework.MustInstall(t, framework.Settings{
		Prefix: "e2e-refused", PodCIDR: "10.216.0.0/16", ServiceCIDR: "10.116.0.0/16",
	})
	var err error
	// The table prints a message per row where it fails; all of them would be noise.
	product.Progress, err = os.OpenFile(filepath.Join(product.Dir, "progress.log"), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return product
}

func mustRefuse(t *testing.T, product *framework.Product, want []string, args ...string) {
	t.Helper()
	run, err := product.Start(args...)
	if err != nil {
		t.Fatal(err)
	}
	result, err := framework.WaitAtMost(t.Context(), run, answerDeadline)
	if err != nil {
		t.Fatal(err)
	}
	if result.ExitCode != 1 {
		t.Errorf("exit status %d, want 1", result.ExitCode)
	}
	for _, part := range want {
		if !strings.Contains(result.Stderr, part) {
			t.Errorf("the message does not say %s", part)
		}
	}
	if strings.Contains(result.Output(), "hunter2") {
		t.Error("the message shows a secret")
	}
	if t.Failed() {
		t.Log(result)
	}
}
