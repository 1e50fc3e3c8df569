package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/verify"
)

// isWatched has a watch see controls hold, breaks them, and waits for the watch to say so: in its log once of each and of no other,
// and in its metrics, asked for over HTTP as Prometheus does.
func (s sabotage) isWatched(t *testing.T, areas []string) {
	t.Helper()
	run, err := product.StartVerify("--area", strings.Join(areas, ","), "--watch", "30s", "--metrics", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		select {
		case <-run.Ended():
		default: // the test has failed before its end
			if err := run.KillTree(); err != nil {
				t.Error(err)
			}
		}
	})
	said(t, run, "msg=score percent=100 ")
	text, err := run.Said()
	if err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`msg=metrics url=(http://127\.0\.0\.1:\d+/metrics)`).FindStringSubmatch(text)
	if address == nil {
		t.Fatalf("it does not say where its metrics are: %s", text)
	}
	for _, control := range s.fails {
		measures(t, address[1], control, verify.Proven, 1)
	}

	undo := s.does(t)
	t.Cleanup(func() {
		if err := undo(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("putting it back: %v", err)
		}
	})
	for _, control := range s.fails {
		said(t, run, fmt.Sprintf("msg=verdict control=%s was=proven is=failed", control))
		measures(t, address[1], control, verify.Failed, 2)
	}

	if err := run.Interrupt(); err != nil {
		t.Fatal(err)
	}
	result, err := framework.WaitAtMost(t.Context(), run, 2*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if result.ExitCode != 0 || strings.Count(result.Stdout, "msg=verdict") != len(s.fails) {
		t.Errorf("Ctrl-C is the normal end of a watch, and %d verdicts changed: %s", len(s.fails), result)
	}
}

// said waits for a running command to print something.
func said(t *testing.T, run *framework.Running, want string) {
	t.Helper()
	framework.Eventually(t, "the watch to say "+want, 5*time.Minute, func(context.Context) error {
		text, err := run.Said()
		if err == nil && !strings.Contains(text, want) {
			err = errors.New(text)
		}
		return err
	})
}

// measures asks for metrics until a number of runs has ended, and wants the control to have one verdict and no other.
func measures(t *testing.T, address string, control baseline.ControlID, verdict verify.Verdict, runs int) {
	t.Helper()
	labels := fmt.Sprintf(`area=%q,control=%q`, baseline.AreaAudit, control)
	framework.Eventually(t, "the metrics to follow", time.Minute, func(ctx context.Context) error {
		text, err := scrape(ctx, address)
		if err != nil {
			return err
		}
		var verdicts []string
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "rampart_verify_control_verdict{"+labels) {
				verdicts = append(verdicts, line)
			}
		}
		if len(verdicts) != 1 || !strings.Contains(verdicts[0], fmt.Sprintf(`verdict=%q} 1`, verdict)) ||
			!strings.Contains(text, fmt.Sprintf("rampart_verify_runs_total{outcome=\"ended\"} %d\n", runs)) {
			return errors.New(text)
		}
		return nil
	})
}

func scrape(ctx context.Context, address string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}
