package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/verify"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func write(t *testing.T, results ...*verify.Report) string {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, results, Options{Now: now}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestTheNewestIsReported: whatever the order, the page is about the newest result, and the score is drawn over time.
func TestTheNewestIsReported(t *testing.T) {
	t.Parallel()
	older := &verify.Report{Run: "older", Started: now.AddDate(0, 0, -7), Score: verify.Score{Proven: 1, Failed: 1}}
	newer := &verify.Report{Run: "newer", Started: now, Score: verify.Score{Proven: 2}, Stack: "kind"}
	for _, results := range [][]*verify.Report{{older, newer}, {newer, older}} {
		page := write(t, results...)
		for _, want := range []string{
			"All 2 controls that were attacked held.", "2 runs. The newest has a score of 100 %, the lowest had 50 %, on 18 November 2026",
			`d="M52.0 106.0L1050.0 16.0"`,
		} {
			if !strings.Contains(page, want) {
				t.Errorf("%q is not in the page", want)
			}
		}
	}
	if err := Write(&bytes.Buffer{}, nil, Options{}); err == nil {
		t.Error("a page about nothing is written")
	}
}

// TestRunsThatWereCutShortDoNotCount: what was not attacked any more says nothing of the cluster.
func TestRunsThatWereCutShortDoNotCount(t *testing.T) {
	t.Parallel()
	at := func(day int, score verify.Score, cut string) *verify.Report {
		return &verify.Report{Started: now.AddDate(0, 0, day), Score: score, Cut: cut}
	}
	half, most, all := verify.Score{Proven: 1, Failed: 1}, verify.Score{Proven: 3, Failed: 1}, verify.Score{Proven: 4}
	const gone = "the cluster stopped answering"
	for want, results := range map[string][]*verify.Report{
		"One run so far, with a score of 100 %. The next runs will be drawn beside it.": {at(0, all, "")},
		"One run so far, which was cut short: it has no score that counts.":             {at(0, all, gone)},
		"2 runs, all of them cut short: none has a score that counts.":                  {at(-1, half, gone), at(0, all, gone)},
		"2 runs. The newest has a score of 75 %; none had less.":                        {at(-1, all, ""), at(0, most, "")},
		"3 runs, 1 of them cut short, which do not count. The newest of the others has a score of 100 %, the lowest had 75 %, on " +
			"23 November 2026, 12:00 UTC.": {at(-2, most, ""), at(-1, half, gone), at(0, all, "")},
		"2 runs, 1 of them cut short, which do not count. The newest of the others has a score of 75 %; none had less.": {
			at(-1, most, ""), at(0, half, gone),
		},
	} {
		if page := write(t, results...); !strings.Contains(page, "<p>"+want+"</p>") {
			t.Errorf("%q is not in the page", want)
		}
	}
}

// TestWhatCouldNotBeReadIsSaid: a page that is silent about a missing result would pass for the whole history.
func TestWhatCouldNotBeReadIsSaid(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	options := Options{Now: now, Unread: []Unread{{"20261124T120000Z-f00d.json", "unexpected end of JSON input"}}}
	if err := Write(&out, []*verify.Report{{Started: now}}, options); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"What limits this result", "20261124T120000Z-f00d.json</span>: unexpected end of JSON input."} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in the page", want)
		}
	}
}

// TestWhatAClusterSaysIsText: names and evidence come from a cluster that may be hostile.
func TestWhatAClusterSaysIsText(t *testing.T) {
	t.Parallel()
	const hostile = `"><script>alert(1)</script><a href="javascript:alert(2)">`
	page := write(t, &verify.Report{
		Started: now, Cluster: hostile, Version: hostile, Run: hostile, Unreachable: []string{hostile}, Left: []string{hostile},
		Results: []verify.Result{{
			Control: "RMP-NET-001", Area: "NET", Title: hostile, Verdict: verify.Failed, Evidence: hostile, Risk: hostile,
			Attacks: []verify.AttackResult{{Name: hostile, Does: hostile, Evidence: hostile, Controls: []string{hostile}}},
			Waivers: []verify.Waiver{{Scope: hostile, Reason: hostile, Owner: hostile, Expires: hostile}},
		}},
		Connections: []verify.Connection{{From: hostile, To: hostile, Protocol: hostile, Port: hostile}},
		Rights:      []verify.Right{{Who: hostile, Action: hostile}},
	})
	if strings.Contains(page, "<script>alert") || strings.Contains(page, `href="javascript`) {
		t.Error("what a cluster says is part of the page's own code")
	}
	if got := strings.Count(page, "<script>"); got != 1 {
		t.Errorf("%d scripts", got)
	}
}

