package stacks

import (
	"fmt"
	"slices"
	"time"

	"github.com/rampart-iac/rampart/components/access"
)

// access checks who looks after the cluster.
func (v *validator) access() {
	v.people("access.viewers", v.config.Access.Viewers)
	v.people("access.operators", v.config.Access.Operators)
	v.people("access.auditors", v.config.Access.Auditors)

	glass := v.config.Access.BreakGlass
	if !glass.Given() {
		return
	}
	if _, err := time.Parse(time.RFC3339, glass.Expires); err != nil && glass.Expires != "" {
		v.report("access.breakGlass.expires", glass.Expires, "is not a moment: write one such as %s",
			v.host.Now.Add(time.Hour).UTC().Format(time.RFC3339))
		return
	}
	if v.host.Standing && glass.Grant().Over(v.host.Now) {
		return // its certificates have ended with it
	}
	glass.Grant().Check(v.host.Now, v.below("access.breakGlass"))
}

// people refuses names that would give a role to more than its people.
func (v *validator) people(path string, people People) {
	v.names(path+".users", people.Users)
	v.names(path+".groups", people.Groups)
}

func (v *validator) names(path string, names []string) {
	for i, name := range names {
		at := fmt.Sprintf("%s[%d]", path, i)
		if slices.Contains(names[:i], name) {
			v.report(at, name, "is named twice: remove one")
		} else if reason := access.ReasonAgainst(name); reason != "" {
			v.report(at, name, "%s", reason)
		}
	}
}

func (p People) subjects() []access.Subject {
	subjects := make([]access.Subject, 0, len(p.Users)+len(p.Groups))
	for _, name := range p.Users {
		subjects = append(subjects, access.Subject{Kind: access.UserSubject, Name: name})
	}
	for _, name := range p.Groups {
		subjects = append(subjects, access.Subject{Kind: access.GroupSubject, Name: name})
	}
	return subjects
}

// Grant is the grant with its moment parsed: the zero moment if it is none.
func (b BreakGlass) Grant() access.BreakGlassGrant {
	expires, err := time.Parse(time.RFC3339, b.Expires)
	if err != nil {
		expires = time.Time{}
	}
	return access.BreakGlassGrant{Reason: b.Reason, Owner: b.Owner, Expires: expires}
}
