// Package golden compares what a test got with a file that people review.
package golden

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what is reviewed to testdata instead of comparing it")

// shownLines are how many lines of a difference are shown.
const shownLines = 5

// Compare fails the test unless the text is that of the file, and shows where it begins to differ.
func Compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	same := 0
	for same < min(len(gotLines), len(wantLines)) && gotLines[same] == wantLines[same] {
		same++
	}
	t.Errorf("%s is not what it was: line %d\n%s\nRun with -update and review the difference", file, same+1,
		strings.Join(gotLines[same:min(same+shownLines, len(gotLines))], "\n"))
}
