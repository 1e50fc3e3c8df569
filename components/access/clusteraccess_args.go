package access

import (
	"errors"
	"fmt"
	"time"
)

// ClusterAccessArgs say who looks after a cluster. All fields are plain: they decide what exists.
type ClusterAccessArgs struct {
	// Viewers, Operators and Auditors hold the role of their persona in the whole cluster, beside Persona.Group.
	// Default: none.
	Viewers, Operators, Auditors []Subject

	// BreakGlass opens the role for emergencies until it expires. Default: nobody has it, and it does not exist.
	BreakGlass *BreakGlassGrant
}

func (a ClusterAccessArgs) validate(now time.Time) error {
	faults := checkSubjects("viewers", a.Viewers)
	faults = append(faults, checkSubjects("operators", a.Operators)...)
	faults = append(faults, checkSubjects("auditors", a.Auditors)...)
	if a.BreakGlass != nil {
		a.BreakGlass.Check(now, func(field string, value any, rule string) {
			faults = append(faults, fmt.Errorf("breakGlass.%s %q: %s", field, value, rule))
		})
	}
	return errors.Join(faults...)
}

// personas are those that get a role.
func (a ClusterAccessArgs) personas() []Persona {
	var personas []Persona
	for _, persona := range ClusterPersonas() {
		if persona != BreakGlass || a.BreakGlass != nil {
			personas = append(personas, persona)
		}
	}
	return personas
}

// subjectsOf returns those who hold a persona. Nobody holds BreakGlass but by a certificate.
func (a ClusterAccessArgs) subjectsOf(persona Persona) []Subject {
	switch persona {
	case Viewer:
		return a.Viewers
	case Operator:
		return a.Operators
	case Auditor:
		return a.Auditors
	default:
		return nil
	}
}
