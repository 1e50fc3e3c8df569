package cis

import (
	"context"
	"fmt"
)

// Verdict is the outcome of one check.
type Verdict string

// Verdicts.
const (
	// Passed: the node is as the item asks.
	Passed Verdict = "passed"
	// Failed: it is not.
	Failed Verdict = "failed"
	// Undecided: what decides it could not be read. It counts as a failure; the evidence says what was in the way.
	Undecided Verdict = "undecided"
)

// Result is what one check found on one node.
type Result struct {
	// ID is the item's in the benchmark, such as 1.2.15.
	ID string
	// Title says what is asked for.
	Title string
	// Automated says that the benchmark scores the item; the others it leaves to a person.
	Automated bool
	Verdict   Verdict
	// Evidence is one line: what was seen.
	Evidence string
	// Remedy says what to set.
	Remedy string
}

func (r Result) String() string {
	return fmt.Sprintf("%s %s: %s: %s", r.ID, r.Verdict, r.Title, r.Evidence)
}

// Role says what a node does.
type Role int

// Roles.
const (
	// Worker nodes are held to section 4.
	Worker Role = iota
	// ControlPlane nodes are held to all sections: they run a kubelet, too.
	ControlPlane
)

// Checks returns the identifiers of all items that a node of the role is held to, automated ones and others apart.
func Checks(role Role) (automated, manual []string) {
	for _, each := range allChecks() {
		switch {
		case each.on > role:
		case each.automated:
			automated = append(automated, each.id)
		default:
			manual = append(manual, each.id)
		}
	}
	return automated, manual
}

// Evaluate holds a node to every item that its role is held to, in the benchmark's order. It fails only if the node
// cannot be read at all.
func Evaluate(ctx context.Context, node Node, role Role) ([]Result, error) {
	processes, err := node.Processes(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the processes of the node: %w", err)
	}
	seen := &view{
		ctx: ctx, node: node, processes: processes, found: map[string]read[[]File]{}, contents: map[string]read[string]{},
	}
	var results []Result
	for _, each := range allChecks() {
		if each.on > role {
			continue
		}
		result := Result{
			ID: each.id, Title: each.title, Automated: each.automated, Remedy: each.remedy, Verdict: Failed,
		}
		ok, evidence, err := each.test(seen)
		result.Evidence = evidence
		switch {
		case err != nil:
			result.Verdict, result.Evidence = Undecided, err.Error()
		case ok:
			result.Verdict = Passed
		}
		results = append(results, result)
	}
	return results, nil
}

// check is one item of the benchmark.
type check struct {
	id, title string
	automated bool
	// on is the least role that is held to it.
	on     Role
	test   test
	remedy string
}

// test decides one item. The evidence is one line.
type test func(*view) (ok bool, evidence string, err error)

func allChecks() []check {
	var all []check
	for _, section := range [][]check{
		controlPlaneFiles(), apiServer(), controllers(), etcd(), kubeletFiles(), kubelet(),
	} {
		all = append(all, section...)
	}
	return all
}

// view is a node while it is looked at. What was read once is not read again: each question may be a command there.
type view struct {
	ctx       context.Context
	node      Node
	processes []Process
	found     map[string]read[[]File]
	contents  map[string]read[string]
}

// read is an answer of the node's.
type read[T any] struct {
	value T
	err   error
}

func (v *view) files(path string) ([]File, error) {
	return once(v.found, path, func() ([]File, error) { return v.node.Files(v.ctx, path) })
}

func (v *view) content(path string) (string, error) {
	return once(v.contents, path, func() (string, error) { return v.node.Content(v.ctx, path) })
}

func once[T any](known map[string]read[T], path string, ask func() (T, error)) (T, error) {
	answer, ok := known[path]
	if !ok {
		answer.value, answer.err = ask()
		known[path] = answer
	}
	return answer.value, answer.err
}

// anyOf passes if one of the tests does; its evidence is that of the first that does, or that of the last.
func anyOf(tests ...test) test {
	return func(v *view) (ok bool, evidence string, err error) {
		for _, each := range tests {
			if ok, evidence, err = each(v); err != nil || ok {
				return ok, evidence, err
			}
		}
		return false, evidence, nil
	}
}
