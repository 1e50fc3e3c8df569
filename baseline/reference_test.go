package baseline

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

// referencePage is the page of the controls, for people.
const referencePage = "../docs/reference/controls.md"

// TestReferenceIsCurrent renders the catalogue and compares the page with it.
func TestReferenceIsCurrent(t *testing.T) {
	t.Parallel()
	compareFile(t, referencePage, render(Current()))
}

// page is Markdown in the making.
type page struct{ bytes.Buffer }

func (p *page) line(format string, arguments ...any) {
	fmt.Fprintf(p, format+"\n", arguments...)
}

// row writes a row of a table.
func (p *page) row(cells ...string) {
	p.line("| %s |", strings.Join(cells, " | "))
}

// head writes the head of a table.
func (p *page) head(cells ...string) {
	p.row(cells...)
	p.row(slices.Repeat([]string{"---"}, len(cells))...)
}

func render(catalogue Catalogue) string {
	p := &page{}
	renderIntroduction(p, catalogue)
	renderSummary(p, catalogue)
	renderAreas(p, catalogue)
	for _, provider := range Providers() {
		renderProvider(p, catalogue, provider)
	}
	for _, framework := range Frameworks() {
		renderFramework(p, catalogue, framework)
	}
	return strings.TrimRight(p.String(), "\n") + "\n"
}

func renderIntroduction(p *page, catalogue Catalogue) {
	p.line("# Controls")
	p.line("")
	p.line("<!-- Generated from baseline/ by \"make generate\": change the catalogue, not this page. -->")
	p.line("")
	p.line("What a Rampart cluster promises, who keeps the promise, and which test would fail if it did not hold. An ID keeps its")
	p.line("meaning for ever ([decision 9](../decisions/0009-controls.md)); a stack file, a report or a ticket may quote it.")
	p.line("")
	p.line("- **Levels**: `%s` is the default and has every control. `%s` leaves out those marked *restricted only*.",
		LevelRestricted, LevelBaseline)
	versions := make([]string, 0, len(catalogue.Versions))
	for _, version := range catalogue.Versions {
		versions = append(versions, "`"+string(version)+"`")
	}
	p.line("- **Versions** of the baseline: %s. A stack that pins one keeps its set of controls.", strings.Join(versions, ", "))
	p.line("- **States**, which mean the same on every provider:")
	for _, state := range []State{StateEnforced, StateByCloud, StatePlanned, StateNotApplicable, StateNotPossible} {
		p.line("  - *%s*: %s.", state, state.Meaning())
	}
	p.line("- **Waivers** stand in the stack file, under `rampart:baseline`, with control, scope, reason, owner and last day.")
	for _, control := range catalogue.Controls {
		if control.WhenWaived != "" {
			p.line("  %s waived: %s", link(control.ID), control.WhenWaived)
		}
	}
	p.line("  Any other waiver changes nothing in the cluster: it says for the record who answers for a control not holding.")
	p.line("")
	p.line("Contents: %s", strings.Join(contents(), " · "))
	p.line("")
}

func contents() []string {
	var links []string
	add := func(title string) { links = append(links, fmt.Sprintf("[%s](#%s)", title, slug(title))) }
	add("Summary")
	for _, area := range Areas() {
		add(area.Title)
	}
	for _, provider := range Providers() {
		add(providerTitle(provider))
	}
	for _, framework := range Frameworks() {
		add(string(framework))
	}
	return links
}

// slug is what forges make of a heading.
func slug(title string) string {
	var text strings.Builder
	for _, letter := range strings.ToLower(title) {
		switch {
		case letter == ' ':
			text.WriteByte('-')
		case letter >= 'a' && letter <= 'z', letter >= '0' && letter <= '9', letter == '-':
			text.WriteRune(letter)
		}
	}
	return text.String()
}

func providerTitle(provider Provider) string { return "On " + string(provider) }

func link(id ControlID) string {
	return fmt.Sprintf("[%s](#%s)", id, strings.ToLower(string(id)))
}

func renderSummary(p *page, catalogue Catalogue) {
	p.line("## Summary")
	p.line("")
	for _, provider := range Providers() {
		p.head("Framework, on "+string(provider), "Items", "Enforced", "In part", "Planned", "Not possible", "Not applicable", "No control")
		for _, framework := range Frameworks() {
			counts, automated := map[string]int{}, map[string]int{}
			for _, item := range Items(framework) {
				standing := catalogue.standing(framework, item, provider)
				counts[standing]++
				if item.Automated {
					automated[standing]++
				}
			}
			p.counts(fmt.Sprintf("[%s](#%s)", framework, slug(string(framework))), counts)
			if len(automated) > 0 {
				p.counts("of which count for the benchmark's score", automated)
			}
		}
		p.line("")
	}
	p.line("*In part*: some of the controls that answer the item are enforced, and others are planned or not possible.")
	p.line("*No control*: the table of the framework says why.")
	p.line("")
}

// counts writes a row of the summary.
func (p *page) counts(title string, counts map[string]int) {
	all := 0
	for _, count := range counts {
		all += count
	}
	cells := []string{title, fmt.Sprint(all)}
	for _, standing := range []string{"enforced", "in part", "planned", "not possible", "not applicable", "no control"} {
		cells = append(cells, fmt.Sprint(counts[standing]))
	}
	p.row(cells...)
}

