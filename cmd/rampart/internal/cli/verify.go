package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/attacks"
)

// verification is one call of the command.
type verification struct {
	kubeconfig string
	controls   []string
	areas      []string
	output     string
	file       string
	failOn     string
}

func newVerify(shared *flags) *cobra.Command {
	question := verification{}
	command := &cobra.Command{
		Use:   "verify",
		Short: "Attack the cluster, and say which controls held",
		Long: `Attacks a running cluster as an intruder would and says of each control of the baseline whether it held, with one line
of evidence. Every attack has a control experiment that must succeed: what could not be found out is never called proven.

It needs the administrator's kubeconfig: the stack's, or that of any cluster with --kubeconfig. To look at nodes and
etcd, the nodes must be containers of docker, podman or nerdctl on this machine, and you must be root. What it makes in
the cluster has random names and is gone at the end, after Ctrl-C too.

Exit status 0: no control failed. 1: a control failed. 2: something could not be verified, or the run could not start.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := question.run(cmd, shared)
			status := &exitError{}
			if err == nil || errors.Is(err, context.Canceled) || errors.As(err, &status) {
				return err
			}
			return &exitError{verify.ExitNotRun, err}
		},
	}
	flags := command.Flags()
	flags.StringVar(&question.kubeconfig, "kubeconfig", "", "the kubeconfig of a cluster (default: the stack's)")
	flags.StringSliceVar(&question.controls, "control", nil, "verify these controls only, such as RMP-NET-003")
	flags.StringSliceVar(&question.areas, "area", nil, "verify the controls of these areas only, such as NET")
	flags.StringVarP(&question.output, "output", "o", "table", "the form of the result: "+strings.Join(formatNames(), ", "))
	flags.StringVar(&question.file, "file", "", "write the result to this file, and the table to the terminal")
	flags.StringVar(&question.failOn, "fail-on", "low",
		"the least severity of a failed control that ends the command with status 1: low, medium, high or critical")
	return command
}

// format is a form that results are written in.
type format struct {
	name  string
	write func(io.Writer, *verify.Report) error
}

func formats() []format {
	return []format{
		{"table", verify.WriteTable}, {"json", verify.WriteJSON}, {"junit", verify.WriteJUnit}, {"sarif", verify.WriteSARIF},
		{"oscal", verify.WriteOSCAL},
	}
}

func formatNames() []string {
	var names []string
	for _, each := range formats() {
		names = append(names, each.name)
	}
	return names
}

func (v verification) run(cmd *cobra.Command, shared *flags) error {
	options, write, err := v.settle()
	if err != nil {
		return err
	}
	path, keep, err := v.cluster(cmd, shared, &options)
	if err != nil {
		return err
	}
	// A file that cannot be written is better known before the attacks than after.
	file, err := v.open()
	if err != nil {
		return err
	}
	cluster, err := verify.Connect(cmd.Context(), path)
	if err != nil {
		return errors.Join(err, v.discard(file))
	}
	options.Progress = cmd.ErrOrStderr()
	report, err := verify.Run(cmd.Context(), cluster, options)
	if report == nil {
		return errors.Join(err, v.discard(file))
	}
	if err := errors.Join(v.keep(keep, report), v.publish(cmd.OutOrStdout(), file, write, report)); err != nil {
		return err
	}
	if err != nil {
		return err // interrupted; what was found is written
	}
	return verdictOf(report, baseline.Severity(v.failOn))
}

// settle checks the flags, all at once.
func (v verification) settle() (verify.Options, func(io.Writer, *verify.Report) error, error) {
	options := verify.Options{Attacks: attacks.All(), Elsewhere: attacks.Elsewhere()}
	for _, id := range v.controls {
		options.Controls = append(options.Controls, baseline.ControlID(strings.ToUpper(id)))
	}
	for _, area := range v.areas {
		options.Areas = append(options.Areas, baseline.Area(strings.ToUpper(area)))
	}
	faults := []error{options.Validate()}
	at := slices.IndexFunc(formats(), func(each format) bool { return each.name == v.output })
	if at < 0 {
		faults = append(faults, fmt.Errorf("--output %q: there is no such form: use one of %s",
			v.output, strings.Join(formatNames(), ", ")))
		at = 0
	}
	if !slices.Contains([]baseline.Severity{
		baseline.SeverityLow, baseline.SeverityMedium, baseline.SeverityHigh, baseline.SeverityCritical,
	}, baseline.Severity(v.failOn)) {
		faults = append(faults, fmt.Errorf("--fail-on %q: there is no such severity: use low, medium, high or critical", v.failOn))
	}
	return options, formats()[at].write, errors.Join(faults...)
}

// cluster returns the kubeconfig to use, and takes over what the stack asks of its cluster. Of another cluster everything
// is asked.
func (v verification) cluster(
	cmd *cobra.Command, shared *flags, options *verify.Options,
) (path string, keep *workspace.Stack, err error) {
	if v.kubeconfig != "" {
		return v.kubeconfig, nil, nil
	}
	s, err := newSession(cmd, shared)
	if err != nil {
		return "", nil, err
	}
	config, err := s.configuration()
	if err != nil {
		return "", nil, err
	}
	if options.Baseline, err = config.Resolve(time.Now()); err != nil {
		return "", nil, err
	}
	options.TLSFloor, options.Stack = config.Cluster.TLSMinVersion, s.stack.Name
	path, _, err = s.adminKubeconfig()
	return path, &s.stack, err
}

// keep keeps the result of a whole run on a stack for reports. One of a part would not compare with the others.
func (v verification) keep(stack *workspace.Stack, report *verify.Report) error {
	if stack == nil || len(v.controls) > 0 || len(v.areas) > 0 {
		return nil
	}
	var content bytes.Buffer
	if err := verify.WriteJSON(&content, report); err != nil {
		return err
	}
	_, err := stack.KeepResult(report.Started, report.Run, content.Bytes())
	return err
}

// open makes the file that was asked for, readable by its owner alone: it says where a cluster is weak.
func (v verification) open() (*os.File, error) {
	if v.file == "" {
		return nil, nil //nolint:nilnil // no file was asked for, and that is no error
	}
	file, err := os.OpenFile(v.file, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--file %s cannot be written: %w", v.file, errors.Unwrap(err))
	}
	return file, nil
}

// discard takes a file away again that nothing was written to.
func (v verification) discard(file *os.File) error {
	if file == nil {
		return nil
	}
	info, err := file.Stat()
	if err == nil && info.Size() == 0 {
		err = os.Remove(v.file)
	}
	return errors.Join(err, file.Close())
}

func (v verification) publish(
	stdout io.Writer, file *os.File, write func(io.Writer, *verify.Report) error, report *verify.Report,
) error {
	if file == nil {
		return write(stdout, report)
	}
	if err := errors.Join(file.Truncate(0), write(file, report), file.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", v.file, err)
	}
	return verify.WriteTable(stdout, report)
}

// verdictOf turns a report into the command's end.
func verdictOf(report *verify.Report, failOn baseline.Severity) error {
	switch status := report.Exit(failOn); status {
	case verify.ExitHeld:
		return nil
	case verify.ExitFailed:
		return &exitError{status, fmt.Errorf("controls that failed: %d", report.Score.Failed)}
	default:
		return &exitError{status, fmt.Errorf("controls that could not be verified: %d%s", report.Score.Prevented, remarks(report))}
	}
}

func remarks(report *verify.Report) string {
	text := ""
	if report.Cut != "" {
		text += ": " + report.Cut
	}
	if len(report.Left) > 0 {
		text += "; left behind: " + strings.Join(report.Left, ", ")
	}
	return text
}
