package baseline

import "slices"

// Item is one thing that a framework asks for.
type Item struct {
	// ID is the item's number or name in the framework.
	ID string

	// Title says in our own words what is asked for.
	Title string

	// Automated items count for a benchmark's score; software decides them.
	Automated bool

	// Uncovered says why no control answers the item. Empty if one does.
	Uncovered string
}

// Frameworks lists the frameworks that the baseline is measured by.
func Frameworks() []Framework { return []Framework{CIS, NSA, OWASP, PSS} }

// Items returns every item of a framework, in its order.
func Items(framework Framework) []Item {
	switch framework {
	case CIS:
		return cisItems()
	case NSA:
		return nsaItems()
	case OWASP:
		return owaspItems()
	case PSS:
		return pssItems()
	default:
		return nil
	}
}

// Answers returns the controls that refer to an item.
func (c Catalogue) Answers(reference Reference) []Control {
	var found []Control
	for _, control := range c.Controls {
		if slices.Contains(control.References, reference) {
			found = append(found, control)
		}
	}
	return found
}
