package verify

import (
	"cmp"
	"slices"
)

// Connection is one connection that an attack tried: what should have become of it, and what did.
type Connection struct {
	// Attack that tried it, by its name.
	Attack string `json:"attack"`
	// From and To are places in words: a tenant's namespace, a node, the metadata address.
	From string `json:"from"`
	To   string `json:"to"`
	// Protocol is tcp or udp.
	Protocol string `json:"protocol"`
	Port     string `json:"port"`
	// Allowed says that it had to arrive: it is a control experiment. Otherwise it had to be dropped.
	Allowed bool `json:"allowed"`
	// Arrived says that it did. A refusal is an answer, too.
	Arrived bool `json:"arrived"`
}

// Right is one thing that somebody tried to do, or asked whether he may.
type Right struct {
	Attack string `json:"attack"`
	// Who it was: a persona, or the account of a tenant.
	Who string `json:"who"`
	// Action in words that follow "may".
	Action string `json:"action"`
	// Forbidden says that nobody like him may have the right. Otherwise it is told for the record.
	Forbidden bool `json:"forbidden"`
	// Given says that he has it.
	Given bool `json:"given"`
}

// Connected takes down what became of a connection. The trial knows its attack. Of one that had to arrive and is tried again
// the last word holds; what must not arrive, and did once, arrived: several pods of one place may try the same.
func (t *Trial) Connected(seen Connection) {
	seen.Attack = t.attack.Name
	t.mutex.Lock()
	defer t.mutex.Unlock()
	before := slices.IndexFunc(t.connections, func(other Connection) bool {
		other.Arrived = seen.Arrived
		return other == seen
	})
	if before >= 0 {
		t.connections[before].Arrived = seen.Arrived || !seen.Allowed && t.connections[before].Arrived
		return
	}
	t.connections = append(t.connections, seen)
}

// Asked takes down whether somebody has a right. Of one that is asked for in several ways, the way that gives it counts.
func (t *Trial) Asked(right Right) {
	right.Attack = t.attack.Name
	t.mutex.Lock()
	defer t.mutex.Unlock()
	before := slices.IndexFunc(t.rights, func(other Right) bool {
		other.Given = right.Given
		return other == right
	})
	if before >= 0 {
		t.rights[before].Given = t.rights[before].Given || right.Given
		return
	}
	t.rights = append(t.rights, right)
}

// observed puts together what the attacks took down, in an order that does not depend on which ended first. Rights keep
// the order in which they were asked for.
func (r *run) observed(report *Report) {
	for _, attack := range r.attacks {
		trial := r.trials[attack.Name]
		connections := slices.SortedFunc(slices.Values(trial.connections), func(a, b Connection) int {
			return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Port, b.Port),
				cmp.Compare(a.Protocol, b.Protocol))
		})
		report.Connections = append(report.Connections, connections...)
		rights := slices.SortedStableFunc(slices.Values(trial.rights), func(a, b Right) int { return cmp.Compare(a.Who, b.Who) })
		report.Rights = append(report.Rights, rights...)
	}
}
