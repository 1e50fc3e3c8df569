package stacks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
)

// aWaiver is a good one of a control that holds on kind, on the day of testHost.
const aWaiver = `{"control":"RMP-IMG-001","scope":"cluster","reason":"a test","owner":"us","expires":"2026-12-31"}`

func TestLoadReportsBadBaselines(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		section string
		want    []string // every line of the error
	}{
		"version that YAML takes for a number": {
			`{"version":2026.11}`,
			[]string{`rampart:baseline.version 2026.11: is a number, must be text: put it in quotes`},
		},
		"level and version that there are none of": {
			`{"level":"strict","version":"2020.01","waivers":[` + aWaiver + `]}`,
			[]string{
				`rampart:baseline.level "strict": is not a level of the baseline: use one of restricted, baseline`,
				`rampart:baseline.version "2020.01": is not a version of the baseline: use one of 2026.11`,
			},
		},
		"misspelt part of a waiver": {
			`{"waivers":[{"controll":"RMP-IMG-001"}]}`,
			[]string{
				`rampart:baseline.waivers[0].controll: is not a known setting: did you mean control?`,
				`rampart:baseline.waivers[0].control "": is not a control: use an ID of docs/reference/controls.md`,
				`rampart:baseline.waivers[0].scope "": is not a part of a cluster: use cluster, tenant/<name> or namespace/<name>`,
				`rampart:baseline.waivers[0].reason "": is empty: a waiver without a reason is a hole: ` +
					`say in a sentence why the control cannot hold`,
				`rampart:baseline.waivers[0].owner "": is empty: somebody has to answer for a waiver: name a person or a team`,
				`rampart:baseline.waivers[0].expires "": is not a day: write the last day of the waiver, as 2027-01-31`,
			},
		},
		"waiver that ended yesterday": {
			`{"waivers":[` + strings.Replace(aWaiver, "2026-12-31", "2026-11-24", 1) + `]}`,
			[]string{`rampart:baseline.waivers[0].expires "2026-11-24": is past: the waiver is over: ` +
				`remove the waiver and what needs it, or decide again and give it a new day`},
		},
		"waiver for a tenant that there is none of": {
			`{"waivers":[` + strings.Replace(aWaiver, "cluster", "tenant/red", 1) + `]}`,
			[]string{`rampart:baseline.waivers[0].scope "tenant/red": names a tenant that this stack does not have: ` +
				`use one of rampart:tenants, or remove the waiver`},
		},
		"control that only the other level has": {
			`{"level":"baseline","waivers":[` + strings.Replace(aWaiver, "RMP-IMG-001", "RMP-ADM-002", 1) + `]}`,
			[]string{`rampart:baseline.waivers[0].control "RMP-ADM-002": is not part of level baseline: remove the waiver`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Load(Values{"rampart:baseline": test.section, "rampart:tenants": `[{"name":"blue"}]`}, testHost())
			if err == nil {
				t.Fatal("accepted")
			}
			if got, want := err.Error(), strings.Join(test.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestTheExampleOfAWaiverIsAGoodOne takes the marks of a comment from the one in the default stack file.
func TestTheExampleOfAWaiverIsAGoodOne(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(FileName("kind"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("waivers: []", "waivers:", "\n    #  - ", "\n      - ", "\n    #    ", "\n        ").Replace(string(content))
	path := filepath.Join(t.TempDir(), FileName("example"))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	values, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	config, err := Load(values, testHost())
	if err != nil {
		t.Fatal(err)
	}
	if len(config.Baseline.Waivers) != 1 {
		t.Errorf("waivers: %v", config.Baseline.Waivers)
	}
}

// TestAnUnknownProviderIsReportedOnce although the baseline does not know it either.
// TestAStackThatStandsIsReadWithWhatHasEnded: what was let go stays as it was made, and what is asked of it is all there is.
func TestAStackThatStandsIsReadWithWhatHasEnded(t *testing.T) {
	t.Parallel()
	const waiver = `{"control":"RMP-ADM-002","scope":"tenant/blue","reason":"a test","owner":"us","expires":"2026-11-24"}`
	values := Values{
		"rampart:baseline": `{"waivers":[` + waiver + `]}`,
		"rampart:tenants":  `[{"name":"blue","podSecurity":"baseline"}]`,
		"rampart:access":   `{"breakGlass":{"reason":"r","owner":"o","expires":"2026-11-25T11:59:59Z"}}`,
	}
	host := testHost()
	if _, err := Load(values, host); err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("control: a change is not refused for three reasons: %v", err)
	}
	host.Standing = true
	config, err := Load(values, host)
	if err != nil {
		t.Fatal(err)
	}
	made, err := config.ResolveStanding(host.Now)
	if err != nil {
		t.Fatal(err)
	}
	asked, over := made.At(host.Now)
	if !made.Waived("RMP-ADM-002", "tenant/blue") || asked.Waived("RMP-ADM-002", "tenant/blue") || len(over) != 1 {
		t.Errorf("over are %v", over)
	}
	if _, err := config.Resolve(host.Now); err == nil {
		t.Error("it can be made anew with what is over")
	}
	for says, section := range map[string]string{
		"a waiver without an owner": `{"waivers":[` + strings.Replace(waiver, `"us"`, `""`, 1) + `]}`,
		"a waiver for ever":         `{"waivers":[` + strings.Replace(waiver, "2026-11-24", "2999-11-24", 1) + `]}`,
		"a waiver of nothing":       `{"waivers":[` + strings.Replace(waiver, "RMP-ADM-002", "RMP-ADM-999", 1) + `]}`,
	} {
		if _, err := Load(Values{"rampart:baseline": section, "rampart:tenants": values["rampart:tenants"]}, host); err == nil {
			t.Errorf("%s is taken", says)
		}
	}
}

func TestAnUnknownProviderIsReportedOnce(t *testing.T) {
	t.Parallel()
	_, err := Load(Values{"rampart:provider": "minikube"}, testHost())
	if err == nil || strings.Count(err.Error(), "\n") > 0 {
		t.Errorf("got %v", err)
	}
}

func TestWaiversReachTheBaseline(t *testing.T) {
	t.Parallel()
	config, err := Load(Values{
		"rampart:baseline": `{"waivers":[` + strings.Replace(aWaiver, "cluster", "tenant/blue", 1) + `]}`,
		"rampart:tenants":  `[{"name":"blue"}]`,
	}, testHost())
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := config.Resolve(testHost().Now)
	if err != nil {
		t.Fatal(err)
	}
	if !resolved.Waived("RMP-IMG-001", baseline.TenantScope("blue")) {
		t.Error("the waiver is lost on the way")
	}
	if _, err := config.Resolve(testHost().Now.Add(60 * 24 * time.Hour)); err == nil {
		t.Error("the waiver outlives its day")
	}
}

func TestOutputsTellWhatTheStackIsHeldTo(t *testing.T) {
	t.Parallel()
	config := Default()
	resolved, err := config.Resolve(testHost().Now)
	if err != nil {
		t.Fatal(err)
	}
	strict := countOf(t, resolved)
	if strict["waived"] != 0 || strict["enforced"] == 0 {
		t.Errorf("without a waiver: %v", strict)
	}

	config.Baseline.Waivers = []Waiver{{
		Control: "RMP-IMG-001", Scope: baseline.ScopeCluster, Reason: "a test", Owner: "us", Expires: "2026-12-31",
	}}
	resolved, err = config.Resolve(testHost().Now)
	if err != nil {
		t.Fatal(err)
	}
	waived := countOf(t, resolved)
	if waived["waived"] != 1 || waived["enforced"] != strict["enforced"]-1 {
		t.Errorf("with a waiver: %v, without: %v", waived, strict)
	}
}

// TestProgramExportsTheBaseline with a waiver, which a preview a day after its last refuses.
//
//nolint:paralleltest // the program reads the environment
func TestProgramExportsTheBaseline(t *testing.T) {
	export := func(lastDay time.Time) (pulumi.Map, error) {
		waiver := strings.Replace(aWaiver, "2026-12-31", lastDay.UTC().Format("2006-01-02"), 1)
		configure(t, workingFolder(t), Values{"rampart:baseline": `{"waivers":[` + waiver + `]}`})
		var exported map[string]pulumi.Input
		err := pulumi.RunErr(func(ctx *pulumi.Context) error {
			err := Program(nil)(ctx)
			exported = ctx.GetCurrentExportMap()
			return err
		}, pulumi.WithMocks(Project, "kind", newRecorder()))
		output, _ := exported[OutputBaseline].(pulumi.Map)
		return output, err
	}
	output, err := export(time.Now().Add(24 * time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if output["level"] != pulumi.String("restricted") || output["version"] != pulumi.String("2026.11") {
		t.Errorf("level %v, version %v", output["level"], output["version"])
	}
	if waived, ok := output["waived"].(pulumi.StringArray); !ok || len(waived) != 1 || waived[0] != pulumi.String("RMP-IMG-001") {
		t.Errorf("waived: %v", output["waived"])
	}
	if _, err := export(time.Now().Add(-24 * time.Hour)); err == nil || !strings.Contains(err.Error(), "rampart:baseline.waivers[0].expires") {
		t.Errorf("with a waiver that is over: %v", err)
	}
}

// countOf returns the output's counts, and holds its lists to them and all of them to the baseline.
func countOf(t *testing.T, resolved baseline.Resolved) map[string]int {
	t.Helper()
	output := baselineOutput(resolved)
	counts, ok := output["counts"].(pulumi.IntMap)
	if !ok {
		t.Fatalf("counts: %v", output["counts"])
	}
	numbers := map[string]int{}
	all := 0
	for name, count := range counts {
		number, ok := count.(pulumi.Int)
		if !ok {
			t.Fatalf("count of %s: %v", name, count)
		}
		numbers[name] = int(number)
		all += int(number)
		if list, ok := output[name].(pulumi.StringArray); !ok || len(list) != int(number) {
			t.Errorf("%s: %d in the count, and the list is %v", name, number, output[name])
		}
	}
	if all != len(resolved.Controls) {
		t.Errorf("%d in all states, and the baseline has %d", all, len(resolved.Controls))
	}
	waivers, ok := output["waivers"].(pulumi.Array)
	if !ok || len(waivers) != numbers["waived"] {
		t.Errorf("waivers: %v", output["waivers"])
	}
	return numbers
}
