package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"github.com/spf13/cobra"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/privatefile"
	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/attest"
)

// attestFault says what is wrong with the flags of an attestation.
func (v verification) attestFault() error {
	switch {
	case v.attest == "" && v.key != "":
		return errors.New("--key: there is nothing to sign without --attest")
	case v.attest == "":
		return nil
	case v.file != "" && filepath.Clean(v.file) == filepath.Clean(v.attest):
		return fmt.Errorf("--attest %s: is the file of --file as well, and the one would overwrite the other", v.attest)
	case v.part():
		return errors.New("--attest: a part of the baseline proves no cluster: leave out --control and --area")
	case v.key == "":
		return errors.New("--attest: name a key with --key. Signing without one (keyless) is refused: it needs an identity " +
			"provider, a certificate authority and a transparency log, which see the name of your cluster; make a key with " +
			"\"openssl genpkey -algorithm ed25519 -out key.pem && chmod 600 key.pem\"")
	default:
		return nil
	}
}

// sealer signs results into a file.
type sealer struct {
	key  dsse.Signer
	file *privatefile.File
}

func (v verification) sealer() (made sealer, err error) {
	if v.attest == "" {
		return made, nil
	}
	if made.key, err = attest.ReadPrivateKey(v.key); err != nil {
		return made, err
	}
	made.file, err = openResult("--attest", v.attest)
	return made, err
}

func (s sealer) write(ctx context.Context, report *verify.Report) error {
	if s.file == nil {
		return nil
	}
	// What was cut short by Ctrl-C is signed as well: it says so.
	text, err := attest.Sign(context.WithoutCancel(ctx), report, s.key)
	if err != nil {
		return errors.Join(fmt.Errorf("signing the result: %w", err), s.file.Discard())
	}
	return s.file.Replace(func(out io.Writer) error {
		_, err := out.Write(text)
		return err
	})
}

// attestationCheck is one call of the command.
type attestationCheck struct {
	key, cluster, version, level, failOn string
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
		Long: `Checks what "rampart verify --attest" has written: that the key signed it and nobody changed it, that it is about the
cluster, whole, recent, measured by the baseline, good enough, and waives no more than you agree to. It says everything
that is wrong at once, and asks no cluster.

Exit status 0: it is good enough. 1: it is not. 2: the check could not be made.`,
		Args: oneFile("written by verify --attest"),
		RunE: func(cmd *cobra.Command, args []string) error { return check.run(cmd, args[0]) },
	}
	flags := command.Flags()
	flags.StringVar(&check.key, "key", "", "the public key that must have signed: PEM")
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
	if c.key == "" {
		faults = append(faults, errors.New("--key: name the public key that must have signed"))
	}
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
	key, err := attest.ReadPublicKey(c.key)
	if err != nil {
		return &exitError{verify.ExitNotRun, err}
	}
	envelope, err := os.ReadFile(path)
	if err != nil {
		return &exitError{verify.ExitNotRun, fmt.Errorf("the attestation cannot be read: %w", err)}
	}
	report, err := attest.Check(cmd.Context(), envelope, key, attest.Policy{
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
