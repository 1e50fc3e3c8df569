package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/attest"
)

// attestationCheck is one call of the command.
type attestationCheck struct {
	key, cluster, version, level, failOn string
	trustedRoot, identity, issuer        string
	minScore                             int
	maxAge                               time.Duration
	allowWaivers                         []string
	maxWaivers                           int
}

func newCheckAttestation() *cobra.Command {
	check := attestationCheck{}
	command := &cobra.Command{
		Use:   "check-attestation FILE",
		Short: "Refuse a cluster that nobody has proven",
		Long: `Checks what "rampart verify --attest" has written: that the key, or the identity, signed it and nobody changed it,
that it is about the cluster, whole, recent, measured by the baseline, good enough, and waives no more than you agree to.
It says everything that is wrong at once, and asks no cluster.

Exit status 0: it is good enough. 1: it is not. 2: the check could not be made.`,
		Args: oneFile("written by verify --attest"),
		RunE: func(cmd *cobra.Command, args []string) error { return check.run(cmd, args[0]) },
	}
	flags := command.Flags()
	flags.StringVar(&check.key, "key", "", "the public key that must have signed: PEM")
	flags.StringVar(&check.trustedRoot, "trusted-root", "",
		"signed without a key: the file with the authorities of the Sigstore instance (trusted_root.json)")
	flags.StringVar(&check.identity, "certificate-identity", "", "signed without a key: who must have signed, to the letter")
	flags.StringVar(&check.issuer, "certificate-oidc-issuer", "",
		"signed without a key: the issuer of the signer's token, to the letter")
	flags.StringVar(&check.cluster, "cluster", "",
		"the ID of the cluster: what \"kubectl get namespace kube-system -o jsonpath={.metadata.uid}\" prints (default: any)")
	flags.StringVar(&check.version, "baseline", string(baseline.Version202611), "the oldest version of the baseline that counts")
	flags.StringVar(&check.level, "level", string(baseline.LevelRestricted), "the level of the baseline that counts")
	flags.IntVar(&check.minScore, "min-score", 100, "the least score, in percent")
	flags.DurationVar(&check.maxAge, "max-age", 24*time.Hour, "how old the run may be")
	flags.StringVar(&check.failOn, "fail-on", "low",
		"the least severity of a failed control that is refused: low, medium, high or critical")
	flags.StringSliceVar(&check.allowWaivers, "allow-waiver", nil, "a control that may be waived, such as RMP-ADM-002")
	flags.IntVar(&check.maxWaivers, "max-waivers", 0, "how many other controls may be waived")
	return notRun(command)
}

func (c attestationCheck) faults() error {
	faults := []error{severityFault(c.failOn)}
	faults = append(faults, c.trustFault())
	if !slices.Contains(baseline.Levels(), baseline.Level(c.level)) {
		faults = append(faults, fmt.Errorf("--level %q: there is no such level: use one of %v", c.level, baseline.Levels()))
	}
	if !slices.Contains(baseline.Current().Versions, baseline.Version(c.version)) {
		faults = append(faults, fmt.Errorf("--baseline %q: there is no such version: use one of %v",
			c.version, baseline.Current().Versions))
	}
	if c.minScore < 0 || c.minScore > 100 {
		faults = append(faults, fmt.Errorf("--min-score %d: is no percentage: use 0 to 100", c.minScore))
	}
	if c.maxAge <= 0 {
		faults = append(faults, fmt.Errorf("--max-age %s: nothing is that young: use a duration such as 24h", c.maxAge))
	}
	if c.maxWaivers < 0 {
		faults = append(faults, fmt.Errorf("--max-waivers %d: is no number of controls: use 0 or more", c.maxWaivers))
	}
	if err := (verify.Options{Controls: c.allowed()}).Validate(); err != nil {
		faults = append(faults, fmt.Errorf("--allow-waiver: %w", err))
	}
	return errors.Join(faults...)
}

// trustFault says what is missing to know who signed.
func (c attestationCheck) trustFault() error {
	given := 0
	for _, flag := range []string{c.trustedRoot, c.identity, c.issuer} {
		if flag != "" {
			given++
		}
	}
	const all = 3
	switch {
	case c.key != "" && given > 0:
		return errors.New("--key: is for what a key signed: leave it out, or leave out --trusted-root, --certificate-identity and " +
			"--certificate-oidc-issuer")
	case c.key == "" && given == 0:
		return errors.New("--key: name the public key that must have signed, or of what is signed without a key --trusted-root, " +
			"--certificate-identity and --certificate-oidc-issuer")
	case given > 0 && given < all:
		return errors.New("--trusted-root, --certificate-identity, --certificate-oidc-issuer: name all three: an instance certifies " +
			"everybody, and another issuer can give the same name to somebody else")
	default:
		return nil
	}
}

// trust is in the key or the identity that was named.
func (c attestationCheck) trust() (attest.Trust, error) {
	if c.key == "" {
		return attest.TrustIdentity(c.trustedRoot, c.identity, c.issuer)
	}
	key, err := attest.ReadPublicKey(c.key)
	return attest.Key{Public: key}, err
}

// allowed are the controls that may be waived.
func (c attestationCheck) allowed() []baseline.ControlID {
	var controls []baseline.ControlID
	for _, id := range c.allowWaivers {
		controls = append(controls, baseline.ControlID(strings.ToUpper(id)))
	}
	return controls
}

func (c attestationCheck) run(cmd *cobra.Command, path string) error {
	if err := c.faults(); err != nil {
		return &exitError{verify.ExitNotRun, err}
	}
	trust, err := c.trust()
	if err != nil {
		return &exitError{verify.ExitNotRun, err}
	}
	signed, err := os.ReadFile(path)
	if err != nil {
		return &exitError{verify.ExitNotRun, fmt.Errorf("the attestation cannot be read: %w", err)}
	}
	report, err := attest.Check(cmd.Context(), signed, trust, attest.Policy{
		ClusterID: c.cluster, MinScore: c.minScore, MinVersion: baseline.Version(c.version), Level: baseline.Level(c.level),
		MaxAge: c.maxAge, FailOn: baseline.Severity(c.failOn), AllowedWaivers: c.allowed(), MaxWaivers: c.maxWaivers,
	})
	if err != nil {
		return &exitError{verify.ExitFailed, fmt.Errorf("attestation %s is refused:\n%w", path, err)}
	}
	fmt.Fprintf(cmd.OutOrStdout(), "Cluster %s (%s) was proven at %s: score %d %%, %d proven, %d waived, baseline %s, level %s\n",
		report.ClusterID, report.Cluster, report.Started.Format(time.RFC3339), report.Score.Percent(), report.Score.Proven,
		report.Score.Waived, report.Baseline.Version, report.Baseline.Level)
	return nil
}
