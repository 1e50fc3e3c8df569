package watch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/verify"
)

// result is one with a verdict for each of two controls.
func result(one, two verify.Verdict) *verify.Report {
	report := &verify.Report{Started: time.Unix(1000, 0), Seconds: 2.5, Results: []verify.Result{
		{Control: "RMP-NET-001", Area: "NET", Severity: "high", Verdict: one, Evidence: "seen"},
		{Control: "RMP-NET-002", Area: "NET", Severity: "low", Verdict: two, Evidence: "seen"},
	}}
	report.Score = verify.ScoreOf(report.Results)
	return report
}

// waived is a result whose waiver is in force, or over.
func waived(over bool) *verify.Report {
	report := result(verify.Waived, verify.Proven)
	waivers := []verify.Waiver{{Scope: "tenant/blue", Reason: "a test", Owner: "web", Expires: "2026-11-25"}}
	report.Results[0].Waivers = waivers
	if over {
		report = result(verify.Failed, verify.Proven)
		report.Results[0].EndedWaivers = waivers
	}
	return report
}

// TestChangesAreSaidOnce goes through good and bad days, each twice, and asks for the metrics after each.
func TestChangesAreSaidOnce(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String() + "/metrics"
	type run struct {
		report *verify.Report
		err    error
	}
	gone := errors.New("the cluster does not answer")
	days := []run{
		{result(verify.Proven, verify.Proven), nil}, {result(verify.Proven, verify.Proven), nil},
		{result(verify.Failed, verify.Proven), nil}, {result(verify.Failed, verify.Proven), nil},
		{nil, gone}, {nil, gone},
		{&verify.Report{Cut: "the cluster stopped answering"}, nil},
		{result(verify.Failed, verify.Proven), nil},
		{result(verify.Proven, verify.Proven), errors.New("the disk is full")},
		{waived(false), nil}, {waived(true), nil}, {waived(true), nil},
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var log bytes.Buffer
	var scraped []string
	number := 0
	err = Watch(ctx, Options{
		Interval: time.Millisecond, Metrics: listener,
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: withoutTime})),
		Verify: func(ctx context.Context) (*verify.Report, error) {
			scraped = append(scraped, scrape(ctx, t, address))
			if number == len(days) {
				stop()
				return result(verify.Failed, verify.Failed), ctx.Err()
			}
			number++
			return days[number-1].report, days[number-1].err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `level=INFO msg=score percent=100 proven=2 failed=0 prevented=0
level=WARN msg=verdict control=RMP-NET-001 was=proven is=failed severity=high evidence=seen
level=INFO msg=score percent=50 proven=1 failed=1 prevented=0
level=ERROR msg="the cluster could not be verified" why="the cluster does not answer"
level=ERROR msg="the cluster could not be verified" why="the cluster stopped answering"
level=INFO msg="the cluster can be verified again"
level=WARN msg="the run ended, and its result could not be kept" why="the disk is full"
level=INFO msg=verdict control=RMP-NET-001 was=failed is=proven severity=high evidence=seen
level=INFO msg=score percent=100 proven=2 failed=0 prevented=0
level=INFO msg=verdict control=RMP-NET-001 was=proven is=waived severity=high evidence=seen
level=INFO msg=score percent=100 proven=1 failed=0 prevented=0
level=WARN msg="a waiver is over" control=RMP-NET-001 scope=tenant/blue "last day"=2026-11-25 owner=web do="take it out of the stack file, or decide anew: until then up refuses the file"
level=WARN msg=verdict control=RMP-NET-001 was=waived is=failed severity=high evidence=seen
level=INFO msg=score percent=50 proven=1 failed=1 prevented=0
level=INFO msg="the watch has ended"
`
	if log.String() != want {
		t.Errorf("got\n%s\nwant\n%s", log.String(), want)
	}
	for day, lines := range map[int][]string{
		0: {`rampart_verify_runs_total{outcome="ended"} 0`},
		1: {"rampart_verify_score_ratio 1", "rampart_verify_last_run_timestamp_seconds 1000", "rampart_verify_last_run_duration_seconds 2.5"},
		3: {
			"rampart_verify_score_ratio 0.5", `rampart_verify_controls{verdict="failed"} 1`, `rampart_verify_controls{verdict="waived"} 0`,
			`rampart_verify_control_verdict{area="NET",control="RMP-NET-001",severity="high",verdict="failed"} 1`,
		},
		7:  {`rampart_verify_runs_total{outcome="not verified"} 3`, "rampart_verify_score_ratio 0.5"},
		10: {`rampart_verify_waiver_end_timestamp_seconds{control="RMP-NET-001",owner="web",scope="tenant/blue"} 1.7956512e+09`},
		12: {
			`rampart_verify_waiver_end_timestamp_seconds{control="RMP-NET-001",owner="web",scope="tenant/blue"} 1.7956512e+09`,
			`rampart_verify_control_verdict{area="NET",control="RMP-NET-001",severity="high",verdict="failed"} 1`,
		},
		9: {`rampart_verify_controls{verdict="failed"} 0`, `rampart_verify_runs_total{outcome="ended"} 6`},
	} {
		for _, line := range lines {
			if !strings.Contains(scraped[day], line+"\n") {
				t.Errorf("after %d runs, %s is not in\n%s", day, line, scraped[day])
			}
		}
	}
	if strings.Contains(scraped[9], `control="RMP-NET-001",severity="high",verdict="failed"`) {
		t.Error("a verdict that is over is still told")
	}
	if strings.Contains(scraped[9], "rampart_verify_waiver_end_timestamp_seconds{") {
		t.Error("a waiver is told that there is none of")
	}
	if connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listener.Addr().String()); err == nil {
		_ = connection.Close()
		t.Error("metrics are served after the end")
	}
}

func withoutTime(_ []string, attribute slog.Attr) slog.Attr {
	if attribute.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return attribute
}

func scrape(ctx context.Context, t *testing.T, address string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Error(err)
		return ""
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}
