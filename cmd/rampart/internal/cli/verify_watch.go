package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/spf13/cobra"

	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/watch"
)

// shortestWatch keeps a watch from attacking without a pause.
const shortestWatch = 30 * time.Second

// watchFault says what is wrong with the flags of a watch.
func (v verification) watchFault() error {
	var faults []error
	if v.watch != 0 && v.watch < shortestWatch {
		faults = append(faults, fmt.Errorf("--watch %s: is too often: use %s or more", v.watch, shortestWatch))
	}
	if v.watch != 0 && (v.file != "" || v.attest != "" || v.output != "table") {
		faults = append(faults, errors.New("--watch: it tells changes and metrics, and writes no result: leave out "+
			"--file, --output and --attest"))
	}
	if v.metrics == "" {
		return errors.Join(faults...)
	}
	if v.watch == 0 {
		faults = append(faults, errors.New("--metrics: there are none without --watch"))
	}
	host, _, err := net.SplitHostPort(v.metrics)
	if address := net.ParseIP(host); err != nil || address == nil || !address.IsLoopback() {
		faults = append(faults, fmt.Errorf("--metrics %q: is no loopback address with a port: metrics say where a cluster is weak, "+
			"use 127.0.0.1:9464 and put a proxy that asks who it is before it", v.metrics))
	}
	return errors.Join(faults...)
}

// watchOver verifies until Ctrl-C, which is its normal end. Each run reads the stack anew, and goes on without the waivers that
// are over by then.
func (v verification) watchOver(cmd *cobra.Command, shared *flags, options verify.Options) error {
	logger := slog.New(slog.NewTextHandler(cmd.OutOrStdout(), nil))
	watched := watch.Options{
		Interval: v.watch, Log: logger,
		Verify: func(ctx context.Context) (*verify.Report, error) {
			current := options
			target, err := v.target(cmd, shared, &current)
			if err != nil {
				return nil, err
			}
			return v.attack(ctx, target, current)
		},
	}
	if v.metrics != "" {
		listener, err := (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", v.metrics)
		if err != nil {
			return fmt.Errorf("--metrics %s: %w", v.metrics, err)
		}
		watched.Metrics = listener
		logger.Info("metrics", "url", "http://"+listener.Addr().String()+"/metrics")
	}
	return watch.Watch(cmd.Context(), watched)
}
