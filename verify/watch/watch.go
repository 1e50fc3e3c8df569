// Package watch verifies a cluster again and again. It tells a log of verdicts that changed, once each, and Prometheus of
// all of them.
package watch

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
)

// Options of a watch.
type Options struct {
	// Interval from the start of one run to that of the next. A run that takes longer is followed at once.
	Interval time.Duration

	// Verify makes one run. An error without a report says why nothing could be found out; with one, that the run is over, and
	// something went wrong with its result.
	Verify func(context.Context) (*verify.Report, error)

	// Log gets changes.
	Log *slog.Logger

	// Metrics is where Prometheus asks, at /metrics. Nil: nowhere. Watch closes it.
	Metrics net.Listener
}

// shutdownDeadline is for a question of Prometheus to be answered at the end.
const shutdownDeadline = 2 * time.Second

// Watch verifies until its context ends, which is no error.
func Watch(ctx context.Context, options Options) (err error) {
	watcher := &watcher{Options: options, metrics: newMetrics()}
	if options.Metrics != nil {
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", promhttp.HandlerFor(watcher.metrics.registry, promhttp.HandlerOpts{}))
		server := &http.Server{Handler: mux, ReadHeaderTimeout: shutdownDeadline}
		failed := make(chan error, 1)
		go func() { failed <- server.Serve(options.Metrics) }()
		defer func() {
			limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownDeadline)
			defer cancel()
			err = errors.Join(err, server.Shutdown(limited))
			if serving := <-failed; !errors.Is(serving, http.ErrServerClosed) {
				err = errors.Join(err, serving)
			}
		}()
	}
	// The end may come at the moment when the next round is due: it goes before.
	for ctx.Err() == nil {
		next := time.After(options.Interval)
		watcher.once(ctx)
		select {
		case <-ctx.Done():
		case <-next:
		}
	}
	options.Log.Info("the watch has ended")
	return nil
}

// watcher remembers what was last said.
type watcher struct {
	Options

	metrics *metrics
	last    map[baseline.ControlID]verify.Result
	over    []endedWaiver
	trouble string
}

// endedWaiver is a waiver that is over, of a control.
type endedWaiver struct {
	control baseline.ControlID
	verify.Waiver
}

func (w *watcher) once(ctx context.Context) {
	report, err := w.Verify(ctx)
	switch {
	case ctx.Err() != nil:
		return // what a run that is being ended found means nothing
	case report == nil:
		w.metrics.troubled()
		w.say(err.Error())
		return
	case report.Cut != "":
		w.metrics.troubled()
		w.say(report.Cut)
		return
	}
	if err != nil {
		w.Log.Warn("the run ended, and its result could not be kept", "why", err)
	}
	w.metrics.set(report)
	if w.trouble != "" {
		w.Log.Info("the cluster can be verified again")
		w.trouble = ""
	}
	w.endings(report)
	w.changes(report)
}

// endings says which waivers are over, once each.
func (w *watcher) endings(report *verify.Report) {
	var over []endedWaiver
	for _, result := range report.Results {
		for _, waiver := range result.EndedWaivers {
			over = append(over, endedWaiver{result.Control, waiver})
		}
	}
	for _, each := range over {
		if !slices.Contains(w.over, each) {
			w.Log.Warn("a waiver is over", "control", string(each.control), "scope", string(each.Scope), "last day", each.Expires,
				"owner", each.Owner, "do", "take it out of the stack file, or decide anew: until then up refuses the file")
		}
	}
	w.over = over
}

// say says that nothing could be found out, once for each reason.
func (w *watcher) say(trouble string) {
	if trouble != w.trouble {
		w.Log.Error("the cluster could not be verified", "why", trouble)
		w.trouble = trouble
	}
}

// changes says what became different since the last run that came to its end.
func (w *watcher) changes(report *verify.Report) {
	first := w.last == nil
	now := map[baseline.ControlID]verify.Result{}
	changed := 0
	for _, result := range report.Results {
		now[result.Control] = result
		before, known := w.last[result.Control]
		bad := result.Verdict == verify.Failed || result.Why == verify.WhyPrevented
		if known && before.Verdict == result.Verdict && before.Why == result.Why || first && !bad {
			continue
		}
		changed++
		level := slog.LevelInfo
		if bad {
			level = slog.LevelWarn
		}
		w.Log.Log(context.Background(), level, "verdict", "control", string(result.Control), "was", said(before), "is", said(result),
			"severity", string(result.Severity), "evidence", result.Evidence)
	}
	w.last = now
	if first || changed > 0 {
		w.Log.Info("score", "percent", report.Score.Percent(), "proven", report.Score.Proven, "failed", report.Score.Failed,
			"prevented", report.Score.Prevented)
	}
}

// said is a verdict with its reason; of a control that was not known there is none.
func said(result verify.Result) string {
	switch {
	case result.Verdict == "":
		return "unknown"
	case result.Why != "":
		return string(result.Verdict) + " (" + string(result.Why) + ")"
	default:
		return string(result.Verdict)
	}
}
