package golden

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCompareSeesADifference(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "plan")
	if err := os.WriteFile(file, []byte("a\nb\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	Compare(t, file, "a\nb\n")
	for _, got := range []string{"a\nc\n", "a\n", "a\nb\nc\n", ""} {
		failed := make(chan bool)
		go func() {
			inner := &testing.T{}
			defer func() { failed <- inner.Failed() }()
			Compare(inner, file, got)
		}()
		if !<-failed {
			t.Errorf("%q passes for the file's text", got)
		}
	}
}
