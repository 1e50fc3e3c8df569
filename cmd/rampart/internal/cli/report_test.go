package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

func TestReportSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	good := result(t, "good", time.Now(), verify.Score{})
	bad := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(bad, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"no schemaVersion":           {bad, "--file", filepath.Join(t.TempDir(), "page.html")},
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