func TestHeadlines(t *testing.T) {
	t.Parallel()
	for want, result := range map[string]verify.Report{
		"All 3 controls that were attacked held.":                     {Score: verify.Score{Proven: 3}},
		"An attack got past 1 of 4 controls.":                         {Score: verify.Score{Proven: 3, Failed: 1}},
		"An attack got past 2 of 6 controls; 1 more is inconclusive.": {Score: verify.Score{Proven: 3, Failed: 2, Prevented: 1}},
		"No attack got past a control, but 2 of 5 are inconclusive.":  {Score: verify.Score{Proven: 3, Prevented: 2}},
		"The run was cut short.":                                      {Score: verify.Score{Proven: 3}, Cut: "the cluster went away"},
		"Nothing was attacked":                                        {Score: verify.Score{Planned: 3}},
	} {
		if got := headline(&result); !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestWaiversLastThroughTheirDay(t *testing.T) {
	t.Parallel()
	for expires, want := range map[string]struct {
		left string
		soon bool
	}{
		"2026-11-24": {"over", true},
		"2026-11-25": {"ends today", true},
		"2026-11-26": {"1 day left", true},
		"2027-01-31": {"67 days left", false},
		"soon":       {"until a day that cannot be read", true},
	} {
		got := waivers([]*control{{Result: verify.Result{Waivers: []verify.Waiver{{Expires: expires}}}}}, now)[0]
		if got.Left != want.left || got.Soon != want.soon {
			t.Errorf("%s: %s, soon %v", expires, got.Left, got.Soon)
		}
	}
}

func TestFieldsOfTheTableOfConnections(t *testing.T) {
	t.Parallel()
	tcp := func(allowed, arrived bool) verify.Connection {
		return verify.Connection{From: "a", To: "b", Protocol: "tcp", Port: "80", Allowed: allowed, Arrived: arrived}
	}
	for _, test := range []struct {
		connections []verify.Connection
		want        cell
	}{
		{nil, noCell},
		{[]verify.Connection{tcp(true, true)}, cell{"open", "arrived, as it should: tcp 80"}},
		{[]verify.Connection{tcp(false, false), tcp(false, false)}, cell{"shut", "dropped, as it must be: tcp 80"}},
		{[]verify.Connection{tcp(true, true), tcp(false, false)}, cell{"mixed", "dropped, as it must be: tcp 80; arrived, as it should: tcp 80"}},
		{[]verify.Connection{tcp(true, true), tcp(false, true)}, cell{"breach", "arrived, and must not: tcp 80; arrived, as it should: tcp 80"}},
		{[]verify.Connection{tcp(true, false)}, cell{"lost", "did not arrive, and should have: tcp 80"}},
	} {
		if got := reachCell(test.connections); got != test.want {
			t.Errorf("got %+v, want %+v", got, test.want)
		}
	}
}

// TestItemsAreAsGoodAsTheirWorstControl: an item that two controls answer holds only if both do.
func TestItemsAreAsGoodAsTheirWorstControl(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ a, b, want state }{
		{proven, failed, failed}, {prevented, proven, prevented}, {proven, notApplicable, proven}, {elsewhere, planned, planned},
		{waived, proven, waived},
	} {
		if worse(test.a, test.b) != test.want || worse(test.b, test.a) != test.want {
			t.Errorf("of %s and %s: %s", test.a.Key, test.b.Key, worse(test.a, test.b).Key)
		}
	}
}
