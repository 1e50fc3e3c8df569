package attest

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

// Trust is in a key or in an identity: whose signatures count.
type Trust interface {
	// open returns the envelope if it is signed by whom is trusted, and as it was signed.
	open(ctx context.Context, text []byte) (*dsse.Envelope, error)
}

// Key trusts whoever holds the private half of a key.
type Key struct{ Public dsse.Verifier }

func (k Key) open(ctx context.Context, text []byte) (*dsse.Envelope, error) {
	envelope := &dsse.Envelope{}
	if err := json.Unmarshal(text, envelope); err != nil || envelope.Payload == "" {
		if isBundle(text) {
			return nil, errors.New("it is signed without a key, by an identity: check it with --trusted-root")
		}
		return nil, errors.New("it is no DSSE envelope")
	}
	verifier, err := dsse.NewEnvelopeVerifier(k.Public)
	if err != nil {
		return nil, err
	}
	if _, err := verifier.Verify(ctx, envelope); err != nil {
		return nil, errors.New("it is not signed with this key, or was changed since")
	}
	return envelope, nil
}

// isBundle says whether a text is meant to be a Sigstore bundle.
func isBundle(text []byte) bool {
	var bundle struct {
		Material map[string]any `json:"verificationMaterial"`
	}
	return json.Unmarshal(text, &bundle) == nil && bundle.Material != nil
}
