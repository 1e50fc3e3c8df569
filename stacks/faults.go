package stacks

import (
	"fmt"
	"strings"
)

// Fault is one thing that is wrong with a configuration.
type Fault struct {
	// Path of the setting, such as rampart:cluster.podCIDR or rampart:tenants[1].name.
	Path string

	// Value as the stack has it, in the notation of JSON. Empty if the value is not what is wrong.
	Value string

	// Rule says what is wrong and what to write instead.
	Rule string
}

// Error is the fault on one line.
func (f Fault) Error() string {
	if f.Value == "" {
		return fmt.Sprintf("%s: %s", f.Path, f.Rule)
	}
	return fmt.Sprintf("%s %s: %s", f.Path, f.Value, f.Rule)
}

// Faults is every fault of a configuration, in the order of the settings. It is an error if there is at least one.
type Faults []Fault

// Error is one line per fault.
func (f Faults) Error() string {
	lines := make([]string, 0, len(f))
	for _, fault := range f {
		lines = append(lines, fault.Error())
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find a single fault.
func (f Faults) Unwrap() []error {
	errs := make([]error, 0, len(f))
	for _, fault := range f {
		errs = append(errs, fault)
	}
	return errs
}

func (f *Faults) add(path, value, rule string, arguments ...any) {
	*f = append(*f, Fault{Path: path, Value: value, Rule: fmt.Sprintf(rule, arguments...)})
}
