package rules

import (
	"strings"
	"testing"
	"time"
)

// TestSupportIsWarnedOfInTime, by a clock of the test's own.
func TestSupportIsWarnedOfInTime(t *testing.T) {
	t.Parallel()
	support := Supported("EKS", "EKS upgrades it then.", "v1.34.0", []Release{
		{"v1.36.0", "2027-08-02"}, {"v1.35.0", "2027-03-27"}, {"v1.34.0", "2026-12-02"}, {"v1.33.0", "2026-07-29"},
	})
	for now, want := range map[string]string{
		"2026-09-02T23:59:00Z": "",
		"2026-09-03T00:00:00Z": "ends on 2026-12-02, in 90 days",
		"2026-12-01T12:00:00Z": "ends on 2026-12-02, tomorrow",
		"2026-12-02T12:00:00Z": "ends on 2026-12-02, today",
		"2026-12-03T00:00:00Z": "has ended on 2026-12-02, yesterday",
		"2027-01-01T00:00:00Z": "has ended on 2026-12-02, 30 days ago",
		// Where it is the next day already, it is not yet so at the cloud.
		"2026-12-03T01:00:00+02:00": "ends on 2026-12-02, today",
	} {
		moment, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		got := support.Warning(moment)
		switch {
		case want == "" && got != "":
			t.Errorf("%s: %s", now, got)
		case want != "" && (!strings.Contains(got, want) || !strings.Contains(got, "raise kubernetesVersion to v1.35.0") || !strings.HasSuffix(got, "EKS upgrades it then.")):
			t.Errorf("%s: got %q, want %q with version and consequence", now, got, want)
		}
	}
	support.Next = ""
	if got := support.Warning(time.Date(2026, time.December, 1, 0, 0, 0, 0, time.UTC)); !strings.Contains(got, "knows a newer one") {
		t.Errorf("without a next version: %q", got)
	}
	support.Ends = "soon"
	if got := support.Warning(time.Time{}); !strings.Contains(got, "not known") {
		t.Errorf("without a day: %q", got)
	}
}
