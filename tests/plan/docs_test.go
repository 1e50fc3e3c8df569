package plan

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	aks "github.com/rampart-iac/rampart/providers/aks/spec"
	eks "github.com/rampart-iac/rampart/providers/eks/spec"
	gke "github.com/rampart-iac/rampart/providers/gke/spec"
)

// TestThePagesOfTheCloudsAreTodays holds what they say of versions to the tables of the providers, and of costs to today's plans.
//
//nolint:paralleltest // the program reads the environment
func TestThePagesOfTheCloudsAreTodays(t *testing.T) {
	rows := map[string][]string{}
	for _, each := range eks.Versions() {
		rows["eks"] = append(rows["eks"], fmt.Sprintf("| %s | %s |", each.Kubernetes, each.SupportEnds))
	}
	for _, each := range aks.Versions() {
		rows["aks"] = append(rows["aks"], fmt.Sprintf("| %s | %s |", each.Kubernetes, each.SupportEnds))
	}
	for _, each := range gke.Versions() {
		rows["gke"] = append(rows["gke"], fmt.Sprintf("| %s | %s |", each.Kubernetes, each.SupportEnds))
	}
	for cloud, wants := range rows {
		wants[0] += " the default |"
		for _, stack := range []string{cloud + "-dev", cloud + "-prod"} {
			made := planned(t, stack, recorded(t, stack))
			priced := len(made.Cost.Items) - len(made.Cost.Unpriced)
			wants = append(wants, fmt.Sprintf("| `%s` | %.0f %s | %d of %d |", stack, made.Cost.Monthly, made.Cost.Currency, priced, len(made.Cost.Items)))
		}
		page, err := os.ReadFile(filepath.Join(root, "docs", cloud+".md"))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(page), "\n"+want) {
				t.Errorf("docs/%s.md lacks the row\n%s", cloud, want)
			}
		}
	}
}
