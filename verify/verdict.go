package verify

import (
	"fmt"
	"time"

	"github.com/rampart-iac/rampart/baseline"
)

// Verdict is what can be said of a control on one cluster.
type Verdict string

// Verdicts.
const (
	// Proven: every attack on it failed, and every control experiment succeeded.
	Proven Verdict = "proven"
	// Failed: an attack got past it.
	Failed Verdict = "failed"
	// Waived: the stack goes without it, for a reason and until a date. It is not attacked.
	Waived Verdict = "waived"
	// NotApplicable: there is nothing that it could hold for, or it cannot be enforced there.
	NotApplicable Verdict = "not applicable"
	// NotVerifiable: whether it holds could not be found out. Result.Evidence says why, and Result.Why of what kind that is.
	NotVerifiable Verdict = "not verifiable"
)

// Why says of what kind the reason is that a control is not verifiable.
type Why string

// Kinds of reasons.
const (
	// WhyPlanned: nothing enforces it yet.
	WhyPlanned Why = "planned"
	// WhyElsewhere: it does not show on a running cluster; a test of the project proves it.
	WhyElsewhere Why = "proven elsewhere"
	// WhyByCloud: the cloud enforces it, where nobody else can look.
	WhyByCloud Why = "by the cloud"
	// WhyPrevented: it should have been verified and was not. A place could not be stood in, a control experiment failed,
	// the cluster went away.
	WhyPrevented Why = "prevented"
)

// Result is what a run says of one control.
type Result struct {
	Control  baseline.ControlID `json:"control"`
	Title    string             `json:"title"`
	Area     baseline.Area      `json:"area"`
	Severity baseline.Severity  `json:"severity"`
	Verdict  Verdict            `json:"verdict"`
	Why      Why                `json:"why,omitempty"`
	Evidence string             `json:"evidence"`
	// Risk says what could happen without the control.
	Risk string `json:"risk,omitempty"`
	// References are the items of public frameworks that the control answers.
	References []string `json:"references"`
	// Waivers let the stack go without it.
	Waivers []Waiver `json:"waivers,omitempty"`
	// EndedWaivers did so until their last day. They let nothing go any more, and the stack file still has them.
	EndedWaivers []Waiver `json:"endedWaivers,omitempty"`
	// Attacks that were made on it.
	Attacks []AttackResult `json:"attacks"`
}

// Waiver is the decision of a person to go without a control for a while.
type Waiver struct {
	Scope  baseline.Scope `json:"scope"`
	Reason string         `json:"reason"`
	Owner  string         `json:"owner"`
	// Expires is its last day, in UTC, as 2027-01-31.
	Expires string `json:"expires"`
}

// Ended says in a line that the waiver is over.
func (w Waiver) Ended() string {
	return fmt.Sprintf("the waiver for %s (%s) is over, its last day was %s", w.Scope, w.Owner, w.Expires)
}

// told is the evidence, with the waivers that are over: whoever finds the control failed wants to know that it was let go.
func (r Result) told() string {
	text := r.Evidence
	for _, waiver := range r.EndedWaivers {
		text += "; " + waiver.Ended()
	}
	return text
}

// Asked is the part of the baseline that was asked of the cluster.
type Asked struct {
	Version  baseline.Version  `json:"version"`
	Level    baseline.Level    `json:"level"`
	Provider baseline.Provider `json:"provider"`
}

// AttackResult is what one attack found of one control.
type AttackResult struct {
	Name     string  `json:"name"`
	Does     string  `json:"does"`
	Verdict  Verdict `json:"verdict"`
	Evidence string  `json:"evidence"`
	// Controls are the control experiments that succeeded.
	Controls []string `json:"controls"`
	// Seconds that the attack took.
	Seconds float64 `json:"seconds"`
}

// Report is all that a run found.
type Report struct {
	// Cluster is the address of the API server, Version what it says it is.
	Cluster string `json:"cluster"`
	Version string `json:"version"`
	// ClusterID stays the same for as long as the cluster lives: the UID of its namespace kube-system.
	ClusterID string `json:"clusterId,omitempty"`
	// Stack that made the cluster. Empty: none of ours did.
	Stack    string `json:"stack,omitempty"`
	Baseline Asked  `json:"baseline"`
	// Run is the random name of the run.
	Run     string    `json:"run"`
	Started time.Time `json:"started"`
	// Seconds that the whole run took.
	Seconds float64  `json:"seconds"`
	Score   Score    `json:"score"`
	Results []Result `json:"results"`
	// Connections and Rights are what was seen on the way: who reached whom, and who may do what.
	Connections []Connection `json:"connections"`
	Rights      []Right      `json:"rights"`
	// Unreachable are the places that the run could not stand in, and why.
	Unreachable []string `json:"unreachable"`
	// Left is what could not be cleaned up.
	Left []string `json:"left"`
	// Cut says why the run ended before all attacks were made. Empty: it did not.
	Cut string `json:"cut,omitempty"`
}

// Score counts verdicts.
type Score struct {
	Proven        int `json:"proven"`
	Failed        int `json:"failed"`
	Waived        int `json:"waived"`
	NotApplicable int `json:"notApplicable"`
	// NotVerifiable by kind of reason.
	Planned         int `json:"planned"`
	ProvenElsewhere int `json:"provenElsewhere"`
	ByCloud         int `json:"byCloud"`
	Prevented       int `json:"prevented"`
}

// Percent of the controls that could have been proven and were.
func (s Score) Percent() int {
	could := s.Proven + s.Failed + s.Prevented
	if could == 0 {
		return 0
	}
	return 100 * s.Proven / could
}

// ScoreOf counts the verdicts of results.
func ScoreOf(results []Result) Score {
	var s Score
	for _, result := range results {
		switch result.Verdict {
		case Proven:
			s.Proven++
		case Failed:
			s.Failed++
		case Waived:
			s.Waived++
		case NotApplicable:
			s.NotApplicable++
		case NotVerifiable:
			switch result.Why {
			case WhyPlanned:
				s.Planned++
			case WhyElsewhere:
				s.ProvenElsewhere++
			case WhyByCloud:
				s.ByCloud++
			case WhyPrevented:
				s.Prevented++
			}
		}
	}
	return s
}

// Exit statuses of a run.
const (
	// ExitHeld: no control failed, and none that should have been verified was not.
	ExitHeld = 0
	// ExitFailed: a control failed.
	ExitFailed = 1
	// ExitNotRun: the run could not find out, was cut short, or left something behind.
	ExitNotRun = 2
)

// Exit returns the exit status that the report amounts to, where failures below a severity do not count. A run that was cut
// short is no verdict on the cluster, whatever it found until then.
func (r Report) Exit(least baseline.Severity) int {
	if r.Cut != "" {
		return ExitNotRun
	}
	for _, result := range r.Results {
		if result.Verdict == Failed && result.Severity.AtLeast(least) {
			return ExitFailed
		}
	}
	if r.Score.Prevented > 0 || len(r.Left) > 0 {
		return ExitNotRun
	}
	return ExitHeld
}
