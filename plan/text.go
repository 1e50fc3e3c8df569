package plan

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/rampart-iac/rampart/baseline"
)

// width is that of lines which can be broken.
const width = 120

// WriteText writes the plan for people.
func (p Plan) WriteText(out io.Writer) error {
	var text strings.Builder
	where := "on this machine"
	if p.Region != "" {
		where = "in " + p.Region
	}
	fmt.Fprintf(&text, "Stack %s: cluster %s (%s, Kubernetes %s) %s\n", p.Stack, p.Cluster, p.Provider, p.KubernetesVersion, where)
	if p.Time != nil {
		fmt.Fprintf(&text, "up takes about %d to %d minutes, by what the cloud documents\n", p.Time.LeastMinutes, p.Time.MostMinutes)
	}
	for _, warning := range p.Warnings {
		wrap(&text, "warning: ", warning)
	}
	p.writeGroups(&text)
	p.writeControls(&text)
	p.writePublic(&text)
	p.writeIdentities(&text)
	p.writeCost(&text)
	_, err := io.WriteString(out, text.String())
	return err
}

func heading(text *strings.Builder, title, remark string) {
	fmt.Fprintf(text, "\n%s: %s\n", strings.ToUpper(title), remark)
}

// labelWidth is that of the names of groups, and numberWidth that of counts.
const (
	labelWidth  = 28
	numberWidth = 4
)

func (p Plan) writeGroups(text *strings.Builder) {
	total := 0
	for _, group := range p.Groups {
		total += group.Count
	}
	heading(text, "What is made", fmt.Sprintf("%d resources", total))
	for _, group := range p.Groups {
		kinds := make([]string, 0, len(group.Kinds))
		for _, kind := range group.Kinds {
			kinds = append(kinds, fmt.Sprintf("%d %s", kind.Count, kind.Kind))
		}
		label := fmt.Sprintf("  %-*s%*d  ", labelWidth, group.Name, numberWidth, group.Count)
		listing(text, label, kinds)
	}
}

// wrap writes a sentence behind a label, and goes on below where it began.
func wrap(text *strings.Builder, label, sentence string) {
	unbroken(text, label, strings.Fields(sentence))
}

// listing writes things behind a label likewise, each of them in one line.
func listing(text *strings.Builder, label string, things []string) {
	for i := range len(things) - 1 {
		things[i] += ","
	}
	unbroken(text, label, things)
}

func unbroken(text *strings.Builder, label string, words []string) {
	line, indent := label, strings.Repeat(" ", len(label))
	for _, word := range words {
		if len(line)+len(word) > width && strings.TrimSpace(line) != strings.TrimSpace(label) {
			text.WriteString(strings.TrimRight(line, " ") + "\n")
			line = indent
		}
		line += word + " "
	}
	text.WriteString(strings.TrimRight(line, " ") + "\n")
}

func (p Plan) writeControls(text *strings.Builder) {
	held, all := 0, 0
	for _, state := range p.Controls.States {
		all += len(state.Controls)
		if state.State == string(baseline.StateEnforced) || state.State == string(baseline.StateByCloud) {
			held += len(state.Controls)
		}
	}
	heading(text, "Controls", fmt.Sprintf("%d of the %d of baseline %s, level %s, are enforced", held, all, p.Controls.Version,
		p.Controls.Level))
	for _, state := range p.Controls.States {
		label := fmt.Sprintf("  %-*s%*d  ", labelWidth, state.State, numberWidth, len(state.Controls))
		switch baseline.State(state.State) {
		case baseline.StateEnforced, baseline.StateByCloud, baseline.StateNotApplicable:
			ids := make([]string, 0, len(state.Controls))
			for _, control := range state.Controls {
				ids = append(ids, control.ID)
			}
			listing(text, label, ids)
		default: // what somebody has to know of, with the reason
			text.WriteString(strings.TrimRight(label, " ") + "\n")
			for _, control := range state.Controls {
				wrap(text, "    "+control.ID+"  ", control.Title+": "+control.By)
			}
		}
	}
}

func (p Plan) writePublic(text *strings.Builder) {
	verdict := "nothing"
	switch {
	case len(p.Public.Reachable) > 0:
		verdict = fmt.Sprintf("%d %s", len(p.Public.Reachable), plural(len(p.Public.Reachable), "way in", "ways in"))
	case len(p.Public.Unjudged) > 0:
		verdict = "not known"
	}
	heading(text, "Public", verdict)
	for _, each := range p.Public.Reachable {
		wrap(text, "  in   ", fmt.Sprintf("%s: %s, from %s", each.Resource, each.What, each.From))
	}
	for _, each := range p.Public.Unjudged {
		wrap(text, "  ?    ", each+": no rule here knows what it opens")
	}
	for _, each := range p.Public.WaysOut {
		wrap(text, "  out  ", each.Resource+": "+each.What)
	}
}

func plural(count int, one, many string) string {
	if count == 1 {
		return one
	}
	return many
}

func (p Plan) writeIdentities(text *strings.Builder) {
	heading(text, "Identities", fmt.Sprintf("%d permissions", len(p.Identities)))
	rows := [][]string{{"Identity", "Permission", "On", "Used by"}}
	before := Grant{}
	for _, each := range p.Identities {
		identity, usedBy := each.Identity, each.UsedBy
		if identity == before.Identity {
			identity, usedBy = "", ""
		}
		rows = append(rows, []string{identity, each.Permission, each.On, usedBy})
		before = each
	}
	table(text, rows)
}

// table writes rows in columns as wide as they must be.
func table(text *strings.Builder, rows [][]string) {
	const gap = 2
	var aligned strings.Builder
	columns := tabwriter.NewWriter(&aligned, 0, 0, gap, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(columns, "  "+strings.Join(row, "\t"))
	}
	_ = columns.Flush() // into memory
	for line := range strings.Lines(aligned.String()) {
		text.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
}

func (p Plan) writeCost(text *strings.Builder) {
	if p.Cost == nil {
		heading(text, "Cost", "nothing is paid for")
		return
	}
	least := ""
	if len(p.Cost.Unpriced) > 0 {
		least = "at least "
	}
	heading(text, "Cost", fmt.Sprintf("%s%.0f %s a month in %s, before traffic, by list prices gone through on %s", least,
		p.Cost.Monthly, p.Cost.Currency, p.Cost.Region, p.Cost.PricesAsOf))
	rows := [][]string{{"Quantity", "What", "Price", "A month", "Price of"}}
	for _, item := range p.Cost.Items {
		price, monthly, day := "unknown", "unknown", ""
		if item.Amount != nil {
			price, monthly = fmt.Sprintf("%.5g/%s", *item.Amount, item.Unit), fmt.Sprintf("%.2f", *item.Monthly)
			day = item.AsOf
			if day == unknownDay {
				day = "an unknown day"
			}
		}
		rows = append(rows, []string{fmt.Sprint(item.Quantity), item.What, price, monthly, day})
	}
	table(text, rows)
	for _, each := range p.Cost.LeftOut {
		wrap(text, "  left out: ", each)
	}
}
