// Package keys says how one encryption key follows another: the phases of a rotation, the steps between them, and which
// keys an API server must have in each. It is pure; who holds the keys, and who re-encrypts with them, stands elsewhere.
//
// At any moment an API server can read what any API server has written: the new key is known everywhere before anything
// is written with it, and the old one until nothing is left that it wrote.
package keys

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Phase is how far a rotation has come.
type Phase string

// Phases, in their order. A rotation begins and ends settled.
const (
	// Settled: there is one key, and no rotation.
	Settled Phase = "settled"

	// Added: there is a second, new key that is only read with.
	Added Phase = "added"

	// Promoted: the new key writes; the old one is only read with.
	Promoted Phase = "promoted"

	// Retired: the old key is gone, and the rotation is still to be closed: whoever was to take the old key out of the
	// cluster may have been interrupted.
	Retired Phase = "retired"
)

// Step leads from one phase to the next.
type Step string

// Steps, in their order.
const (
	// Add makes a second key.
	Add Step = "add"

	// Promote makes the second key the one that writes. Every API server must have it by then.
	Promote Step = "promote"

	// Retire throws the key away that no longer writes. Nothing may be encrypted with it by then.
	Retire Step = "retire"

	// Finish closes the rotation.
	Finish Step = "finish"
)

// order holds each phase with the step that leads on from it.
var order = []struct {
	phase Phase
	step  Step
}{{Settled, Add}, {Added, Promote}, {Promoted, Retire}, {Retired, Finish}}

// Next is the step that leads on from a phase.
func (p Phase) Next() (Step, error) {
	for _, each := range order {
		if each.phase == p {
			return each.step, nil
		}
	}
	return "", fmt.Errorf("%q is not a phase of a key rotation", string(p))
}

// Reached is the step that led to a phase.
func (p Phase) Reached() (Step, error) {
	for i, each := range order {
		if each.phase == p {
			return order[(i+len(order)-1)%len(order)].step, nil
		}
	}
	return "", fmt.Errorf("%q is not a phase of a key rotation", string(p))
}

// ParseStep reads the name of a step.
func ParseStep(text string) (Step, error) {
	names := make([]string, 0, len(order))
	for _, each := range order {
		if string(each.step) == text {
			return each.step, nil
		}
		names = append(names, string(each.step))
	}
	return "", fmt.Errorf("%q is not a step of a key rotation: use one of %s", text, strings.Join(names, ", "))
}

// Take returns the phase after a step. A step that was taken already leaves the phase as it is, so that it may be asked
// for again by whoever does not know whether it was; one that would skip another is an error.
func (p Phase) Take(step Step) (Phase, error) {
	current := slices.IndexFunc(order, func(each struct {
		phase Phase
		step  Step
	}) bool {
		return each.phase == p
	})
	if current < 0 {
		return "", fmt.Errorf("%q is not a phase of a key rotation", string(p))
	}
	for i, each := range order {
		switch {
		case each.step != step:
		case i == current:
			return order[(i+1)%len(order)].phase, nil
		case i < current || (step == Finish && p == Settled):
			return p, nil
		default:
			return "", fmt.Errorf("a key rotation that is %s cannot %s: its next step is %s", p, step, order[current].step)
		}
	}
	_, err := ParseStep(string(step))
	return "", err
}

// prefix begins every key's name; a number follows.
const prefix = "key"

// First is the name of a cluster's first key.
const First = prefix + "1"

// NameAfter returns the name of the key that follows another. A name stands before every value that its key has written,
// so that none is ever used twice.
func NameAfter(name string) (string, error) {
	number, ok := strings.CutPrefix(name, prefix)
	count, err := strconv.Atoi(number)
	if !ok || err != nil || count < 1 {
		return "", errors.New("the name of the encryption key is not one of ours: " + strconv.Quote(name))
	}
	return prefix + strconv.Itoa(count+1), nil
}
