package verify

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/rampart-iac/rampart/baseline"
)

// Trial takes down what an attack finds. Its methods may be called from several goroutines.
type Trial struct {
	attack Attack

	// over is the error of the attack's context. Nil: it has none.
	over func() error

	mutex       sync.Mutex
	controls    []string
	findings    []finding
	connections []Connection
	rights      []Right
}

// finding is what one attack says of one control.
type finding struct {
	control  baseline.ControlID
	outcome  outcome
	evidence string
}

type outcome int

// Outcomes, in the order in which they decide where several attacks are about one control.
const (
	held outcome = iota
	unclear
	broken
)

// Control takes down a control experiment: what was tried, and the error if it failed. It returns nil, or the error that
// the attack ends with, because nothing that it finds from here on would mean anything.
func (t *Trial) Control(what string, err error) error {
	if err != nil {
		return fmt.Errorf("the control experiment failed (%s): %w", what, err)
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if !slices.Contains(t.controls, what) {
		t.controls = append(t.controls, what)
	}
	return nil
}

// Held says that a control withstood.
func (t *Trial) Held(control baseline.ControlID, format string, args ...any) {
	t.add(control, held, format, args)
}

// Broken says that the attack got past a control. Said when the attack is over already, by Ctrl-C for instance, it is unclear:
// what was waited for might have come.
func (t *Trial) Broken(control baseline.ControlID, format string, args ...any) {
	t.add(control, broken, format, args)
}

// Unclear says that it cannot be told of this one control whether it held.
func (t *Trial) Unclear(control baseline.ControlID, format string, args ...any) {
	t.add(control, unclear, format, args)
}

func (t *Trial) add(control baseline.ControlID, outcome outcome, format string, args []any) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if outcome == broken && t.over != nil && t.over() != nil {
		outcome = unclear
	}
	t.findings = append(t.findings, finding{control, outcome, fmt.Sprintf(format, args...)})
}

// mostWays is how many ways past a control its evidence names.
const mostWays = 8

// inAll is the evidence of several ways past a control: whoever mends one wants to know of the others.
func inAll(ways []string) string {
	if more := len(ways) - mostWays; more > 0 {
		ways = append(slices.Clone(ways[:mostWays]), fmt.Sprintf("and %d more", more))
	}
	return strings.Join(ways, "; ")
}

// findings are what is to be said of a control after the attack has ended, with its error if there was one.
func (t *Trial) of(control baseline.ControlID, failed error) finding {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	result := finding{control: control, outcome: held}
	said := 0
	var ways []string
	for _, each := range t.findings {
		if each.control != control {
			continue
		}
		said++
		if each.outcome > result.outcome || result.evidence == "" {
			result = each
		}
		if each.outcome == broken && !slices.Contains(ways, each.evidence) {
			ways = append(ways, each.evidence)
		}
	}
	if result.outcome == broken {
		result.evidence = inAll(ways)
		return result // whatever else went wrong
	}
	switch {
	case failed != nil:
		return finding{control, unclear, failed.Error()}
	case said == 0:
		return finding{control, unclear, "the attack said nothing of it"}
	case result.outcome == held && len(t.controls) == 0:
		return finding{control, unclear, "there was no control experiment"}
	}
	return result
}
