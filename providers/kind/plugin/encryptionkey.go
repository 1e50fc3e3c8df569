package plugin

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/rampart-iac/rampart/providers/kind/keys"
)

// encryptionKeyBytes is what secretbox takes.
const encryptionKeyBytes = 32

// EncryptionKey makes a random key that encrypts Secret objects at rest, and rotates it.
type EncryptionKey struct{}

// Annotate names and describes the resource in the schema.
func (k *EncryptionKey) Annotate(a infer.Annotator) {
	a.SetToken(moduleName, "EncryptionKey")
	a.Describe(&k, "A random 32-byte key that encrypts Secret objects at rest, and, while it is rotated, the one that "+
		"follows or precedes it. They live in the state, as secrets.")
}

// EncryptionKeyArgs are a key's inputs.
type EncryptionKeyArgs struct {
	Keepers map[string]string `pulumi:"keepers,optional"`
	Step    *string           `pulumi:"step,optional"`
}

// Annotate describes the inputs in the schema.
func (a *EncryptionKeyArgs) Annotate(annotator infer.Annotator) {
	annotator.Describe(&a.Keepers, "Arbitrary values: the key is made anew if one of them changes.")
	annotator.Describe(&a.Step, "A step of a rotation to take: add, promote, retire or finish. One that was taken already "+
		"changes nothing. Left out, the keys stay as they are.")
}

func (a *EncryptionKeyArgs) step() keys.Step {
	return keys.Step(valueOr(a.Step, ""))
}

// EncryptionKeyState is a key's state.
type EncryptionKeyState struct {
	EncryptionKeyArgs

	Name   string `pulumi:"name"`
	Base64 string `pulumi:"base64" provider:"secret"`

	// Empty when there is none, and never left out: in a preview the engine takes what is left out for unknown.
	OtherName   string `pulumi:"otherName"`
	OtherBase64 string `pulumi:"otherBase64" provider:"secret"`

	Phase string `pulumi:"phase"`
}

// Annotate describes the outputs in the schema.
func (s *EncryptionKeyState) Annotate(a infer.Annotator) {
	a.Describe(&s.Name, "The name, in an EncryptionConfiguration, of the key that writes.")
	a.Describe(&s.Base64, "The key that writes, in standard base64, as an EncryptionConfiguration takes it.")
	a.Describe(&s.OtherName, "The name of the key that is only read with; empty unless a rotation is under way.")
	a.Describe(&s.OtherBase64, "The key that is only read with, in standard base64.")
	a.Describe(&s.Phase, "How far a rotation has come: settled, added, promoted or retired.")
}

// keyStateBeforeRotation is the state of a plugin that knew no rotation.
type keyStateBeforeRotation struct {
	Keepers map[string]string `pulumi:"keepers,optional"`
	Name    string            `pulumi:"name"`
	Base64  string            `pulumi:"base64" provider:"secret"`

	// Phase tells the two apart: older states have none.
	Phase *string `pulumi:"phase,optional"`
}

// StateMigrations reads the state of a plugin that knew no rotation. The phase stays empty: Diff sees to it that the state
// is completed.
func (k *EncryptionKey) StateMigrations(context.Context) []infer.StateMigrationFunc[EncryptionKeyState] {
	return []infer.StateMigrationFunc[EncryptionKeyState]{infer.StateMigration(
		func(_ context.Context, old keyStateBeforeRotation) (infer.MigrationResult[EncryptionKeyState], error) {
			if old.Phase != nil {
				return infer.MigrationResult[EncryptionKeyState]{}, nil
			}
			return infer.MigrationResult[EncryptionKeyState]{Result: &EncryptionKeyState{
				EncryptionKeyArgs: EncryptionKeyArgs{Keepers: old.Keepers}, Name: old.Name, Base64: old.Base64,
			}}, nil
		},
	)}
}

// phase is settled for the state of a plugin that knew no rotation.
func (s *EncryptionKeyState) phase() keys.Phase {
	if s.Phase == "" {
		return keys.Settled
	}
	return keys.Phase(s.Phase)
}

// WireDependencies marks the keys as secret.
func (k *EncryptionKey) WireDependencies(f infer.FieldSelector, _ *EncryptionKeyArgs, state *EncryptionKeyState) {
	f.OutputField(&state.Base64).AlwaysSecret()
	f.OutputField(&state.OtherBase64).AlwaysSecret()
}

