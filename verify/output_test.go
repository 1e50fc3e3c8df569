package verify

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/rampart-iac/rampart/baseline"
)

// sample has every verdict and every kind of reason.
func sample() *Report {
	report := &Report{
		Cluster: "https://127.0.0.1:6443", Version: "v1.37.0", Run: "abcd", Started: time.Unix(0, 0).UTC(), Seconds: 12.5,
		Unreachable: []string{"the nodes: no engine"}, Left: []string{"namespace x: it stays"}, Cut: "interrupted",
		ClusterID: "8e4ba5f4-7f1d-4a5e-9a3b-0d2a6c1f7e55", Stack: "kind",
		Baseline:    Asked{Version: baseline.Version202611, Level: baseline.LevelRestricted, Provider: baseline.ProviderKind},
		Connections: []Connection{{Attack: "attack", From: "blue", To: "green", Protocol: "tcp", Port: "8080", Arrived: true}},
		Rights:      []Right{{Attack: "attack", Who: "viewer", Action: "look at pods", Given: true}},
	}
	add := func(id baseline.ControlID, verdict Verdict, why Why) {
		result := Result{
			Control: id, Title: "title of " + string(id), Area: baseline.Control{ID: id}.Area(), Severity: baseline.SeverityHigh,
			Verdict: verdict, Why: why, Evidence: "what was seen <&> of " + string(id),
			References: []string{"CIS: 1.2.3"}, Attacks: []AttackResult{},
		}
		if verdict == Waived {
			result.Waivers = []Waiver{{Scope: "tenant/blue", Reason: "until it can", Owner: "web", Expires: "2027-03-31"}}
		}
		if verdict == Failed {
			result.EndedWaivers = []Waiver{{Scope: "cluster", Reason: "until it could", Owner: "web", Expires: "2026-03-31"}}
		}
		if verdict == Proven || verdict == Failed {
			result.Attacks = append(result.Attacks, AttackResult{
				Name: "attack", Does: "try", Verdict: verdict, Evidence: "seen", Controls: []string{"the decent one"}, Seconds: 1.25,
			})
		}
		report.Results = append(report.Results, result)
	}
	add("RMP-NET-001", Proven, "")
	add("RMP-NET-002", Failed, "")
	add("RMP-NET-003", Waived, "")
	add("RMP-ACC-001", NotApplicable, "")
	add("RMP-ACC-002", NotVerifiable, WhyPlanned)
	add("RMP-ACC-003", NotVerifiable, WhyElsewhere)
	add("RMP-ACC-004", NotVerifiable, WhyPrevented)
	add("RMP-ACC-005", NotVerifiable, WhyByCloud)
	report.Score = ScoreOf(report.Results)
	return report
}

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiled, err := jsonschema.Compile("../docs/reference/verify.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func TestJSONFollowsItsSchema(t *testing.T) {
	t.Parallel()
	real, err := Run(t.Context(), silentCluster(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, report := range []*Report{sample(), real} {
		var out bytes.Buffer
		if err := WriteJSON(&out, report); err != nil {
			t.Fatal(err)
		}
		var value any
		if err := json.Unmarshal(out.Bytes(), &value); err != nil {
			t.Fatal(err)
		}
		if err := schema(t).Validate(value); err != nil {
			t.Errorf("%#v", err)
		}
		object := value.(map[string]any)
		for says, spoil := range map[string]func(){
			"a field that the schema does not know": func() { object["surprise"] = true },
			"a verdict that there is none of": func() {
				object["results"].([]any)[0].(map[string]any)["verdict"] = "maybe"
			},
			"no score": func() { delete(object, "score") },
		} {
			spoil()
			if schema(t).Validate(value) == nil {
				t.Errorf("control: the schema accepts %s", says)
			}
			_ = json.Unmarshal(out.Bytes(), &value)
			object = value.(map[string]any)
		}
	}
}

func TestJUnit(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := WriteJUnit(&out, sample()); err != nil {
		t.Fatal(err)
	}
	var suites junitSuites
	if err := xml.Unmarshal(out.Bytes(), &suites); err != nil {
		t.Fatal(err)
	}
	if suites.Tests != 8 || suites.Failures != 1 || suites.Errors != 1 || len(suites.Suites) != 2 {
		t.Errorf("got %d tests, %d failures, %d errors in %d suites", suites.Tests, suites.Failures, suites.Errors, len(suites.Suites))
	}
	if net := suites.Suites[0]; net.Skipped != 1 || net.Cases[1].Failure == nil || net.Cases[1].Class != "RMP-NET-002" ||
		!strings.Contains(net.Cases[1].Failure.Message, "what was seen <&>") {
		t.Errorf("%+v", net)
	}
}

func TestSARIFFollowsItsSchema(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := WriteSARIF(&out, sample()); err != nil {
		t.Fatal(err)
	}
	var read sarif.Report
	if err := json.Unmarshal(out.Bytes(), &read); err != nil {
		t.Fatal(err)
	}
	if err := read.Validate(); err != nil {
		t.Error(err)
	}
	var kinds []string
	for _, result := range read.Runs[0].Results {
		kinds = append(kinds, result.Kind+"/"+result.Level)
	}
	want := "pass/none fail/error review/none notApplicable/none open/none open/none open/none open/none"
	if got := strings.Join(kinds, " "); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	read.Runs[0].Results[0].Kind = "maybe"
	if read.Validate() == nil {
		t.Error("control: the schema accepts a kind that there is none of")
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := WriteTable(&out, sample()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"RMP-NET-001 proven         what was seen", "RMP-NET-002 failed", "title of RMP-NET-002 (high)",
		"nothing enforces these yet: ACC-002", "Out of reach: the nodes: no engine", "Left behind: namespace x",
		"Cut short: interrupted", "Score 33 %: 1 of 3 controls proven, 1 failed, 1 could not be verified",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "Images") {
		t.Error("an area without a control has a heading")
	}
	if got := cut(strings.Repeat("ä", 200), 110); len([]rune(got)) != 110 {
		t.Errorf("cut to %d characters", len([]rune(got)))
	}
}

func TestJSONIsReadAgain(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := WriteJSON(&out, sample()); err != nil {
		t.Fatal(err)
	}
	read, err := ReadJSON(&out)
	if err != nil || !reflect.DeepEqual(read, sample()) {
		t.Errorf("%v\n%+v\n%+v", err, read, sample())
	}
	for text, want := range map[string]string{
		`{"schemaVersion": 2}`: "version 2, and this program reads version 1",
		`{}`:                   "no schemaVersion",
		`[`:                    "no JSON result",
	} {
		if _, err := ReadJSON(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