// standing says in a word or two how an item of a framework is answered on a provider.
func (c Catalogue) standing(framework Framework, item Item, provider Provider) string {
	states := map[State]bool{}
	for _, control := range c.Answers(Reference{Framework: framework, Item: item.ID}) {
		states[control.Enforcement[provider].State] = true
	}
	holds := states[StateEnforced] || states[StateByCloud]
	switch {
	case len(states) == 0:
		return "no control"
	case holds && (states[StatePlanned] || states[StateNotPossible]):
		return "in part"
	case holds:
		return "enforced"
	case states[StatePlanned]:
		return "planned"
	case states[StateNotPossible]:
		return "not possible"
	default:
		return "not applicable"
	}
}

func renderAreas(p *page, catalogue Catalogue) {
	for _, area := range Areas() {
		p.line("## %s", area.Title)
		p.line("")
		columns := []string{"ID", "What holds, and why", "Severity"}
		for _, provider := range Providers() {
			columns = append(columns, providerTitle(provider))
		}
		p.head(append(columns, "Answers")...)
		for _, control := range catalogue.Controls {
			if control.Area() != area.Area {
				continue
			}
			id := fmt.Sprintf(`<a id="%s"></a>%s`, strings.ToLower(string(control.ID)), control.ID)
			if !slices.Contains(control.Levels, LevelBaseline) {
				id += "<br>*restricted only*"
			}
			if control.Kubernetes != "" {
				id += "<br>*from " + string(control.Kubernetes) + "*"
			}
			cells := []string{id, "**" + control.Title + ".** " + control.Why, string(control.Severity)}
			for _, provider := range Providers() {
				cells = append(cells, enforcementCell(control, control.Enforcement[provider]))
			}
			p.row(append(cells, answersCell(control))...)
		}
		p.line("")
	}
}

func enforcementCell(control Control, enforcement Enforcement) string {
	switch enforcement.State {
	case StateEnforced:
		proof := control.Proof
		if enforcement.Proof != "" {
			proof = enforcement.Proof
		}
		folder, test, _ := strings.Cut(proof, ".Test")
		return fmt.Sprintf("enforced by %s<br>proof: [Test%s](%s)", folderLink(enforcement.Component), test, path.Join("../..", folder))
	case StatePlanned:
		return "planned, in " + folderLink(enforcement.Component)
	case StateByCloud:
		return "by the cloud: " + enforcement.Setting
	default:
		return string(enforcement.State) + ": " + enforcement.Reason
	}
}

func folderLink(folder string) string {
	return fmt.Sprintf("[%s](%s)", folder, path.Join("../..", folder))
}

// shortNames are what tables call the frameworks.
var shortNames = map[Framework]string{CIS: "CIS", NSA: "NSA/CISA", OWASP: "OWASP", PSS: "Pod Security"}

func answersCell(control Control) string {
	var groups []string
	for _, framework := range Frameworks() {
		var items []string
		for _, reference := range control.References {
			if reference.Framework == framework {
				items = append(items, reference.Item)
			}
		}
		if len(items) > 0 {
			groups = append(groups, shortNames[framework]+" "+strings.Join(items, ", "))
		}
	}
	return strings.Join(groups, "<br>")
}

func renderProvider(p *page, catalogue Catalogue, provider Provider) {
	p.line("## %s", providerTitle(provider))
	p.line("")
	for _, state := range []State{StateEnforced, StateByCloud, StatePlanned, StateNotPossible, StateNotApplicable} {
		var lines []string
		for _, control := range catalogue.Controls {
			if control.Enforcement[provider].State != state {
				continue
			}
			line := link(control.ID)
			if reason := control.Enforcement[provider].Reason; reason != "" {
				line += " (" + reason + ")"
			}
			lines = append(lines, line)
		}
		if len(lines) > 0 {
			p.line("**%s**, %d of %d: %s.", strings.ToUpper(string(state[:1]))+string(state[1:]), len(lines),
				len(catalogue.Controls), strings.Join(lines, ", "))
			p.line("")
		}
	}
}

func renderFramework(p *page, catalogue Catalogue, framework Framework) {
	p.line("## %s", framework)
	p.line("")
	if framework == CIS {
		p.line("Titles are ours. *A* marks the items that the benchmark counts for its score. Its 2.0 asks for the same.")
		p.line("")
	}
	if framework == NSA {
		p.line("The guide numbers nothing. Our letters stand for its chapters: pods, network, authentication and authorization,")
		p.line("logs, upgrades.")
		p.line("")
	}
	columns := []string{"Item", "What it asks for"}
	for _, provider := range Providers() {
		columns = append(columns, providerTitle(provider))
	}
	p.head(append(columns, "Controls")...)
	for _, item := range Items(framework) {
		id := item.ID
		if item.Automated {
			id += " *A*"
		}
		cells := []string{id, item.Title}
		for _, provider := range Providers() {
			cells = append(cells, catalogue.standing(framework, item, provider))
		}
		var controls []string
		for _, control := range catalogue.Answers(Reference{Framework: framework, Item: item.ID}) {
			controls = append(controls, link(control.ID))
		}
		if len(controls) == 0 {
			controls = []string{"none: " + item.Uncovered}
		}
		p.row(append(cells, strings.Join(controls, ", "))...)
	}
	p.line("")
}
