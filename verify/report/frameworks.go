package report

import (
	"strings"

	"github.com/rampart-iac/rampart/baseline"
)

// framework is a public list with what became of each of its items.
type framework struct {
	baseline.Framework

	Key   string
	Items []item
	// Held is how many items have controls that were all proven, here or elsewhere; Covered how many have any.
	Held, Covered int
	// Tagged says that some items count for a score and others do not.
	Tagged bool
}

// item is one item of a framework.
type item struct {
	baseline.Item

	State    state
	Controls []*control
}

// frameworkKey is a framework's name in filters.
func frameworkKey(framework baseline.Framework) string {
	word, _, _ := strings.Cut(string(framework), " ")
	if framework == baseline.PSS {
		word = "PSS"
	}
	return strings.ToLower(strings.ReplaceAll(word, "/", "-"))
}

func frameworks(controls []*control) []framework {
	var all []framework
	for _, each := range baseline.Frameworks() {
		made := framework{Framework: each, Key: frameworkKey(each)}
		for _, asked := range baseline.Items(each) {
			found := item{Item: asked, State: uncovered}
			for _, control := range controls {
				if control.answers(each, asked.ID) {
					found.Controls = append(found.Controls, control)
				}
			}
			for i, control := range found.Controls {
				if i == 0 {
					found.State = control.State
				}
				found.State = worse(found.State, control.State)
			}
			if len(found.Controls) > 0 {
				made.Covered++
			}
			if found.State == proven || found.State == elsewhere {
				made.Held++
			}
			made.Tagged = made.Tagged || asked.Automated
			made.Items = append(made.Items, found)
		}
		if made.Covered > 0 {
			all = append(all, made)
		}
	}
	return all
}

func (c *control) answers(framework baseline.Framework, id string) bool {
	for _, each := range c.Items {
		if each.Framework != framework {
			continue
		}
		for _, item := range each.Items {
			if item == id {
				return true
			}
		}
	}
	return false
}
