package cis

import (
	"slices"
	"testing"

	"github.com/rampart-iac/rampart/baseline"
)

// TestChecksAreTheBaselinesItems keeps what is checked and what the catalogue of controls answers for the same.
func TestChecksAreTheBaselinesItems(t *testing.T) {
	t.Parallel()
	var automated, others []string
	for _, item := range baseline.Items(baseline.CIS) {
		if item.Automated {
			automated = append(automated, item.ID)
		} else {
			others = append(others, item.ID)
		}
	}
	checked, manual := Checks(ControlPlane)
	slices.Sort(automated)
	slices.Sort(checked)
	if !slices.Equal(checked, automated) {
		t.Errorf("checks the automated items\n%v\nand the baseline has\n%v", checked, automated)
	}
	for _, id := range manual {
		if !slices.Contains(others, id) {
			t.Errorf("checks %s, which is no manual item of the baseline", id)
		}
	}
}
