package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rampart-iac/rampart/stacks"
)

// summaryLine is one label with its lines.
type summaryLine struct {
	label string
	lines []string
}

// writeSummary writes a stack's outputs as a short table: what stands, what is enforced, what to do next, with the kubectl that
// there is.
func writeSummary(out io.Writer, stack, kubectl string, outputs map[string]any) {
	text := func(name string) string {
		value, _ := outputs[name].(string)
		return value
	}
	kubeconfig := `export KUBECONFIG="` + text(stacks.OutputKubeconfigPath) + `"`
	if text(stacks.OutputKubeconfigPath) == "" {
		kubeconfig = `pulumi stack output ` + stacks.OutputKubeconfig + ` --show-secrets`
	}
	next := []string{
		kubeconfig, kubectl + " get pods --all-namespaces", "make verify" + stackArgument(stack), "make destroy" + stackArgument(stack),
	}
	table := []summaryLine{
		{"Cluster", []string{fmt.Sprintf("%s (%s, Kubernetes %s)", text(stacks.OutputCluster),
			text(stacks.OutputProvider), text(stacks.OutputKubernetesVersion))}},
		{"Endpoint", []string{text(stacks.OutputEndpoint)}},
		{"Enforced", listOf(outputs[stacks.OutputEnforced])},
		{"Waived", waivedIn(outputs[stacks.OutputBaseline])},
		{"Tenants", []string{strings.Join(keysOf(outputs[stacks.OutputTenants]), ", ")}},
		{"Kubeconfig", []string{text(stacks.OutputKubeconfigPath)}},
		{"Next", next},
	}
	const width = 12
	for _, row := range table {
		label := row.label
		for _, line := range row.lines {
			if line == "" {
				continue
			}
			fmt.Fprintf(out, "%-*s%s\n", width, label, line)
			label = ""
		}
	}
}

// stackArgument is what make has to be told of a stack that is not the default one.
func stackArgument(stack string) string {
	if stack == "kind" {
		return ""
	}
	return " STACK=" + stack
}

func listOf(value any) []string {
	elements, _ := value.([]any)
	var lines []string
	for _, element := range elements {
		lines = append(lines, fmt.Sprint(element))
	}
	return lines
}

// waivedIn says which controls the stack goes without, in a line each.
func waivedIn(value any) []string {
	baseline, _ := value.(map[string]any)
	waivers, _ := baseline["waivers"].([]any)
	var lines []string
	for _, each := range waivers {
		waiver, _ := each.(map[string]any)
		lines = append(lines, fmt.Sprintf("%v in %v until %v, by %v: %v",
			waiver["control"], waiver["scope"], waiver["expires"], waiver["owner"], waiver["reason"]))
	}
	return lines
}

func keysOf(value any) []string {
	object, _ := value.(map[string]any)
	var keys []string
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
