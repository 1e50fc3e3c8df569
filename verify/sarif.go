package verify

import (
	"io"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/rampart-iac/rampart/baseline"
)

// Where people read of the tool and of its controls.
const (
	toolURI     = "https://github.com/rampart-iac/rampart"
	controlsURI = toolURI + "/blob/main/docs/reference/controls.md"
)

// WriteSARIF writes a rule and a result for each control, in the Static Analysis Results Interchange Format 2.1.0. A proven
// control is a pass, one that could not be verified is open, and one that is waived is for people to review.
func WriteSARIF(out io.Writer, report *Report) error {
	run := sarif.NewRunWithInformationURI("rampart verify", toolURI)
	cluster := sarif.NewLogicalLocation().WithFullyQualifiedName(report.Cluster).WithKind("resource")
	for _, result := range report.Results {
		run.AddRule(string(result.Control)).
			WithShortDescription(sarif.NewMultiformatMessageString().WithText(result.Title)).
			WithHelpURI(controlsURI)
		kind, level := sarifKind(result)
		run.AddResult(sarif.NewRuleResult(string(result.Control)).
			WithKind(kind).WithLevel(level).
			WithMessage(sarif.NewTextMessage(result.told())).
			WithLocations([]*sarif.Location{
				sarif.NewLocation().WithLogicalLocations([]*sarif.LogicalLocation{cluster}),
			}))
	}
	text := sarif.NewReport()
	text.AddRun(run)
	var buffer strings.Builder
	if err := text.PrettyWrite(&buffer); err != nil {
		return err
	}
	_, err := io.WriteString(out, buffer.String()+"\n")
	return err
}

// sarifKind says in the format's words what became of a control. Only what fails has a level.
func sarifKind(result Result) (kind, level string) {
	switch result.Verdict {
	case Proven:
		return "pass", "none"
	case Failed:
		switch result.Severity {
		case baseline.SeverityCritical, baseline.SeverityHigh:
			return "fail", "error"
		case baseline.SeverityMedium:
			return "fail", "warning"
		default:
			return "fail", "note"
		}
	case Waived:
		return "review", "none"
	case NotApplicable:
		return "notApplicable", "none"
	default:
		return "open", "none"
	}
}
