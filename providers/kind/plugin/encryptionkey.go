package plugin

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"

	"github.com/pulumi/pulumi-go-provider/infer"
)

const (
	// encryptionKeyBytes is what secretbox takes.
	encryptionKeyBytes = 32

	// encryptionKeyName stands before every ciphertext in etcd, so it must stay the same as long as the key does.
	encryptionKeyName = "key1"
)

// EncryptionKey makes a random key that encrypts Secret objects at rest.
type EncryptionKey struct{}

// Annotate names and describes the resource in the schema.
func (k *EncryptionKey) Annotate(a infer.Annotator) {
	a.SetToken(moduleName, "EncryptionKey")
	a.Describe(&k, "A random 32-byte key that encrypts Secret objects at rest. It lives in the state, as a secret.")
}

// EncryptionKeyArgs are a key's inputs.
type EncryptionKeyArgs struct {
	Keepers map[string]string `pulumi:"keepers,optional"`
}

// Annotate describes the inputs in the schema.
func (a *EncryptionKeyArgs) Annotate(annotator infer.Annotator) {
	annotator.Describe(&a.Keepers, "Arbitrary values: the key is made anew if one of them changes.")
}

// EncryptionKeyState is a key's state.
type EncryptionKeyState struct {
	EncryptionKeyArgs

	Name   string `pulumi:"name"`
	Base64 string `pulumi:"base64" provider:"secret"`
}

// Annotate describes the outputs in the schema.
func (s *EncryptionKeyState) Annotate(a infer.Annotator) {
	a.Describe(&s.Name, "The key's name in an EncryptionConfiguration.")
	a.Describe(&s.Base64, "The key in standard base64, as an EncryptionConfiguration takes it.")
}

// WireDependencies marks the key as secret.
func (k *EncryptionKey) WireDependencies(f infer.FieldSelector, _ *EncryptionKeyArgs, state *EncryptionKeyState) {
	f.OutputField(&state.Base64).AlwaysSecret()
}

// Create makes the key. Every change of the inputs replaces it: there is no Update.
func (k *EncryptionKey) Create(
	_ context.Context, req infer.CreateRequest[EncryptionKeyArgs],
) (infer.CreateResponse[EncryptionKeyState], error) {
	state := EncryptionKeyState{EncryptionKeyArgs: req.Inputs, Name: encryptionKeyName}
	if !req.DryRun {
		key := make([]byte, encryptionKeyBytes)
		// It never returns an error: the program ends if the operating system has no randomness to give.
		_, _ = rand.Read(key)
		state.Base64 = base64.StdEncoding.EncodeToString(key)
	}
	return infer.CreateResponse[EncryptionKeyState]{ID: req.Name, Output: state}, nil
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
