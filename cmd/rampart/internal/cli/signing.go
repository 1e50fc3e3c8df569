package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/privatefile"
	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/attest"
)

// signing is how results are signed: with a key, or by an identity that an authority certifies.
type signing struct {
	attest    string
	key       string
	authority attest.Authority
	token     string
}

func (s *signing) addTo(flags *pflag.FlagSet) {
	flags.StringVar(&s.attest, "attest", "", "write the whole result to this file, signed with --key, or without one (--fulcio-url)")
	flags.StringVar(&s.key, "key", "", "the private key to sign with: PEM, readable by you alone")
	flags.StringVar(&s.authority.Fulcio, "fulcio-url", "",
		"sign without a key, by the certificate of this authority of a Sigstore instance")
	flags.StringVar(&s.authority.Timestamps, "timestamp-url", "",
		"the timestamp authority (RFC 3161) to sign without a key by, such as https://.../api/v1/timestamp")
	flags.StringVar(&s.token, "identity-token", "",
		"a file with the OpenID Connect token that says who signs without a key (default: $"+attest.TokenVariable+")")
}

// keyless says that an identity is to sign.
func (s signing) keyless() bool { return s.authority != attest.Authority{} || s.token != "" }

// attestFault says what is wrong with the flags of an attestation.
func (v verification) attestFault() error {
	switch {
	case v.attest == "" && v.key != "":
		return errors.New("--key: there is nothing to sign without --attest")
	case v.attest == "" && v.keyless():
		return errors.New("--fulcio-url, --timestamp-url, --identity-token: there is nothing to sign without --attest")
	case v.attest == "":
		return nil
	case v.file != "" && filepath.Clean(v.file) == filepath.Clean(v.attest):
		return fmt.Errorf("--attest %s: is the file of --file as well, and the one would overwrite the other", v.attest)
	case v.part():
		return errors.New("--attest: a part of the baseline proves no cluster: leave out --control and --area")
	case v.key != "" && v.keyless():
		return errors.New("--key: signs by itself: leave it out to sign by an identity, or leave out --fulcio-url, --timestamp-url " +
			"and --identity-token")
	case v.key == "" && !v.keyless():
		return errors.New("--attest: say who signs. With a key: --key; make one with \"openssl genpkey -algorithm ed25519 -out " +
			"key.pem && chmod 600 key.pem\". Without one: --fulcio-url and --timestamp-url of a Sigstore instance of yours")
	case v.keyless():
		return errors.Join(
			authorityFault("--fulcio-url", v.authority.Fulcio), authorityFault("--timestamp-url", v.authority.Timestamps))
	default:
		return nil
	}
}

// authorityFault refuses an address that the token, or what is signed, would go to in the open.
func authorityFault(flag, address string) error {
	if address == "" {
		return fmt.Errorf("%s: is missing: to sign without a key, a certificate and a timestamp are needed", flag)
	}
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" || parsed.User != nil {
		return fmt.Errorf("%s %q: is no address of a server: use one such as https://sigstore.example.com", flag, address)
	}
	host := net.ParseIP(parsed.Hostname())
	if parsed.Scheme != "https" && (parsed.Scheme != "http" || host == nil || !host.IsLoopback()) {
		return fmt.Errorf("%s %q: is not https, and who listens could sign in your name: use https", flag, address)
	}
	return nil
}

// sealer signs results into a file.
type sealer struct {
	sign func(context.Context, *verify.Report) ([]byte, error)
	file *privatefile.File
}

func (v verification) sealer() (made sealer, err error) {
	if v.attest == "" {
		return made, nil
	}
	if v.keyless() {
		made.sign, err = v.signAs()
	} else {
		made.sign, err = v.signWith()
	}
	if err != nil {
		return made, err
	}
	made.file, err = openResult("--attest", v.attest)
	return made, err
}

func (s signing) signWith() (func(context.Context, *verify.Report) ([]byte, error), error) {
	key, err := attest.ReadPrivateKey(s.key)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, report *verify.Report) ([]byte, error) { return attest.Sign(ctx, report, key) }, nil
}

// signAs looks at the token before the attacks, and reads it again after them: whoever hands out tokens may have put a younger
// one there.
func (s signing) signAs() (func(context.Context, *verify.Report) ([]byte, error), error) {
	read := func() (string, error) { return attest.ReadToken(s.token, os.LookupEnv, time.Now()) }
	if _, err := read(); err != nil {
		return nil, err
	}
	return func(ctx context.Context, report *verify.Report) ([]byte, error) {
		token, err := read()
		if err != nil {
			return nil, err
		}
		return attest.SignAs(ctx, report, s.authority, token)
	}, nil
}

func (s sealer) write(ctx context.Context, report *verify.Report) error {
	if s.file == nil {
		return nil
	}
	// What was cut short by Ctrl-C is signed as well: it says so.
	text, err := s.sign(context.WithoutCancel(ctx), report)
	if err != nil {
		return errors.Join(fmt.Errorf("the result was not signed: %w", err), s.file.Discard())
	}
	return s.file.Replace(func(out io.Writer) error {
		_, err := out.Write(text)
		return err
	})
}
