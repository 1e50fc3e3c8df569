package cli

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestPlanRefusesAFormThatThereIsNot(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	if status := Main([]string{"plan", "--output", "xml"}, io.Discard, &stderr); status == 0 ||
		!strings.Contains(stderr.String(), "use text or json") {
		t.Errorf("status %d: %s", status, stderr.String())
	}
}
