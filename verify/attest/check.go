package attest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
)

// Policy is what a signed result must be to be good enough.
type Policy struct {
	// ClusterID is the cluster that it must be about. Empty: any.
	ClusterID string

	// MinScore is the least score, in percent.
	MinScore int

	// MinVersion is the oldest baseline, and Level the one that it must have been measured by.
	MinVersion baseline.Version
	Level      baseline.Level

	// MaxAge is how old the run may be.
	MaxAge time.Duration

	// FailOn is the least severity of a failed control that is refused.
	FailOn baseline.Severity

	// AllowedWaivers are the controls that may be waived, and MaxWaivers is how many others may be. A control with waivers for
	// several scopes counts once.
	AllowedWaivers []baseline.ControlID
	MaxWaivers     int

	// Now is the time of the check. Default: the time of the call.
	Now time.Time
}

// clockSkew is how far ahead the clock of whoever signed may be.
const clockSkew = 5 * time.Minute

// Check opens an envelope, or a bundle around one, and says everything that is wrong with it at once. The result is returned
// whenever the signature is good.
func Check(ctx context.Context, signed []byte, trust Trust, policy Policy) (*verify.Report, error) {
	report, err := open(ctx, signed, trust)
	if err != nil {
		return nil, err
	}
	if policy.Now.IsZero() {
		policy.Now = time.Now()
	}
	return report, errors.Join(policy.identity(report), policy.whole(report), policy.good(report), policy.waived(report))
}

// identity says what is wrong with cluster and time.
func (p Policy) identity(report *verify.Report) error {
	var faults []error
	if p.ClusterID != "" && report.ClusterID != p.ClusterID {
		faults = append(faults, fmt.Errorf("it is about cluster %s, not %s", report.ClusterID, p.ClusterID))
	}
	age := p.Now.Sub(report.Started)
	switch {
	case age < -clockSkew:
		faults = append(faults, fmt.Errorf("it is from the future: %s", report.Started.Format(time.RFC3339)))
	case age > p.MaxAge:
		faults = append(faults, fmt.Errorf("it is %s old, more than %s: run verify again", age.Round(time.Minute), p.MaxAge))
	}
	return errors.Join(faults...)
}

// whole says what is missing: a run that was cut short, or of a part, could have left out what does not hold.
func (p Policy) whole(report *verify.Report) error {
	var faults []error
	if report.Baseline.Version < p.MinVersion {
		faults = append(faults, fmt.Errorf("it is measured by baseline %q, older than %s", report.Baseline.Version, p.MinVersion))
	}
	if report.Baseline.Level != p.Level {
		faults = append(faults, fmt.Errorf("it is measured by level %q, not %q", report.Baseline.Level, p.Level))
	}
	if report.Cut != "" {
		faults = append(faults, fmt.Errorf("the run was cut short: %s", report.Cut))
	}
	asked, err := baseline.Resolve(
		report.Baseline.Level, report.Baseline.Version, report.Baseline.Provider, nil, p.Now)
	if err != nil {
		return errors.Join(append(faults, err)...)
	}
	missing := 0
	for _, control := range asked.Controls {
		if !slices.ContainsFunc(report.Results, func(result verify.Result) bool { return result.Control == control.ID }) {
			missing++
		}
	}
	if missing > 0 {
		faults = append(faults, fmt.Errorf(
			"it is of a part of the baseline: %d of %d controls are missing", missing, len(asked.Controls)))
	}
	return errors.Join(faults...)
}

// good says what does not hold. It counts by itself: the score is one of the result's own fields.
func (p Policy) good(report *verify.Report) error {
	var faults []error
	counted := verify.ScoreOf(report.Results)
	if counted != report.Score {
		faults = append(faults, errors.New("its score is not that of its verdicts"))
	}
	if percent := counted.Percent(); percent < p.MinScore {
		faults = append(faults, fmt.Errorf("its score is %d %%, less than %d %%: %d failed, %d could not be verified",
			percent, p.MinScore, counted.Failed, counted.Prevented))
	}
	for _, result := range report.Results {
		if result.Verdict == verify.Failed && result.Severity.AtLeast(p.FailOn) {
			faults = append(faults, fmt.Errorf("%s failed (%s): %s", result.Control, result.Severity, result.Title))
		}
	}
	return errors.Join(faults...)
}

// waived says which waivers are over, and which are more than whoever checks has agreed to: a control that is waived is not
// attacked and leaves the score as it is, so that a stack could waive its way to a full one.
func (p Policy) waived(report *verify.Report) error {
	var (
		faults []error
		more   []string
	)
	for _, result := range report.Results {
		for _, waiver := range result.Waivers {
			if last, err := time.Parse(time.DateOnly, waiver.Expires); err != nil || !p.Now.Before(last.AddDate(0, 0, 1)) {
				faults = append(faults, fmt.Errorf("the waiver of %s for %s is over since %s", result.Control, waiver.Scope, waiver.Expires))
			}
		}
		isWaived := result.Verdict == verify.Waived || len(result.Waivers) > 0
		if isWaived && !slices.Contains(p.AllowedWaivers, result.Control) {
			more = append(more, fmt.Sprintf("%s (%s)", result.Control, result.Title))
		}
	}
	if len(more) > p.MaxWaivers {
		faults = append(faults, fmt.Errorf("it waives %s, and %d such may be: agree to a waiver with --allow-waiver, "+
			"or to a number with --max-waivers", strings.Join(more, ", "), p.MaxWaivers))
	}
	return errors.Join(faults...)
}
