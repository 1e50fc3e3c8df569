package verify

import (
	"encoding/xml"
	"fmt"
	"io"

	"github.com/rampart-iac/rampart/baseline"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitMessage `xml:"failure"`
	Error   *junitMessage `xml:"error"`
	Skipped *junitMessage `xml:"skipped"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
}

// WriteJUnit writes a suite for each area and a case for each control. A failed control is a failure, one that should
// have been verified and was not is an error, and the others that are not proven are skipped.
func WriteJUnit(out io.Writer, report *Report) error {
	suites := junitSuites{Name: "rampart verify", Time: fmt.Sprintf("%.3f", report.Seconds)}
	for _, area := range baseline.Areas() {
		suite := junitSuite{Name: area.Title}
		for _, result := range report.Results {
			if result.Area == area.Area {
				suite.add(result)
			}
		}
		if suite.Tests == 0 {
			continue
		}
		suites.Tests += suite.Tests
		suites.Failures += suite.Failures
		suites.Errors += suite.Errors
		suites.Suites = append(suites.Suites, suite)
	}
	if _, err := io.WriteString(out, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(out)
	encoder.Indent("", "  ")
	if err := encoder.Encode(suites); err != nil {
		return err
	}
	_, err := io.WriteString(out, "\n")
	return err
}

func (s *junitSuite) add(result Result) {
	total := 0.0
	for _, attack := range result.Attacks {
		total += attack.Seconds
	}
	entry := junitCase{
		Name: result.Title, Class: string(result.Control), Time: fmt.Sprintf("%.3f", total),
	}
	message := &junitMessage{Message: result.told()}
	s.Tests++
	switch {
	case result.Verdict == Proven:
		entry.Output = result.told()
	case result.Verdict == Failed:
		entry.Failure = message
		s.Failures++
	case result.Why == WhyPrevented:
		entry.Error = message
		s.Errors++
	default:
		entry.Skipped = message
		s.Skipped++
	}
	s.Cases = append(s.Cases, entry)
}
