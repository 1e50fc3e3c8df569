// Package cli is the command line of rampart: one file a command.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/process"
)

// Exit statuses.
const (
	exitFailed = 1
	// exitInterrupted is what shells report of a program that Ctrl-C has ended.
	exitInterrupted = 130
)

// Main runs one command line and returns its exit status. Results go to stdout; progress and errors go to stderr.
func Main(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot(stdout, stderr)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, process.ErrInterrupted), errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "rampart: interrupted; nothing is lost: run the same command again, it goes on from there")
		return exitInterrupted
	default:
		fmt.Fprintln(stderr, "rampart: "+strings.TrimRight(err.Error(), "\n"))
		status := &exitError{}
		if errors.As(err, &status) {
			return status.status
		}
		return exitFailed
	}
}

// exitError is an error of a command whose exit status says more than that it failed.
type exitError struct {
	status int
	error
}

func (e *exitError) Unwrap() error { return e.error }

// flags are those that several commands share.
type flags struct {
	stack  string
	config string
	road   string
}

func newRoot(stdout, stderr io.Writer) *cobra.Command {
	shared := &flags{}
	root := &cobra.Command{
		Use:           "rampart",
		Short:         "Hardened Kubernetes clusters, proven by attack",
		SilenceErrors: true, // Main says it, once
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.PersistentFlags().StringVarP(&shared.stack, "stack", "s", "kind", "the stack: a file stacks/Pulumi.<stack>.yaml")
	root.PersistentFlags().StringVar(&shared.config, "config", "", "a stack file that stands elsewhere")
	root.PersistentFlags().StringVar(&shared.road, "road", "",
		"where programs and images come from: published or airgap (default: found out)")
	root.AddCommand(
		newUp(shared), newPlan(shared), newBootstrap(shared), newPreview(shared), newDestroy(shared), newVerify(shared),
		newReport(shared), newCheckAttestation(), newKubeconfig(shared), newRotateKey(shared), newCertificates(shared),
		newSnapshot(shared), newDrift(shared), newEnv(shared), newTools(shared), newDoctor(shared), newPrune(), newVersion(),
	)
	return root
}
