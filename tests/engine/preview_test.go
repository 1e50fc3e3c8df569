package engine

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/tests/framework"
)

var update = flag.Bool("update", false, "write the planned resources to testdata instead of comparing them")

// goldenPlan holds, line by line, all that the kind stack makes: type and name.
const goldenPlan = "testdata/plan.txt"

// previewDeadline is for a machine with cold caches, on which the tools are built or pulled first.
const previewDeadline = 45 * time.Minute

// step is one line of the engine's plan.
type step struct {
	Op, URN  string
	NewState struct {
		Type         string
		Inputs       json.RawMessage
		Dependencies []string
	}
}

// TestPlanOfANewStack previews a stack of which nothing exists, twice.
func TestPlanOfANewStack(t *testing.T) {
	t.Parallel()
	product := install(t)
	first, text := plan(t, product)
	second, _ := plan(t, product)

	t.Run("writes no log", func(t *testing.T) { writesNoLog(t, product) }) //nolint:paralleltest // it is the engine's home
	t.Run("is complete", func(t *testing.T) { t.Parallel(); isComplete(t, product, first) })
	t.Run("is the same every time", func(t *testing.T) { t.Parallel(); isTheSame(t, first, second) })
	t.Run("shows no secret", func(t *testing.T) { t.Parallel(); showsNoSecret(t, text) })
}

func install(t *testing.T) *framework.Product {
	t.Helper()
	product := framework.MustInstall(t, framework.Settings{
		Prefix: "e2e-plan", PodCIDR: "10.217.0.0/16", ServiceCIDR: "10.117.0.0/16",
	})
	before, err := product.Census(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := product.GiveSecret(t.Context()); err != nil {
		t.Fatal(err)
	}
	run, err := product.Start(product.StackArgs("preview")...)
	if err != nil {
		t.Fatal(err)
	}
	if result, err := framework.WaitAtMost(t.Context(), run, previewDeadline); err != nil || result.ExitCode != 0 {
		t.Fatalf("%v %v", err, result)
	}
	made, err := product.Left(t.Context(), before)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range made {
		if !strings.HasPrefix(line, "file ") { // the stack itself, with nothing in it
			t.Errorf("a preview made %s", line)
		}
	}
	return product
}

func plan(t *testing.T, product *framework.Product) ([]step, string) {
	t.Helper()
	text, err := product.Pulumi(t.Context(), "preview", "--stack", product.Stack, "--json")
	if err != nil {
		t.Fatal(err)
	}
	var preview struct{ Steps []step }
	if err := json.Unmarshal([]byte(text), &preview); err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	// The engine registers what does not depend on each other in any order.
	slices.SortFunc(preview.Steps, func(a, b step) int { return strings.Compare(a.URN, b.URN) })
	return preview.Steps, text
}

func isComplete(t *testing.T, product *framework.Product, steps []step) {
	t.Helper()
	lines := make([]string, 0, len(steps))
	for _, step := range steps {
		if step.Op != "create" {
			t.Errorf("%s: %s, want create", step.URN, step.Op)
		}
		name := step.URN[strings.LastIndex(step.URN, "::")+2:]
		lines = append(lines, step.NewState.Type+" "+strings.ReplaceAll(name, product.Cluster, "<cluster>"))
	}
	slices.Sort(lines)
	got := strings.Join(lines, "\n") + "\n"
	if *update {
		if err := os.WriteFile(goldenPlan, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenPlan)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the plan is not that of %s:\n%s", goldenPlan, got)
	}
}

// isTheSame: a plan that differs from run to run would show changes where there are none.
func isTheSame(t *testing.T, first, second []step) {
	t.Helper()
	if len(first) != len(second) {
		t.Fatalf("%d steps and then %d", len(first), len(second))
	}
	for i := range first {
		if first[i].URN != second[i].URN || string(first[i].NewState.Inputs) != string(second[i].NewState.Inputs) {
			t.Errorf("%s differs:\n%s\n%s", first[i].URN, first[i].NewState.Inputs, second[i].NewState.Inputs)
		}
		// Another dependency is a change of the state, which is written anew for each.
		before, after := slices.Sorted(slices.Values(first[i].NewState.Dependencies)), slices.Sorted(slices.Values(second[i].NewState.Dependencies))
		if !slices.Equal(before, after) {
			t.Errorf("%s depends on\n%q\nand then on\n%q", first[i].URN, before, after)
		}
	}
}

// showsNoSecret: the files of the control plane hold the encryption key, and the first tenant has a secret of its own.
func showsNoSecret(t *testing.T, text string) {
	t.Helper()
	for _, content := range []string{
		"EncryptionConfiguration", "client-key-data", framework.TenantSecretValue,
		base64.StdEncoding.EncodeToString([]byte(framework.TenantSecretValue)),
	} {
		if strings.Contains(text, content) {
			t.Errorf("the plan shows %q", content)
		}
	}
	if !strings.Contains(text, "KubeletConfiguration") {
		t.Error("control: the plan does not show what is no secret either")
	}
}
