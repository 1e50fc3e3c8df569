package browser

import (
	"bytes"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/report"
)

// now is when the pages of the tests are made.
var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// What the sample has of each verdict that is not proven.
const (
	failedControl    = "RMP-NET-003"
	preventedControl = "RMP-AUD-002"
	waivedControl    = "RMP-ADM-002"
	plannedControl   = "RMP-OPS-001"
	elsewhereControl = "RMP-DAT-008"
)

// sample is a result with every control of the catalogue and every verdict.
func sample() *verify.Report {
	result := &verify.Report{
		Cluster: "https://127.0.0.1:6443", Version: "v1.37.0", ClusterID: "b", Stack: "kind", Run: "f00d",
		Baseline: verify.Asked{Version: baseline.Version202611, Level: baseline.LevelRestricted, Provider: baseline.ProviderKind},
		Started:  now.Add(-time.Hour), Seconds: 29.7,
		Unreachable: []string{"the nodes, as containers of an engine on this machine: there is no engine"},
		Connections: []verify.Connection{
			{Attack: "borders", From: "blue", To: "own namespace", Protocol: "tcp", Port: "8080", Allowed: true, Arrived: true},
			{Attack: "borders", From: "blue", To: "green", Protocol: "tcp", Port: "8080", Arrived: true},
			{Attack: "borders", From: "green", To: "blue", Protocol: "udp", Port: "8081"},
		},
		Rights: []verify.Right{
			{Attack: "personas", Who: "viewer", Action: "look at pods", Given: true},
			{Attack: "personas", Who: "viewer", Action: "read logs"},
			{Attack: "personas", Who: "viewer", Action: "impersonate users", Forbidden: true},
			{Attack: "personas", Who: "operator", Action: "impersonate users", Forbidden: true, Given: true},
		},
	}
	for _, control := range baseline.Controls() {
		each := verify.Result{
			Control: control.ID, Title: control.Title, Area: control.Area(), Severity: control.Severity, Risk: control.Why,
			Verdict: verify.Proven, Evidence: "12 attempts were refused",
		}
		for _, reference := range control.References {
			each.References = append(each.References, string(reference.Framework)+": "+reference.Item)
		}
		switch control.ID {
		case failedControl:
			each.Verdict, each.Evidence = verify.Failed, "a pod in blue reaches a pod in green"
		case preventedControl:
			each.Verdict, each.Why, each.Evidence = verify.NotVerifiable, verify.WhyPrevented, "the log could not be read"
		case waivedControl:
			each.Verdict, each.Evidence = verify.Waived, "the vendor needs root"
			each.Waivers = []verify.Waiver{{Scope: "tenant/blue", Reason: "the vendor needs root", Owner: "web", Expires: "2026-12-05"}}
		case plannedControl:
			each.Verdict, each.Why, each.Evidence = verify.NotVerifiable, verify.WhyPlanned, "nothing enforces it yet"
		case elsewhereControl:
			each.Verdict, each.Why, each.Evidence = verify.NotVerifiable, verify.WhyElsewhere, "it stands beside the cluster"
		}
		if each.Verdict == verify.Proven || each.Verdict == verify.Failed {
			each.Attacks = []verify.AttackResult{{
				Name: "attempt", Does: "try it", Verdict: each.Verdict, Evidence: each.Evidence,
				Controls: []string{"the decent one is let in"}, Seconds: 1.5,
			}}
		}
		result.Results = append(result.Results, each)
	}
	result.Score = verify.Score{Proven: len(result.Results) - 5, Failed: 1, Prevented: 1, Waived: 1, Planned: 1, ProvenElsewhere: 1}
	return result
}

// page is the report about the sample, with a history: another cluster, a run that was cut short.
func page(t *testing.T) []byte {
	t.Helper()
	first, second := *sample(), *sample()
	first.Started, first.Run, first.ClusterID = now.AddDate(0, 0, -20), "0001", "a"
	second.Started, second.Run, second.Cut = now.AddDate(0, 0, -9), "0002", "the cluster stopped answering"
	var out bytes.Buffer
	if err := report.Write(&out, []*verify.Report{sample(), &first, &second}, report.Options{Now: now, Digest: "abc"}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
