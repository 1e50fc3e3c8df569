package attacks

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/cis"
)

func nodeAttacks() []verify.Attack {
	return []verify.Attack{{
		Name: "cis", Does: "hold every node to the CIS benchmark",
		Proves: nodeControls(), Needs: []verify.Need{verify.NeedNodes}, Run: cisChecks,
	}}
}

// cisItems are the items of the benchmark that a control refers to and that can be read on a node.
func cisItems(control baseline.Control) []string {
	automated, manual := cis.Checks(cis.ControlPlane)
	var items []string
	for _, reference := range control.References {
		if reference.Framework == baseline.CIS &&
			(slices.Contains(automated, reference.Item) || slices.Contains(manual, reference.Item)) {
			items = append(items, reference.Item)
		}
	}
	return items
}

// readAreas are the areas in which the items of nodes that a control refers to prove it. In others they are one small part
// of what the control asks for.
var readAreas = []baseline.Area{baseline.AreaControlPlane, baseline.AreaData, baseline.AreaNodes, baseline.AreaAudit}

func nodeControls() []baseline.ControlID {
	elsewhere := Elsewhere()
	var controls []baseline.ControlID
	for _, control := range baseline.Controls() {
		_, excused := elsewhere[control.ID]
		if len(cisItems(control)) > 0 && slices.Contains(readAreas, control.Area()) && !excused {
			controls = append(controls, control.ID)
		}
	}
	return controls
}

// cisChecks reads the nodes: there is nothing to attack in the mode of a file. The control experiment is that the checks
// see what is there at all.
func cisChecks(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	results := map[string][]string{} // item: what is wrong, a line for each node
	passed := map[string]int{}
	for _, node := range scope.Nodes() {
		role := cis.Worker
		if node.ControlPlane {
			role = cis.ControlPlane
		}
		found, err := cis.Evaluate(ctx, cis.ByCommand(node.Exec), role)
		if err == nil && !slices.ContainsFunc(found, func(r cis.Result) bool { return r.Verdict == cis.Passed }) {
			err = fmt.Errorf("not one item passes on node %s", node.Name)
		}
		if err := trial.Control("the processes and files of node "+node.Name+" are seen", err); err != nil {
			return err
		}
		for _, result := range found {
			if result.Verdict == cis.Passed {
				passed[result.ID]++
				continue
			}
			results[result.ID] = append(results[result.ID], fmt.Sprintf("CIS %s on %s: %s", result.ID, node.Name, result.Evidence))
		}
	}
	for _, control := range baseline.Controls() {
		var good, bad []string
		for _, item := range cisItems(control) {
			bad = append(bad, results[item]...)
			if passed[item] > 0 && len(results[item]) == 0 {
				good = append(good, item)
			}
		}
		if len(bad) > 0 { // all at once: who mends one should not find the next
			trial.Broken(control.ID, "%s", strings.Join(bad, "; "))
		}
		if len(good) > 0 {
			trial.Held(control.ID, "CIS %s on %d nodes", strings.Join(good, ", "), len(scope.Nodes()))
		}
	}
	return nil
}
