package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rampart-iac/rampart/verify"
)

// matrix shows who reached whom.
type matrix struct {
	Columns []string
	Rows    []row
	Tried   int
	Wrong   int
}

type row struct {
	Name  string
	Cells []cell
}

// cell is one field of a table: an icon, and words for those who do not see it or want to know more.
type cell struct {
	// Key is the icon's: open, shut, breach, lost, mixed or none.
	Key  string
	Says string
}

var noCell = cell{"none", "not tried"}

// reachability makes the table of connections. A field is about all protocols and ports between two places.
func reachability(connections []verify.Connection) *matrix {
	if len(connections) == 0 {
		return nil
	}
	made := &matrix{Tried: len(connections)}
	var rows []string
	fields := map[[2]string][]verify.Connection{}
	for _, each := range connections {
		if !slices.Contains(rows, each.From) {
			rows = append(rows, each.From)
		}
		if !slices.Contains(made.Columns, each.To) {
			made.Columns = append(made.Columns, each.To)
		}
		place := [2]string{each.From, each.To}
		fields[place] = append(fields[place], each)
		if each.Allowed != each.Arrived {
			made.Wrong++
		}
	}
	order(rows, made.Columns, fields)
	for _, from := range rows {
		next := row{Name: from}
		for _, to := range made.Columns {
			next.Cells = append(next.Cells, reachCell(fields[[2]string{from, to}]))
		}
		made.Rows = append(made.Rows, next)
	}
	return made
}

// order puts rows with attacks before those that are nothing but control experiments, and columns that are rows as well, the
// places that somebody has rights over, before those that are only targets.
func order(rows, columns []string, fields map[[2]string][]verify.Connection) {
	attacked := map[string]int{}
	for place, connections := range fields {
		for _, each := range connections {
			if !each.Allowed {
				attacked[place[0]]++
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b string) int { return min(attacked[b], 1) - min(attacked[a], 1) })
	rank := func(column string) int {
		if slices.Contains(rows, column) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(columns, func(a, b string) int { return rank(a) - rank(b) })
}

func reachCell(connections []verify.Connection) cell {
	words := map[string][]string{}
	add := func(key string, each verify.Connection) {
		if lane := each.Protocol + " " + each.Port; !slices.Contains(words[key], lane) {
			words[key] = append(words[key], lane)
		}
	}
	for _, each := range connections {
		switch {
		case !each.Allowed && each.Arrived:
			add("breach", each)
		case each.Allowed && !each.Arrived:
			add("lost", each)
		case each.Allowed:
			add("open", each)
		default:
			add("shut", each)
		}
	}
	var keys, said []string
	for _, each := range []struct{ key, says string }{
		{"breach", "arrived, and must not"}, {"lost", "did not arrive, and should have"},
		{"shut", "dropped, as it must be"}, {"open", "arrived, as it should"},
	} {
		if len(words[each.key]) > 0 {
			keys = append(keys, each.key)
			said = append(said, fmt.Sprintf("%s: %s", each.says, strings.Join(words[each.key], ", ")))
		}
	}
	switch {
	case len(keys) == 0:
		return noCell
	case len(keys) > 1 && keys[0] == "shut":
		return cell{"mixed", strings.Join(said, "; ")}
	default:
		return cell{keys[0], strings.Join(said, "; ")}
	}
}

// rights shows who may do what: what must be refused to everybody, and what personas differ in.
type rights struct {
	People []string
	Groups []rightGroup
	Asked  int
	Wrong  int
}

type rightGroup struct {
	Title string
	Rows  []row
}

func rightsOf(asked []verify.Right) *rights {
	if len(asked) == 0 {
		return nil
	}
	made := &rights{Asked: len(asked)}
	for _, each := range asked {
		if !slices.Contains(made.People, each.Who) {
			made.People = append(made.People, each.Who)
		}
		if each.Forbidden && each.Given {
			made.Wrong++
		}
	}
	for _, group := range []struct {
		title     string
		forbidden bool
	}{{"What they are there for", false}, {"What would lead to more, and must be refused", true}} {
		next := rightGroup{Title: group.title}
		var actions []string
		for _, each := range asked {
			if each.Forbidden == group.forbidden && !slices.Contains(actions, each.Action) {
				actions = append(actions, each.Action)
			}
		}
		for _, action := range actions {
			line := row{Name: action}
			for _, who := range made.People {
				line.Cells = append(line.Cells, rightCell(asked, who, action, group.forbidden))
			}
			next.Rows = append(next.Rows, line)
		}
		if len(next.Rows) > 0 {
			made.Groups = append(made.Groups, next)
		}
	}
	return made
}

func rightCell(asked []verify.Right, who, action string, forbidden bool) cell {
	found := noCell
	for _, each := range asked {
		if each.Who != who || each.Action != action || each.Forbidden != forbidden {
			continue
		}
		switch {
		case each.Given && forbidden:
			return cell{"breach", "may, and must not"}
		case each.Given:
			found = cell{"open", "may"}
		case forbidden && found == noCell:
			found = cell{"shut", "refused, as it must be"}
		case found == noCell:
			found = cell{"no", "may not"}
		}
	}
	return found
}
