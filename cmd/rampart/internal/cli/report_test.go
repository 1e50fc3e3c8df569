package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/stacks"
	"github.com/rampart-iac/rampart/verify"
)

// result writes a result of verify to a file.
func result(t *testing.T, run string, started time.Time, score verify.Score) string {
	t.Helper()
	var content bytes.Buffer
	report := &verify.Report{Run: run, Started: started, Score: score, Stack: "kind"}
	if err := verify.WriteJSON(&content, report); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), run+".json")
	if err := os.WriteFile(path, content.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReportOfNamedResults(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	newer := result(t, "newer", day, verify.Score{Proven: 3, Failed: 1})
	older := result(t, "older", day.AddDate(0, 0, -1), verify.Score{Proven: 1})
	page := filepath.Join(t.TempDir(), "page.html")
	var stdout, stderr bytes.Buffer
	if status := Main([]string{"report", newer, older, "--file", page}, &stdout, &stderr); status != 0 {
		t.Fatalf("status %d: %s", status, stderr.String())
	}
	if want := "Score 75 %, 3 of 4 controls proven; 2 runs\nReport: " + page + "\n"; stdout.String() != want {
		t.Errorf("got %q, want %q", stdout.String(), want)
	}
	info, err := os.Stat(page)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}

// TestReportOfKeptResults: what was kept for years is not lost with one file of it. Which is missing is said, on the page as
// well. A page that others could read, they cannot any more.
func TestReportOfKeptResults(t *testing.T) {
	home := t.TempDir()
	t.Setenv(stacks.HomeVariable, home)
	kept := filepath.Join(home, "results", "kind")
	if err := os.MkdirAll(kept, 0o700); err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(kept, "report.html")
	for name, content := range map[string]string{
		"20261125T120000Z-half.json": `{"schemaVersion": 1, "results": [`, "20261126T120000Z-future.json": `{"schemaVersion": 99}`,
		"report.html": "an older page",
	} {
		if err := os.WriteFile(filepath.Join(kept, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(kept, "20261127T120000Z-folder.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	reported := func() (status int, stdout, stderr string) {
		var out, faults bytes.Buffer
		status = Main([]string{"report"}, &out, &faults)
		return status, out.String(), faults.String()
	}
	unreadable := []string{
		"20261125T120000Z-half.json: it is no JSON result of rampart verify: unexpected EOF",
		"20261126T120000Z-future.json: it is a result of schema version 99, and this program reads version 1",
		"20261127T120000Z-folder.json: is a directory",
	}
	status, _, stderr := reported()
	for _, want := range unreadable {
		if status != exitFailed || !strings.Contains(stderr, want) {
			t.Errorf("with nothing to report: status %d, want %q in %q", status, want, stderr)
		}
	}
	day := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	if err := os.Rename(result(t, "whole", day, verify.Score{Proven: 3, Failed: 1}), filepath.Join(kept, "20261124T120000Z-whole.json")); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := reported()
	if want := "Score 75 %, 3 of 4 controls proven; 1 run\n"; status != 0 || !strings.HasPrefix(stdout, want) {
		t.Errorf("status %d: %q %q", status, stdout, stderr)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range unreadable {
		file, why, _ := strings.Cut(want, ": ")
		if !strings.Contains(stderr, want) || !strings.Contains(string(text), file+"</span>: "+why+".") {
			t.Errorf("%q is not said on the page and in %q", want, stderr)
		}
	}
	if info, err := os.Stat(page); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the page: %v %v", info.Mode(), err)
	}
}

func TestReportSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	good := result(t, "good", time.Now(), verify.Score{})
	bad := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(bad, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"no schemaVersion":           {good, bad, "--file", filepath.Join(t.TempDir(), "page.html")},
		"no such file":               {filepath.Join(t.TempDir(), "none.json")},
		"the page cannot be written": {good, "--file", filepath.Join(t.TempDir(), "no", "folder", "page.html")},
	} {
		var stdout, stderr bytes.Buffer
		if status := Main(append([]string{"report"}, args...), &stdout, &stderr); status != exitFailed ||
			!strings.Contains(stderr.String(), want) {
			t.Errorf("want %q, got status %d and %q", want, status, stderr.String())
		}
	}
}
