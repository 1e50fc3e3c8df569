package access

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// The documentation has the matrix between two marks, for people to read.
const (
	document   = "../../../docs/access.md"
	tableStart = "<!-- The table is written by: go test ./tests/apiserver/access -update -->\n"
	tableEnd   = "<!-- End of the table -->\n"
)

// columns of the table: whose answers, where, and their heading.
var columns = []struct{ who, scope, heading string }{
	{"viewer", wholeCluster, "viewer"},
	{"operator", wholeCluster, "operator"},
	{"auditor", wholeCluster, "auditor"},
	{"break-glass", wholeCluster, "break-glass"},
	{"viewer of blue", ownNamespace, "tenant's viewer"},
	{"developer of blue", ownNamespace, "tenant's developer"},
	{"operator of blue", ownNamespace, "tenant's operator"},
}

func compareTable(t *testing.T, matrix map[string]answers) {
	t.Helper()
	content, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(content), tableStart)
	_, after, closed := strings.Cut(rest, tableEnd)
	if !found || !closed {
		t.Fatalf("%s has no table: it must stand between %q and %q", document, tableStart, tableEnd)
	}
	compareFile(t, document, before+tableStart+table(matrix)+tableEnd+after)
}

// table has one row for all resources of a group about which the answers are the same.
func table(matrix map[string]answers) string {
	cells := map[string]string{} // by resource
	var names []string
	for _, column := range columns {
		for question := range matrix[column.who] {
			if name := resourceName(question); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	for _, name := range names {
		var row []string
		for _, column := range columns {
			row = append(row, cell(matrix[column.who], column.scope, name))
		}
		cells[name] = strings.Join(row, " | ")
	}
	var rows []string
	seen := map[string]bool{}
	for _, name := range names {
		if seen[cells[name]] {
			continue
		}
		seen[cells[name]] = true
		var alike []string
		for _, other := range names {
			if cells[other] == cells[name] {
				alike = append(alike, "`"+other+"`")
			}
		}
		rows = append(rows, fmt.Sprintf("| %s | %s |\n", strings.Join(alike, ", "), cells[name]))
	}
	headings := []string{"Resource"}
	for _, column := range columns {
		headings = append(headings, column.heading)
	}
	return fmt.Sprintf("\n| %s |\n|%s\n%s\n", strings.Join(headings, " | "),
		strings.Repeat("---|", len(headings)), strings.Join(rows, ""))
}

// cell says in one word what somebody may do with a resource.
func cell(given answers, scope, name string) string {
	var may []string
	for _, verb := range verbs {
		for question := range given {
			if question.Verb == verb && question.Namespace == scope && resourceName(question) == name {
				may = append(may, verb)
			}
		}
	}
	for question := range given {
		if !slices.Contains(verbs, question.Verb) && question.Namespace == scope && resourceName(question) == name {
			may = append(may, question.Verb)
		}
	}
	switch {
	case len(may) == 0:
		return ""
	case slices.Equal(may, reading):
		return "read"
	case slices.Equal(may, []string{"get", "list", "watch", "create", "update", "patch", "delete"}):
		return "manage"
	case len(may) > len(reading) && slices.Equal(may[:len(reading)], reading):
		return "read, " + strings.Join(may[len(reading):], ", ")
	default:
		return strings.Join(may, ", ")
	}
}
