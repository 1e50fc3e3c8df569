package suite

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Needs are the permissions that the provider uses on resources of a type, by what is done with them. They are written down
// from the cloud's own reference; no account has confirmed them.
type Needs struct {
	Create, Read, Update, Delete []string
}

// docs is the folder of what people read, seen from the package of a cloud.
var docs = filepath.Join("..", "..", "..", "docs")

func (n Needs) all() []string { return slices.Concat(n.Create, n.Read, n.Update, n.Delete) }

// Deployer says what whoever runs Pulumi may do, and what that is for.
type Deployer struct {
	// Document is the file in docs that people give the deployer its permissions with, and Read finds them in it.
	Document string
	Read     func(t *testing.T, document []byte) []string

	// Needs by types of resources.
	Needs map[string]Needs

	// Options are types that a setting of no stack here makes.
	Options []string
}

// Permissions holds the document to what the plans of the stacks, and the options, need: nothing is missing, and nothing is
// there that nothing needs.
func (c Cloud) Permissions(t *testing.T, deployer Deployer) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(docs, deployer.Document))
	if err != nil {
		t.Fatal(err)
	}
	allowed := deployer.Read(t, content)
	types := map[string]bool{}
	for _, option := range deployer.Options {
		types[option] = true
	}
	for _, stack := range []string{"-dev", "-prod"} {
		plan, err := os.ReadFile(planFile(c.Name + stack))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(plan)) {
			if token, _, _ := strings.Cut(line, " "); strings.HasPrefix(token, c.Package+":") {
				types[token] = true
			}
		}
	}
	for _, fault := range permissionFaults(allowed, deployer.Needs, types) {
		t.Error(fault)
	}
	// The check itself sees each permission that is taken away, and one that is too many.
	for i, permission := range allowed {
		if len(permissionFaults(slices.Delete(slices.Clone(allowed), i, i+1), deployer.Needs, types)) == 0 {
			t.Errorf("nobody misses %s", permission)
		}
	}
	if len(permissionFaults(append(allowed, "everything"), deployer.Needs, types)) != 1 {
		t.Error("a permission that is too many is not seen")
	}
}

func permissionFaults(allowed []string, needs map[string]Needs, types map[string]bool) []string {
	var faults []string
	needed := map[string]bool{}
	for _, token := range slices.Sorted(maps.Keys(types)) {
		if _, known := needs[token]; !known {
			faults = append(faults, "nobody wrote down what "+token+" needs")
		}
		for _, permission := range needs[token].all() {
			if !needed[permission] && !slices.Contains(allowed, permission) {
				faults = append(faults, token+" needs "+permission+", which the document does not allow")
			}
			needed[permission] = true
		}
	}
	for i, permission := range allowed {
		switch {
		case slices.Contains(allowed[:i], permission):
			faults = append(faults, permission+" is allowed twice")
		case strings.Contains(permission, "*"):
			faults = append(faults, permission+" is more than one permission")
		case !needed[permission]:
			faults = append(faults, "the document allows "+permission+", which nothing needs")
		}
	}
	for _, token := range slices.Sorted(maps.Keys(needs)) {
		if !types[token] {
			faults = append(faults, "no plan has "+token)
		}
	}
	return faults
}

// Grants holds the condition under which the deployer may give roles, a file in docs, to the roles that the plans of the
// stacks give: it names these and no other. The expression finds a role, in the plans and in the document.
func (c Cloud) Grants(t *testing.T, document string, inPlans, inDocument *regexp.Regexp) {
	t.Helper()
	var given string
	for _, stack := range []string{"-dev", "-prod"} {
		plan, err := os.ReadFile(planFile(c.Name + stack))
		if err != nil {
			t.Fatal(err)
		}
		given += string(plan)
	}
	condition, err := os.ReadFile(filepath.Join(docs, document))
	if err != nil {
		t.Fatal(err)
	}
	got, want := matches(inDocument, string(condition)), matches(inPlans, given)
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("%s names the roles\n%q\nand the plans give\n%q", document, got, want)
	}
}

// matches of an expression's first group in a text, sorted, each once.
func matches(expression *regexp.Regexp, text string) []string {
	var found []string
	for _, match := range expression.FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// ReadJSON reads a document that is JSON.
func ReadJSON(t *testing.T, document []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(document, into); err != nil {
		t.Fatal(err)
	}
}
