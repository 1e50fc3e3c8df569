package attest

import (
	"context"
	"errors"
	"fmt"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/root"
	signing "github.com/sigstore/sigstore-go/pkg/sign"
	sigstore "github.com/sigstore/sigstore-go/pkg/verify"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/rampart-iac/rampart/verify"
)

// Authority is a Sigstore instance, which lets somebody sign without keeping a key.
type Authority struct {
	// Fulcio is the URL of the authority that certifies a key of minutes for whoever shows a token.
	Fulcio string
	// Timestamps is the whole URL of the authority that says when it was signed (RFC 3161): without that nobody could know
	// later whether the certificate was still good.
	Timestamps string
}

// retries of a question that an authority has no answer to at the moment.
const retries = 2

// SignAs returns a Sigstore bundle around the envelope of the whole result, signed by whoever the token is for.
func SignAs(ctx context.Context, report *verify.Report, authority Authority, token string) ([]byte, error) {
	payload, err := statementOf(report)
	if err != nil {
		return nil, err
	}
	key, err := signing.NewEphemeralKeypair(nil)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	signed, err := signing.Bundle(&signing.DSSEData{Data: payload, PayloadType: payloadType}, key, signing.BundleOptions{
		Context:                    ctx,
		CertificateProvider:        signing.NewFulcio(&signing.FulcioOptions{BaseURL: authority.Fulcio, Retries: retries}),
		CertificateProviderOptions: &signing.CertificateProviderOptions{IDToken: token},
		TimestampAuthorities: []*signing.TimestampAuthority{
			signing.NewTimestampAuthority(&signing.TimestampAuthorityOptions{URL: authority.Timestamps, Retries: retries}),
		},
	})
	if err != nil {
		return nil, fmt.Errorf("signing by %s and %s: %w", authority.Fulcio, authority.Timestamps, err)
	}
	text, err := protojson.MarshalOptions{Multiline: true, Indent: "  "}.Marshal(signed)
	return append(text, '\n'), err
}

// Identity trusts whoever an authority certified as one identity of one issuer of tokens.
type Identity struct {
	name, issuer string
	trusted      *root.TrustedRoot
	policy       sigstore.CertificateIdentity
}

// TrustIdentity returns the trust in an identity: the exact name in its certificate, such as an address of mail or the URI of a
// workflow, and the exact URL of the issuer of its tokens. The trusted root is the file, in Sigstore's own format, with the
// certificates of the authorities.
func TrustIdentity(trustedRoot, name, issuer string) (Identity, error) {
	trusted, err := root.NewTrustedRootFromPath(trustedRoot)
	if err != nil {
		return Identity{}, fmt.Errorf("trusted root %s cannot be used: %w; get the trusted_root.json of your Sigstore instance",
			trustedRoot, err)
	}
	policy, err := sigstore.NewShortCertificateIdentity(issuer, "", name, "")
	if err != nil {
		return Identity{}, fmt.Errorf("identity %s of %s: %w", name, issuer, err)
	}
	return Identity{name: name, issuer: issuer, trusted: trusted, policy: policy}, nil
}

func (i Identity) open(_ context.Context, text []byte) (*dsse.Envelope, error) {
	signed := &bundle.Bundle{}
	if err := signed.UnmarshalJSON(text); err != nil {
		if !isBundle(text) {
			return nil, errors.New("it is no Sigstore bundle: if it is signed with a key, check it with --key")
		}
		return nil, fmt.Errorf("it is no whole Sigstore bundle: %w", err)
	}
	// The certificate is long over when somebody checks: it counts for the moment that a timestamp proves.
	options := []sigstore.VerifierOption{sigstore.WithSignedTimestamps(1)}
	if len(i.trusted.CTLogs()) > 0 {
		// The authority has told a log of each certificate, or it is not the one that is trusted.
		options = append(options, sigstore.WithSignedCertificateTimestamps(1))
	}
	verifier, err := sigstore.NewVerifier(i.trusted, options...)
	if err != nil {
		return nil, err
	}
	// The subject is compared with the result by whoever opens the payload: a cluster has no content to hand over.
	policy := sigstore.NewPolicy(sigstore.WithoutArtifactUnsafe(), sigstore.WithCertificateIdentity(i.policy))
	if _, err := verifier.Verify(signed, policy); err != nil {
		return nil, fmt.Errorf("it is not signed by %s of %s, or was changed since: %w", i.name, i.issuer, err)
	}
	content, err := signed.SignatureContent()
	if err != nil {
		return nil, err
	}
	envelope := content.EnvelopeContent()
	if envelope == nil {
		return nil, errors.New("it holds a bare signature, and no envelope")
	}
	return envelope.RawEnvelope(), nil
}
