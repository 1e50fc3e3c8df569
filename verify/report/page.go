package report

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
)

// page is everything that the template shows.
type page struct {
	Policy string
	Style  template.CSS
	// Margins say on each sheet of paper what it is about.
	Margins template.CSS
	Script  template.JS

	Name    string
	Result  *verify.Report
	Percent int
	// Worst is the state that the score is shown in.
	Worst state
	// Ring is the part of the score's ring that is drawn, of ringLength.
	Ring     float64
	Headline string
	Started  moment
	Made     moment
	Digest   string
	Unread   []Unread

	Counts     []count
	Attention  []*control
	Areas      []area
	Frameworks []framework
	Waivers    []waiver
	Trend      *trend
	Reach      *matrix
	Rights     *rights
	Severities []baseline.Severity
	States     []state
}

// moment is a time for machines and for people.
type moment struct{ Machine, People string }

func at(when time.Time) moment {
	when = when.UTC()
	return moment{when.Format(time.RFC3339), when.Format("2 January 2006, 15:04 UTC")}
}

// count is how many controls have a state.
type count struct {
	state

	Number int
}

// area is a part of the cluster with its controls.
type area struct {
	baseline.AreaTitle

	Controls []*control
	Proven   int
	// Could is how many could have been proven in this run.
	Could int
	Bar   []segment
}

// control is one result as the page shows it.
type control struct {
	verify.Result

	State state
	// Frameworks that it answers, by their short names, for the filter.
	Frameworks string
	// Items that it answers, by framework.
	Items []items
	// Reproduce is the command that attacks it again.
	Reproduce string
	// Words that a search finds it by.
	Words string
}

type items struct {
	Framework baseline.Framework
	Items     []string
}

const (
	ringRadius = 52
	ringLength = 2 * 3.14159265 * ringRadius
)

func newPage(sorted []*verify.Report, options Options) page {
	result := sorted[len(sorted)-1]
	made := page{
		Style: template.CSS(style), Script: template.JS(script), //nolint:gosec // they are files of this package
		Name: nameOf(result), Result: result, Percent: result.Score.Percent(), Headline: headline(result),
		Started: at(result.Started), Made: at(options.Now), Digest: options.Digest, Unread: options.Unread,
		Severities: []baseline.Severity{
			baseline.SeverityCritical, baseline.SeverityHigh, baseline.SeverityMedium, baseline.SeverityLow,
		},
		States: states(),
		Trend:  newTrend(sorted), Reach: reachability(result.Connections), Rights: rightsOf(result.Rights),
	}
	margins := marginsOf(made.Name, made.Started.People, result.Run)
	made.Margins = template.CSS(margins) //nolint:gosec // what is not ours in it is escaped
	made.Policy = policy(margins)
	made.Worst = worstOf(result.Score)
	made.Ring = ringLength * float64(made.Percent) / 100
	var controls []*control
	for _, each := range result.Results {
		controls = append(controls, newControl(each, result))
	}
	for _, each := range states() {
		number := 0
		for _, control := range controls {
			if control.State == each {
				number++
			}
		}
		if number > 0 {
			made.Counts = append(made.Counts, count{each, number})
		}
	}
	for _, each := range baseline.Areas() {
		if grouped := newArea(each, controls); len(grouped.Controls) > 0 {
			made.Areas = append(made.Areas, grouped)
		}
	}
	for _, each := range controls {
		if each.State == failed || each.State == prevented {
			made.Attention = append(made.Attention, each)
		}
	}
	slices.SortStableFunc(made.Attention, func(a, b *control) int {
		return cmp.Or(strings.Compare(a.State.Key, b.State.Key), // failed before prevented
			slices.Index(made.Severities, a.Severity)-slices.Index(made.Severities, b.Severity))
	})
	made.Frameworks = frameworks(controls)
	made.Waivers = waivers(controls, options.Now)
	return made
}

func worstOf(score verify.Score) state {
	switch {
	case score.Failed > 0:
		return failed
	case score.Prevented > 0 || score.Proven == 0:
		return prevented
	default:
		return proven
	}
}

func nameOf(result *verify.Report) string {
	if result.Stack != "" {
		return result.Stack
	}
	return strings.TrimPrefix(result.Cluster, "https://")
}

// headline is the outcome in one sentence.
func headline(result *verify.Report) string {
	s := result.Score
	attacked := s.Proven + s.Failed + s.Prevented
	switch {
	case result.Cut != "":
		return fmt.Sprintf("The run was cut short. Until then %d of %d controls were proven.", s.Proven, attacked)
	case attacked == 0:
		return "Nothing was attacked: there was no control to prove."
	case s.Failed > 0 && s.Prevented > 0:
		return fmt.Sprintf("An attack got past %d of %s; %d more %s inconclusive.",
			s.Failed, controlsIn(attacked), s.Prevented, are(s.Prevented))
	case s.Failed > 0:
		return fmt.Sprintf("An attack got past %d of %s.", s.Failed, controlsIn(attacked))
	case s.Prevented > 0:
		return fmt.Sprintf("No attack got past a control, but %d of %d %s inconclusive.", s.Prevented, attacked, are(s.Prevented))
	default:
		return fmt.Sprintf("All %d controls that were attacked held.", attacked)
	}
}

func are(number int) string {
	if number == 1 {
		return "is"
	}
	return "are"
}

func controlsIn(number int) string {
	if number == 1 {
		return "1 control"
	}
	return fmt.Sprintf("%d controls", number)
}

func newControl(result verify.Result, report *verify.Report) *control {
	made := &control{Result: result, State: stateOf(result), Reproduce: "rampart verify "}
	if report.Stack != "" {
		made.Reproduce += "--stack " + report.Stack + " "
	} else {
		made.Reproduce += "--kubeconfig FILE "
	}
	made.Reproduce += "--control " + string(result.Control)
	words := []string{string(result.Control), result.Title, result.Risk, result.Evidence, string(result.Severity)}
	var keys []string
	for _, each := range baseline.Frameworks() {
		found := items{Framework: each}
		for _, reference := range result.References {
			if item, ok := strings.CutPrefix(reference, string(each)+": "); ok {
				found.Items = append(found.Items, item)
				words = append(words, item)
			}
		}
		if len(found.Items) > 0 {
			made.Items = append(made.Items, found)
			keys = append(keys, frameworkKey(each))
		}
	}
	for _, attack := range result.Attacks {
		words = append(words, attack.Name, attack.Does)
	}
	made.Frameworks = strings.Join(keys, " ")
	made.Words = strings.ToLower(strings.Join(words, " "))
	return made
}

// segment is a part of an area's bar.
type segment struct {
	state

	X, Width float64
	Number   int
}

// barWidth is how wide a bar is drawn, in units of its picture.
const barWidth = 240

func newArea(title baseline.AreaTitle, controls []*control) area {
	made := area{AreaTitle: title}
	for _, each := range controls {
		if each.Area != title.Area {
			continue
		}
		made.Controls = append(made.Controls, each)
		switch each.State {
		case proven:
			made.Proven++
			made.Could++
		case failed, prevented:
			made.Could++
		}
	}
	x := 0.0
	for _, each := range states() {
		number := 0
		for _, control := range made.Controls {
			if control.State == each {
				number++
			}
		}
		if number == 0 {
			continue
		}
		width := barWidth * float64(number) / float64(len(made.Controls))
		made.Bar = append(made.Bar, segment{each, x, width, number})
		x += width
	}
	return made
}