// Create makes the key. A step that is asked for at that moment has nothing to be taken on.
func (k *EncryptionKey) Create(
	_ context.Context, req infer.CreateRequest[EncryptionKeyArgs],
) (infer.CreateResponse[EncryptionKeyState], error) {
	state := EncryptionKeyState{EncryptionKeyArgs: req.Inputs, Name: keys.First, Phase: string(keys.Settled)}
	state.Step = nil
	if !req.DryRun {
		state.Base64 = randomKey()
	}
	return infer.CreateResponse[EncryptionKeyState]{ID: req.Name, Output: state}, nil
}

func randomKey() string {
	key := make([]byte, encryptionKeyBytes)
	// It never returns an error: the program ends if the operating system has no randomness to give.
	_, _ = rand.Read(key)
	return base64.StdEncoding.EncodeToString(key)
}

// Diff says what a step would change. A new keeper makes another key; everything else leaves the keys as they are.
func (k *EncryptionKey) Diff(
	_ context.Context, req infer.DiffRequest[EncryptionKeyArgs, EncryptionKeyState],
) (infer.DiffResponse, error) {
	if !maps.Equal(req.State.Keepers, req.Inputs.Keepers) {
		return infer.DiffResponse{
			HasChanges: true, DeleteBeforeReplace: false,
			DetailedDiff: map[string]p.PropertyDiff{"keepers": {Kind: p.UpdateReplace, InputDiff: true}},
		}, nil
	}
	next, err := afterStep(req.State, req.Inputs)
	// The state of a plugin that knew no rotation is completed.
	if err != nil || string(next) == req.State.Phase {
		return infer.DiffResponse{}, err
	}
	return infer.DiffResponse{
		HasChanges: true, DetailedDiff: map[string]p.PropertyDiff{"phase": {Kind: p.Update}},
	}, nil
}

func afterStep(state EncryptionKeyState, inputs EncryptionKeyArgs) (keys.Phase, error) {
	step := inputs.step()
	if step == "" {
		return state.phase(), nil
	}
	return state.phase().Take(step)
}

// Update takes a step of a rotation. The engine records the keys before it hands them to anything that depends on them,
// so that nothing is ever encrypted with a key that the state does not know.
func (k *EncryptionKey) Update(
	_ context.Context, req infer.UpdateRequest[EncryptionKeyArgs, EncryptionKeyState],
) (infer.UpdateResponse[EncryptionKeyState], error) {
	state := req.State
	next, err := afterStep(state, req.Inputs)
	if err != nil {
		return infer.UpdateResponse[EncryptionKeyState]{}, err
	}
	if next != state.phase() {
		if err := state.enter(next, req.DryRun); err != nil {
			return infer.UpdateResponse[EncryptionKeyState]{}, err
		}
	}
	state.EncryptionKeyArgs, state.Phase = req.Inputs, string(next)
	state.Step = nil
	return infer.UpdateResponse[EncryptionKeyState]{Output: state}, nil
}

// enter makes the keys those of the next phase.
func (s *EncryptionKeyState) enter(next keys.Phase, dryRun bool) error {
	switch next {
	case keys.Added:
		name, err := keys.NameAfter(s.Name)
		if err != nil {
			return err
		}
		s.OtherName, s.OtherBase64 = name, ""
		if !dryRun {
			s.OtherBase64 = randomKey()
		}
	case keys.Promoted:
		s.Name, s.OtherName = s.OtherName, s.Name
		s.Base64, s.OtherBase64 = s.OtherBase64, s.Base64
	case keys.Retired:
		s.OtherName, s.OtherBase64 = "", ""
	case keys.Settled:
	default:
		return fmt.Errorf("%q is not a phase of a key rotation", string(next))
	}
	return nil
}

// Read keeps the state: a key exists nowhere else. That is also why it cannot be imported.
func (k *EncryptionKey) Read(
	_ context.Context, req infer.ReadRequest[EncryptionKeyArgs, EncryptionKeyState],
) (infer.ReadResponse[EncryptionKeyArgs, EncryptionKeyState], error) {
	if req.State.Base64 == "" {
		return infer.ReadResponse[EncryptionKeyArgs, EncryptionKeyState]{}, errors.New(
			"an encryption key cannot be imported: it exists in the state only and there is nowhere to read it from; " +
				"let a new one be made")
	}
	return infer.ReadResponse[EncryptionKeyArgs, EncryptionKeyState](req), nil
}
