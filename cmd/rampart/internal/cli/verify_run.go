package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/privatefile"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
	"github.com/rampart-iac/rampart/stacks"
	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/live"
)

func (v verification) run(cmd *cobra.Command, shared *flags) error {
	options, write, err := v.settle()
	if err != nil {
		return err
	}
	target, err := v.target(cmd, shared, &options)
	if err != nil {
		return err
	}
	if v.watch > 0 {
		return v.watchOver(cmd, shared, options)
	}
	// A file that cannot be written, and a key that is none, are better known before the attacks than after.
	seal, err := v.sealer()
	if err != nil {
		return err
	}
	file, err := openResult("--file", v.file)
	if err != nil {
		return errors.Join(err, seal.file.Discard())
	}
	options.Progress = cmd.ErrOrStderr()
	report, err := v.attack(cmd.Context(), target, options)
	if report == nil {
		return errors.Join(err, seal.file.Discard(), file.Discard())
	}
	written := errors.Join(v.publish(cmd.OutOrStdout(), file, write, report), seal.write(cmd.Context(), report))
	if written != nil && cmd.Context().Err() != nil {
		return &exitError{exitInterrupted, fmt.Errorf("interrupted; %w", written)}
	}
	if written != nil {
		return errors.Join(written, err)
	}
	if cmd.Context().Err() != nil {
		return interruption(report)
	}
	if err != nil {
		return err // the result could not be kept
	}
	return verdictOf(report, baseline.Severity(v.failOn))
}

// attack makes one run, and keeps its result.
func (v verification) attack(ctx context.Context, target target, options verify.Options) (*verify.Report, error) {
	cluster, err := verify.Connect(ctx, target.kubeconfig, target.settings)
	if err != nil {
		return nil, explain(err, target.config)
	}
	report, err := verify.Run(ctx, cluster, options)
	if report == nil {
		return nil, err
	}
	return report, errors.Join(err, v.keep(target.stack, report))
}

// target is the cluster to attack.
type target struct {
	kubeconfig string
	settings   live.Settings
	// stack that made it, with its configuration. Nil: none of ours did.
	stack  *workspace.Stack
	config stacks.Config
}

// target finds the cluster, and takes over what the stack asks of it. Of another cluster everything is asked.
func (v verification) target(cmd *cobra.Command, shared *flags, options *verify.Options) (found target, err error) {
	found.settings.ProbeImage = v.probeImage
	if v.kubeconfig != "" {
		if v.baseline != "" {
			options.Baseline, err = baseline.Resolve(
				baseline.LevelRestricted, baseline.Version(v.baseline), baseline.ProviderKind, nil, time.Now())
		}
		found.kubeconfig = v.kubeconfig
		return found, err
	}
	s, err := newSession(cmd, shared)
	if err != nil {
		return found, err
	}
	if found.config, err = s.configurationOfStanding(); err != nil {
		return found, err
	}
	if v.baseline != "" {
		found.config.Baseline.Version = baseline.Version(v.baseline)
	}
	if options.Baseline, err = found.config.ResolveStanding(time.Now()); err != nil {
		return found, err
	}
	options.TLSFloor, options.Stack = found.config.Cluster.TLSMinVersion, s.stack.Name
	found.settings.EnterPods = true
	if s.cloud() {
		found.settings.Remote = fmt.Sprintf("they are machines of the cloud (%s), and the stack leaves no way onto them",
			s.stack.Provider)
	}
	found.stack = &s.stack
	found.kubeconfig, _, err = s.adminKubeconfig(cmd.Context())
	return found, err
}

// keep keeps the result of a whole run on a stack for reports. One of a part would not compare with the others.
func (v verification) keep(stack *workspace.Stack, report *verify.Report) error {
	if stack == nil || v.part() {
		return nil
	}
	var content bytes.Buffer
	if err := verify.WriteJSON(&content, report); err != nil {
		return err
	}
	_, err := stack.KeepResult(report.Started, report.Run, content.Bytes())
	return err
}

// openResult finds out whether a file that was asked for can be written. It is for its owner alone: it says where a cluster
// is weak.
func openResult(flag, path string) (*privatefile.File, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // no file was asked for, and that is no error
	}
	file, err := privatefile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s %s cannot be written: %w", flag, path, err)
	}
	return file, nil
}

func (v verification) publish(
	stdout io.Writer, file *privatefile.File, write func(io.Writer, *verify.Report) error, report *verify.Report,
) error {
	if file == nil {
		return write(stdout, report)
	}
	if err := file.Replace(func(out io.Writer) error { return write(out, report) }); err != nil {
		return err
	}
	return verify.WriteTable(stdout, report)
}

// verdictOf turns a report into the command's end.
func verdictOf(report *verify.Report, failOn baseline.Severity) error {
	switch status := report.Exit(failOn); status {
	case verify.ExitHeld:
		return nil
	case verify.ExitFailed:
		return &exitError{status, fmt.Errorf("controls that failed: %d%s", report.Score.Failed, remarks(report))}
	default:
		return &exitError{status, fmt.Errorf("controls that could not be verified: %d%s", report.Score.Prevented, remarks(report))}
	}
}

// interruption is the end of a run that Ctrl-C has cut short: what it found is written.
func interruption(report *verify.Report) error {
	text := "what it made in the cluster is gone"
	if len(report.Left) > 0 {
		text = leftBehind(report)
	}
	return &exitError{exitInterrupted, fmt.Errorf("interrupted; what was found until then is written, and %s", text)}
}

func remarks(report *verify.Report) string {
	text := ""
	if report.Cut != "" {
		text += ": " + report.Cut
	}
	if len(report.Left) > 0 {
		text += "; " + leftBehind(report)
	}
	return text
}

// leftBehind names what could not be cleaned up, unless it is so much that nobody would read the line.
func leftBehind(report *verify.Report) string {
	const most = 3
	if more := len(report.Left) - most; more > 0 {
		return fmt.Sprintf("left behind: %s and %d more, which the result names", strings.Join(report.Left[:most], ", "), more)
	}
	return "left behind: " + strings.Join(report.Left, ", ")
}
