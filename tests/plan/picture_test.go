package plan

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/plan/picture"
	"github.com/rampart-iac/rampart/tests/framework/golden"
)

// TestPicturesAreTodays compares the pictures that the documentation shows with what today's plans draw.
//
//nolint:paralleltest // the program reads the environment
func TestPicturesAreTodays(t *testing.T) {
	for stack, reachable := range map[string]bool{
		"eks-dev": true, "eks-prod": false, "aks-dev": true, "aks-prod": false, "gke-dev": true, "gke-prod": false,
	} {
		record := recorded(t, stack)
		var drawn bytes.Buffer
		if err := picture.Draw(record, planned(t, stack, record), &drawn); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(drawn.String(), "the API server can be reached from 203.0.113.0/24"); got != reachable {
			t.Errorf("%s: the picture says that the API server can be reached: %v", stack, got)
		}
		if !reachable {
			golden.Compare(t, filepath.Join(root, "docs/images", stack+".svg"), drawn.String())
		}
	}
}

//nolint:paralleltest // the program reads the environment
func TestNoPictureWithoutANetwork(t *testing.T) {
	record := recorded(t, "kind")
	if err := picture.Draw(record, planned(t, "kind", record), &bytes.Buffer{}); err == nil ||
		!strings.Contains(err.Error(), "no network in a cloud") {
		t.Errorf("got %v", err)
	}
}
