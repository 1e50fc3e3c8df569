package verify

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/defenseunicorns/go-oscal/src/pkg/validation"
)

// followsOSCAL validates a document against NIST's own schema, which go-oscal carries.
func followsOSCAL(t *testing.T, document []byte) error {
	t.Helper()
	validator, err := validation.NewValidatorDesiredVersion(document, oscalVersion)
	if err != nil {
		t.Fatal(err)
	}
	return validator.Validate()
}

func TestOSCALFollowsItsSchema(t *testing.T) {
	t.Parallel()
	nothing, err := Run(t.Context(), silentCluster(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for says, report := range map[string]*Report{"every verdict": sample(), "nothing attacked": nothing} {
		var out bytes.Buffer
		if err := WriteOSCAL(&out, report); err != nil {
			t.Fatal(err)
		}
		if err := followsOSCAL(t, out.Bytes()); err != nil {
			t.Errorf("%s: %v\n%s", says, err, out.String())
		}
	}
	var out bytes.Buffer
	if err := WriteOSCAL(&out, sample()); err != nil {
		t.Fatal(err)
	}
	for says, change := range map[string][2]string{
		"a state that there is none of":     {`"state": "satisfied"`, `"state": "maybe"`},
		"an identifier that is no UUID":     {`"observation-uuid": "`, `"observation-uuid": "x`},
		"a field that nobody knows":         {`"findings": [`, `"surprise": [], "findings": [`},
		"a result without its own controls": {`"reviewed-controls"`, `"reviewed"`},
	} {
		spoilt := strings.Replace(out.String(), change[0], change[1], 1)
		if spoilt == out.String() || followsOSCAL(t, []byte(spoilt)) == nil {
			t.Errorf("control: the schema accepts %s", says)
		}
	}
}

// TestOSCALSaysWhatWasFound: findings of what was judged, a risk for what does not hold, and identifiers that meet.
func TestOSCALSaysWhatWasFound(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := WriteOSCAL(&out, sample()); err != nil {
		t.Fatal(err)
	}
	var read struct {
		Results struct {
			Results []struct {
				Reviewed struct {
					Selections []struct {
						Include []struct {
							ID string `json:"control-id"`
						} `json:"include-controls"`
					} `json:"control-selections"`
				} `json:"reviewed-controls"`
				Observations []struct{ UUID string }
				Findings     []struct {
					Target struct {
						ID     string `json:"target-id"`
						Status struct{ State, Reason string }
					}
					Related []struct {
						UUID string `json:"observation-uuid"`
					} `json:"related-observations"`
				}
				Risks []struct{ Status, Deadline string }
			}
		} `json:"assessment-results"`
	}
	if err := json.Unmarshal(out.Bytes(), &read); err != nil {
		t.Fatal(err)
	}
	result := read.Results.Results[0]
	var findings, reviewed []string
	for _, each := range result.Findings {
		findings = append(findings, each.Target.ID+" "+each.Target.Status.State+" "+each.Target.Status.Reason)
		for _, related := range each.Related {
			if !slices.ContainsFunc(result.Observations, func(seen struct{ UUID string }) bool { return seen.UUID == related.UUID }) {
				t.Errorf("%s is about an observation that there is none of", each.Target.ID)
			}
		}
	}
	for _, each := range result.Reviewed.Selections[0].Include {
		reviewed = append(reviewed, each.ID)
	}
	want := "RMP-NET-001 satisfied pass, RMP-NET-002 not-satisfied fail, RMP-NET-003 not-satisfied other"
	if got := strings.Join(findings, ", "); got != want {
		t.Errorf("findings: %s", got)
	}
	if got := strings.Join(reviewed, " "); got != "RMP-NET-001 RMP-NET-002 RMP-NET-003 RMP-ACC-004" {
		t.Errorf("reviewed: %s", got)
	}
	if got := fmt.Sprint(result.Risks); got != "[{open } {deviation-approved 2027-04-01T00:00:00Z}]" {
		t.Errorf("risks: %s", got)
	}
}

// junitRules are what the schema of Jenkins' JUnit plugin, the one that readers go by, asks of the elements that are
// written: which attributes each must and may have, and which elements may be in it. There is no schema by the format's
// authors, and none that a module carries.
var junitRules = map[string]struct {
	must, may, inside []string
}{
	"testsuites": {[]string{"name", "tests", "failures", "errors", "time"}, nil, []string{"testsuite"}},
	"testsuite":  {[]string{"name", "tests", "failures", "errors", "skipped"}, nil, []string{"testcase"}},
	"testcase":   {[]string{"name", "classname", "time"}, nil, []string{"failure", "error", "skipped", "system-out"}},
	"failure":    {nil, []string{"message", "type"}, nil},
	"error":      {nil, []string{"message", "type"}, nil},
	"skipped":    {nil, []string{"message", "type"}, nil},
	"system-out": {nil, nil, nil},
}

// followsJUnit walks over a document and says what breaks the rules.
func followsJUnit(document string) error {
	decoder := xml.NewDecoder(strings.NewReader(document))
	var path []string
	for {
		token, err := decoder.Token()
		if err != nil {
			if len(path) == 0 && decoder.InputOffset() == int64(len(document)) {
				return nil
			}
			return err
		}
		switch element := token.(type) {
		case xml.StartElement:
			name := element.Name.Local
			rules, known := junitRules[name]
			if !known || len(path) == 0 && name != "testsuites" {
				return fmt.Errorf("element %s in %v", name, path)
			}
			if len(path) > 0 && !slices.Contains(junitRules[path[len(path)-1]].inside, name) {
				return fmt.Errorf("element %s in %v", name, path)
			}
			has := []string{}
			for _, attribute := range element.Attr {
				has = append(has, attribute.Name.Local)
				if !slices.Contains(rules.must, attribute.Name.Local) && !slices.Contains(rules.may, attribute.Name.Local) {
					return fmt.Errorf("element %s has attribute %s", name, attribute.Name.Local)
				}
			}
			for _, must := range rules.must {
				if !slices.Contains(has, must) {
					return fmt.Errorf("element %s lacks attribute %s", name, must)
				}
			}
			path = append(path, name)
		case xml.EndElement:
			path = path[:len(path)-1]
		}
	}
}

func TestJUnitFollowsItsRules(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := WriteJUnit(&out, sample()); err != nil {
		t.Fatal(err)
	}
	if err := followsJUnit(out.String()); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
	for says, change := range map[string][2]string{
		"an attribute that nobody knows": {`<testcase `, `<testcase surprise="1" `},
		"a case without a class":         {`classname=`, `may-be=`},
		"a case outside of a suite":      {`<failure`, `<testcase`},
		"half a document":                {`</testsuites>`, ``},
	} {
		spoilt := strings.Replace(out.String(), change[0], change[1], 1)
		if spoilt == out.String() || followsJUnit(spoilt) == nil {
			t.Errorf("control: the rules accept %s", says)
		}
	}
}
