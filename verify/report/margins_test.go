package report

import (
	"strings"
	"testing"
)

// TestMarginsHoldWhateverTheNameIs: a name ends neither the text, nor the style.
func TestMarginsHoldWhateverTheNameIs(t *testing.T) {
	t.Parallel()
	if got, want := quoted(`kind 1`), `"kind 1"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	made := marginsOf(`"} body { display: none } </style><script>`+"\n\\é", "today", "f00d")
	for _, breaks := range []string{"body {", "</style", "<script", "\n", `\\`, "é"} {
		if strings.Contains(made, breaks) {
			t.Errorf("%q is in %s", breaks, made)
		}
	}
	if quotes := strings.Count(made, `"`); quotes != 4 {
		t.Errorf("%d quotes: %s", quotes, made)
	}
}
