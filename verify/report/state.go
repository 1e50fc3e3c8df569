package report

import (
	"strings"

	"github.com/rampart-iac/rampart/verify"
)

// state is a verdict as the page shows it: an icon and a word, and a colour beside them. The kinds of not verifiable are
// states of their own, because readers act on them differently.
type state struct {
	// Key is short, for classes, icons and filters.
	Key string
	// Label is the word.
	Label string
	// Means explains it in a sentence.
	Means string
}

// Word is the label inside of a sentence.
func (s state) Word() string { return strings.ToLower(s.Label) }

// States, the ones to act on first.
var (
	failed = state{"failed", "Failed", "An attack got past it."}

	prevented = state{"prevented", "Inconclusive",
		"It should have been verified in this run, and could not be; the evidence says why."}

	waived = state{"waived", "Waived", "The stack goes without it, for a reason and until a date. It is not attacked."}

	planned = state{"planned", "Planned", "Nothing enforces it yet."}

	elsewhere = state{"elsewhere", "Proven elsewhere", "It does not show on a running cluster; a test of the project proves it."}

	byCloud = state{"cloud", "By the cloud", "The cloud enforces it, where nobody else can look."}

	proven = state{"proven", "Proven", "Every attack on it failed, and every control experiment succeeded."}

	notApplicable = state{"na", "Not applicable", "There is nothing that it could hold for here."}

	// uncovered is of an item of a framework that no control answers. No result has it.
	uncovered = state{"uncovered", "Not covered", "No control answers it; the reason is beside it."}
)

// states in the order of the page.
func states() []state {
	return []state{proven, failed, prevented, waived, elsewhere, byCloud, planned, notApplicable}
}

func stateOf(result verify.Result) state {
	switch result.Verdict {
	case verify.Proven:
		return proven
	case verify.Failed:
		return failed
	case verify.Waived:
		return waived
	case verify.NotApplicable:
		return notApplicable
	}
	switch result.Why {
	case verify.WhyPlanned:
		return planned
	case verify.WhyElsewhere:
		return elsewhere
	case verify.WhyByCloud:
		return byCloud
	default:
		return prevented
	}
}

// worse says which of two states decides where several controls answer for one thing.
func worse(a, b state) state {
	for _, each := range []state{failed, prevented, waived, planned, byCloud, elsewhere, proven, notApplicable} {
		if a == each || b == each {
			return each
		}
	}
	return a
}
