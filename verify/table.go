package verify

import (
	"fmt"
	"io"
	"strings"

	"github.com/rampart-iac/rampart/baseline"
)

// evidenceWidth is where a line of evidence is cut in a table; the other formats have all of it.
const evidenceWidth = 110

// WriteTable writes a line for each control, by area, and the score. What nothing enforces yet is one line an area.
func WriteTable(out io.Writer, report *Report) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s, Kubernetes %s, run %s\n", report.Cluster, report.Version, report.Run)
	for _, area := range baseline.Areas() {
		writeArea(&text, area, report.Results)
	}
	text.WriteString("\n")
	for _, result := range report.Results {
		for _, waiver := range result.EndedWaivers {
			fmt.Fprintf(&text, "Waiver over: %s: %s; take it out of the stack file, or decide anew\n", result.Control, waiver.Ended())
		}
	}
	for _, place := range report.Unreachable {
		fmt.Fprintf(&text, "Out of reach: %s\n", place)
	}
	for _, left := range report.Left {
		fmt.Fprintf(&text, "Left behind: %s\n", left)
	}
	if report.Cut != "" {
		fmt.Fprintf(&text, "Cut short: %s\n", report.Cut)
	}
	s := report.Score
	fmt.Fprintf(&text, "Score %d %%: %d of %d controls proven, %d failed, %d could not be verified\n",
		s.Percent(), s.Proven, s.Proven+s.Failed+s.Prevented, s.Failed, s.Prevented)
	fmt.Fprintf(&text, "Beside them %d waived, %d not applicable, %d that no running cluster shows, %d that the cloud answers for, "+
		"%d planned (%.0f s)\n", s.Waived, s.NotApplicable, s.ProvenElsewhere, s.ByCloud, s.Planned, report.Seconds)
	_, err := io.WriteString(out, text.String())
	return err
}

func writeArea(text *strings.Builder, area baseline.AreaTitle, results []Result) {
	var planned []string
	heading := fmt.Sprintf("\n%s\n", area.Title)
	for _, result := range results {
		if result.Area != area.Area {
			continue
		}
		text.WriteString(heading)
		heading = ""
		if result.Why == WhyPlanned {
			planned = append(planned, strings.TrimPrefix(string(result.Control), "RMP-"))
			continue
		}
		fmt.Fprintf(text, "  %-11s %-14s %s\n", result.Control, result.Verdict, cut(result.Evidence, evidenceWidth))
		if result.Verdict == Failed {
			fmt.Fprintf(text, "  %26s %s (%s)\n", "", result.Title, result.Severity)
		}
	}
	if len(planned) > 0 {
		fmt.Fprintf(text, "  %-11s %-14s nothing enforces these yet: %s\n", "", NotVerifiable, strings.Join(planned, " "))
	}
}

// cut shortens a line to a width in characters.
func cut(line string, width int) string {
	characters := []rune(line)
	if len(characters) <= width {
		return line
	}
	return string(characters[:width-1]) + "…"
}
