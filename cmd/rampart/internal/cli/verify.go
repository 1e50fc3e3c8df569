package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rampart-iac/rampart/baseline"
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
	baseline   string
	signing
	watch      time.Duration
	metrics    string
	probeImage string
}

func newVerify(shared *flags) *cobra.Command {
	question := verification{}
	command := &cobra.Command{
		Use:   "verify",
		Short: "Attack the cluster, and say which controls held",
		Long: `Attacks a running cluster as an intruder would and says of each control of the baseline whether it held, with one line
of evidence. Every attack has a control experiment that must succeed: what could not be found out is never called proven.

It needs the administrator's kubeconfig: the stack's, or that of any cluster with --kubeconfig. To look at nodes and
etcd, the nodes must be containers of docker, podman or nerdctl on this machine, and you must be root. Of a stack in a
cloud it attacks everything that is in the cluster, and says of the rest who answers for it. What it makes in the
cluster has random names and is gone at the end, after Ctrl-C too.

Exit status 0: no control failed. 1: a control failed. 2: something could not be verified, or the run could not start.`,
		Args: noArguments,
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
	flags.StringVar(&question.baseline, "baseline", "",
		"measure by this version of the baseline (default: the stack's, or the newest)")
	question.addTo(flags)
	flags.DurationVar(&question.watch, "watch", 0,
		"verify again and again, this long after the last start, such as 15m, until Ctrl-C")
	flags.StringVar(&question.probeImage, "probe-image", "",
		"the agnhost image that probes run, by digest, if the nodes do not have one; the cluster pulls it")
	flags.StringVar(&question.metrics, "metrics", "", "while watching, serve metrics for Prometheus at this loopback address")
	return notRun(command)
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
	faults = append(faults, severityFault(v.failOn), v.attestFault(), v.watchFault(), v.baselineFault())
	return options, formats()[at].write, errors.Join(faults...)
}

func severityFault(failOn string) error {
	if slices.Contains(baseline.Severities(), baseline.Severity(failOn)) {
		return nil
	}
	return fmt.Errorf("--fail-on %q: there is no such severity: use low, medium, high or critical", failOn)
}

func (v verification) baselineFault() error {
	versions := baseline.Current().Versions
	if v.baseline == "" || slices.Contains(versions, baseline.Version(v.baseline)) {
		return nil
	}
	return fmt.Errorf("--baseline %q: there is no such version: use one of %v", v.baseline, versions)
}

// part says that the run is not about the whole baseline.
func (v verification) part() bool { return len(v.controls) > 0 || len(v.areas) > 0 }
