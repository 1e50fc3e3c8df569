package access

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"

	"github.com/rampart-iac/rampart/components/access"
)

// goldenMatrix holds, line by line, what everybody may do beyond what anybody may.
const goldenMatrix = "testdata/matrix.txt"

type answers map[authorizationv1.ResourceAttributes]bool

// TestMatrix asks about everybody, every verb and every resource, and compares the answers with what stands in testdata and
// in the documentation. Then it holds them to what may not be, whatever is written there.
func TestMatrix(t *testing.T) {
	t.Parallel()
	makeRoles(t)
	all := resources(t)
	matrix := map[string]answers{}
	var lines []string
	for _, who := range []somebody{anybody, anyAccount} {
		matrix[who.name] = ask(t, who, questions(all, wholeCluster))
		lines = append(lines, byResource(who.name, matrix[who.name])...)
	}
	for _, who := range everybody() {
		given := answers{}
		for _, scope := range who.scopes {
			maps.Copy(given, ask(t, who, questions(all, scope)))
		}
		maps.DeleteFunc(given, func(question authorizationv1.ResourceAttributes, _ bool) bool {
			question.Namespace = wholeCluster
			return matrix[who.common][question]
		})
		if len(given) == 0 {
			t.Errorf("control: %s may do nothing", who.name)
		}
		matrix[who.name] = given
		lines = append(lines, byResource(who.name, given)...)
		if who.name == string(access.BreakGlass) {
			continue
		}
		for _, taboo := range taboos() {
			for question := range given {
				if taboo.covers(question) {
					t.Errorf("%s may %s", line(who.name, question), taboo.says)
				}
			}
		}
		for question := range given {
			if len(who.scopes) > 1 && question.Namespace != ownNamespace {
				t.Errorf("%s beyond the tenant's own namespace", line(who.name, question))
			}
		}
	}
	compareFile(t, goldenMatrix, strings.Join(lines, "\n")+"\n")
	compareTable(t, matrix)
}

// line is one answer.
func line(who string, question authorizationv1.ResourceAttributes) string {
	return fmt.Sprintf("%s, %s: %s %s", who, scopeName(question), resourceName(question), question.Verb)
}

// byResource puts the verbs of one resource on one line.
func byResource(who string, given answers) []string {
	type key struct{ scope, resource string }
	verbsOf := map[key][]string{}
	var keys []key
	for _, question := range slices.SortedFunc(maps.Keys(given), compare) {
		at := key{scopeName(question), resourceName(question)}
		if verbsOf[at] == nil {
			keys = append(keys, at)
		}
		verbsOf[at] = append(verbsOf[at], question.Verb)
	}
	lines := make([]string, 0, len(keys))
	for _, at := range keys {
		lines = append(lines, fmt.Sprintf("%s, %s: %s %s", who, at.scope, at.resource, strings.Join(verbsOf[at], " ")))
	}
	return lines
}

func scopeName(question authorizationv1.ResourceAttributes) string {
	if question.Namespace == wholeCluster {
		return "everywhere"
	}
	return "in " + question.Namespace
}

func resourceName(question authorizationv1.ResourceAttributes) string {
	name := question.Resource
	if question.Subresource != "" {
		name += "/" + question.Subresource
	}
	if question.Group != "" {
		name += "." + question.Group
	}
	return name
}

// compare orders questions by scope, resource, and verb as verbs has them.
func compare(a, b authorizationv1.ResourceAttributes) int {
	if byName := strings.Compare(scopeName(a)+" "+resourceName(a), scopeName(b)+" "+resourceName(b)); byName != 0 {
		return byName
	}
	return slices.Index(verbs, a.Verb) - slices.Index(verbs, b.Verb)
}

// compareFile compares a file with what it should be, or writes it.
func compareFile(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, after := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for _, line := range after {
		if !slices.Contains(before, line) {
			t.Errorf("%s does not have: %s", path, line)
		}
	}
	for _, line := range before {
		if !slices.Contains(after, line) {
			t.Errorf("%s has, and it is not so: %s", path, line)
		}
	}
}
