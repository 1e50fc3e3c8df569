package baseline

import (
	"strings"
	"time"
)

// Waiver is the decision of a person to go without a control for a while.
type Waiver struct {
	// Control that is waived.
	Control ControlID

	// Scope is the part of the cluster that goes without it.
	Scope Scope

	// Reason says why, and Owner names who answers for it.
	Reason string
	Owner  string

	// Expires is the last day of the waiver, in UTC, as 2027-01-31. At most LongestWaiver ahead.
	Expires string
}

// LongestWaiver is how far ahead a waiver may end: a longer one is a decision that nobody looks at again.
const LongestWaiver = 366 * 24 * time.Hour

// Scope is a part of a cluster that a waiver covers.
type Scope string

// ScopeCluster is the whole cluster.
const ScopeCluster Scope = "cluster"

const (
	tenantScope    = "tenant/"
	namespaceScope = "namespace/"
)

// TenantScope is one tenant.
func TenantScope(name string) Scope { return Scope(tenantScope + name) }

// NamespaceScope is one namespace.
func NamespaceScope(name string) Scope { return Scope(namespaceScope + name) }

// Tenant returns the name of the tenant that is the scope, if it is one.
func (s Scope) Tenant() (string, bool) { return strings.CutPrefix(string(s), tenantScope) }

// Valid says whether a scope has one of the forms that there are.
func (s Scope) Valid() bool {
	for _, prefix := range []string{tenantScope, namespaceScope} {
		if name, ok := strings.CutPrefix(string(s), prefix); ok {
			return name != ""
		}
	}
	return s == ScopeCluster
}

// covers says whether a waiver for this scope holds in another: in the same, and the cluster's in all.
func (s Scope) covers(other Scope) bool { return s == ScopeCluster || s == other }

const dayLayout = "2006-01-02"

// end is the moment at which a waiver is no more.
func (w Waiver) end() (time.Time, error) {
	day, err := time.ParseInLocation(dayLayout, w.Expires, time.UTC)
	return day.AddDate(0, 0, 1), err
}

// Over says whether the last day of a waiver is past. One that names no day is not over: it is wrong.
func (w Waiver) Over(now time.Time) bool {
	end, err := w.end()
	return err == nil && !now.Before(end)
}

// faults are what is wrong with a waiver by itself, at a moment. That it is over is for those to refuse who make or change.
func (w Waiver) faults(path string, now time.Time) Faults {
	var faults Faults
	if !w.Scope.Valid() {
		faults.add(path+".scope", string(w.Scope), "is not a part of a cluster",
			"use cluster, tenant/<name> or namespace/<name>")
	}
	if strings.TrimSpace(w.Reason) == "" {
		faults.add(path+".reason", w.Reason, "is empty: a waiver without a reason is a hole",
			"say in a sentence why the control cannot hold")
	}
	if strings.TrimSpace(w.Owner) == "" {
		faults.add(path+".owner", w.Owner, "is empty: somebody has to answer for a waiver", "name a person or a team")
	}
	end, err := w.end()
	switch {
	case err != nil:
		faults.add(path+".expires", w.Expires, "is not a day", "write the last day of the waiver, as 2027-01-31")
	case end.Sub(now) > LongestWaiver:
		faults.add(path+".expires", w.Expires, "is more than a year ahead",
			"choose a day on which somebody looks at it again")
	}
	return faults
}
