package baseline

import (
	"fmt"
	"strings"
)

// Fault is one thing that is wrong with what a stack asks of the baseline.
type Fault struct {
	// Field that is wrong, such as waivers[0].expires.
	Field string
	// Value that it has.
	Value string
	// Rule that it breaks.
	Rule string
	// Remedy is what to do.
	Remedy string
}

// Error is the fault on one line.
func (f Fault) Error() string {
	return fmt.Sprintf("%s %q: %s: %s", f.Field, f.Value, f.Rule, f.Remedy)
}

// Faults are all that is wrong. They are an error if there is at least one.
type Faults []Fault

// Error is one line per fault.
func (f Faults) Error() string {
	lines := make([]string, 0, len(f))
	for _, fault := range f {
		lines = append(lines, fault.Error())
	}
	return strings.Join(lines, "\n")
}

func (f *Faults) add(field, value, rule, remedy string) {
	*f = append(*f, Fault{Field: field, Value: value, Rule: rule, Remedy: remedy})
}
