package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/certificates"
)

// TestCertificatesThatEndSoonAreWarnedOf sets the clock.
func TestCertificatesThatEndSoonAreWarnedOf(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 5, 1, 0, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	certificate := func(name string, in time.Duration) certificates.Certificate {
		return certificates.Certificate{Node: "n", Path: "/" + name, Subject: "s", Expires: now.Add(in)}
	}
	var out bytes.Buffer
	err := writeCertificates(&out, []certificates.Certificate{certificate("later", 31*day)}, now)
	if err != nil || strings.Contains(out.String(), "SOON") {
		t.Errorf("control: one that ends later: %v\n%s", err, &out)
	}
	out.Reset()
	err = writeCertificates(&out, []certificates.Certificate{
		certificate("ended", -day), certificate("soon", 29*day+time.Hour), certificate("later", 31*day),
	}, now)
	if !errors.Is(err, errEndsSoon) {
		t.Errorf("got %v, want %v", err, errEndsSoon)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 4 || !strings.Contains(lines[1], "ENDED") || !strings.Contains(lines[2], "29 days") ||
		!strings.Contains(lines[2], "SOON") || strings.Contains(lines[3], "SOON") {
		t.Errorf("table:\n%s", &out)
	}
}
