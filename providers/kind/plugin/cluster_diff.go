package plugin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/rampart-iac/rampart/baseline"
)

// Diff compares the state with the new inputs. Almost every change replaces the cluster, and the old one goes first: both
// would have the same name, and perhaps the same port. Files, units and programs are changed in place, and the two image
// hints need nothing. A Kubernetes version that can follow the cluster's, with an image that holds it, is an upgrade in
// place, and workers come and go. Nodes that a refresh found stopped are started by an update, workers that are missing are made
// anew, and one that a run had begun to send away is let in again; without its control plane, or half deleted by a run that was
// cut off, it is another cluster, and what is left of a creation that failed makes way for one. Where the inputs do not allow a
// replacement, a change that needs one is an error.
func (c *Cluster) Diff(
	ctx context.Context, req infer.DiffRequest[ClusterArgs, ClusterState],
) (infer.DiffResponse, error) {
	diff := map[string]p.PropertyDiff{}
	old, inputs := req.State.ClusterArgs, req.Inputs
	replaceIf := func(name string, changed bool) {
		if changed {
			diff[name] = p.PropertyDiff{Kind: p.UpdateReplace, InputDiff: true}
		}
	}
	replaceIf("name", old.Name != inputs.Name)
	cannotFollow := baseline.CheckUpgrade(
		baseline.KubernetesVersion(old.KubernetesVersion), baseline.KubernetesVersion(inputs.KubernetesVersion))
	upgrades := old.KubernetesVersion != inputs.KubernetesVersion && cannotFollow == nil
	replaceIf("kubernetesVersion", cannotFollow != nil)
	replaceIf("image", old.Image != inputs.Image && !upgrades)
	replaceIf("engine", !sameEngine(req.State, inputs))
	replaceIf("podSubnet", old.PodSubnet != inputs.PodSubnet)
	replaceIf("serviceSubnet", old.ServiceSubnet != inputs.ServiceSubnet)
	replaceIf("apiServerPort", old.apiServerPort() != inputs.apiServerPort())
	replaceIf("directory", old.Directory != inputs.Directory)
	diffPatches(diff, old.KubeadmConfigPatches, inputs.KubeadmConfigPatches)

	updateIf := func(name string, changed bool) {
		if changed {
			diff[name] = p.PropertyDiff{Kind: p.Update, InputDiff: true}
		}
	}
	updateIf("workers", old.workers() != inputs.workers())
	updateIf("kubernetesVersion", upgrades)
	updateIf("image", old.Image != inputs.Image && upgrades)
	updateIf("imageArchive", old.imageArchive() != inputs.imageArchive())
	updateIf("imageId", old.imageID() != inputs.imageID())
	diffFiles(diff, "controlPlaneFiles", old.ControlPlaneFiles, inputs.ControlPlaneFiles)
	diffFiles(diff, "controlPlaneUnits", old.ControlPlaneUnits, inputs.ControlPlaneUnits)
	diffFiles(diff, "controlPlanePrograms", old.ControlPlanePrograms, inputs.ControlPlanePrograms)
	diffFiles(diff, "workerUnits", old.WorkerUnits, inputs.WorkerUnits)
	diffNodes(diff, req.State)
	if err := c.diffJournal(ctx, diff, req.State, inputs); err != nil {
		return infer.DiffResponse{}, err
	}
	updateIf("reloadedFiles", !slices.Equal(old.ReloadedFiles, inputs.ReloadedFiles))
	updateIf("allowReplacement", old.allowReplacement() != inputs.allowReplacement())

	replacing := replacingProperties(diff)
	if len(replacing) > 0 && !inputs.allowReplacement() && !req.State.halfMade() {
		return infer.DiffResponse{}, errors.Join(cannotFollow,
			fmt.Errorf("cluster %s cannot be changed in place, and is not replaced because that would lose all that is in it "+
				"(allowReplacement is false): of its inputs, these differ: %s; put them back, or destroy the cluster and make it "+
				"anew", old.Name, strings.Join(replacing, ", ")))
	}
	return infer.DiffResponse{HasChanges: len(diff) > 0, DeleteBeforeReplace: len(replacing) > 0, DetailedDiff: diff}, nil
}

// replacingProperties returns the names of the properties whose change makes a new cluster, sorted.
func replacingProperties(diff map[string]p.PropertyDiff) []string {
	var names []string
	for name, property := range diff {
		switch property.Kind {
		case p.UpdateReplace, p.AddReplace, p.DeleteReplace:
			names = append(names, name)
		case p.Add, p.Delete, p.Update, p.Stable:
		}
	}
	slices.Sort(names)
	return names
}

// sameEngine says whether the cluster may stay where it is: "auto" is content with any engine that already holds it, and
// so is the name of that engine.
func sameEngine(state ClusterState, inputs ClusterArgs) bool {
	wanted := inputs.engine()
	if wanted == state.engine() || state.EngineUsed == "" {
		return wanted == state.engine()
	}
	return wanted == engineAuto || wanted == state.EngineUsed
}

func diffPatches(diff map[string]p.PropertyDiff, old, patches []string) {
	for i := range max(len(old), len(patches)) {
		kind := p.UpdateReplace
		switch {
		case i >= len(old):
			kind = p.AddReplace
		case i >= len(patches):
			kind = p.DeleteReplace
		case old[i] == patches[i]:
			continue
		}
		diff[fmt.Sprintf("kubeadmConfigPatches[%d]", i)] = p.PropertyDiff{Kind: kind, InputDiff: true}
	}
}

func diffFiles(diff map[string]p.PropertyDiff, property string, old, files map[string]string) {
	all := maps.Clone(files)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, old)
	for name := range all {
		oldContent, had := old[name]
		content, has := files[name]
		kind := p.Update
		switch {
		case !had:
			kind = p.Add
		case !has:
			kind = p.Delete
		case oldContent == content:
			continue
		}
		diff[fmt.Sprintf("%s[%q]", property, name)] = p.PropertyDiff{Kind: kind, InputDiff: true}
	}
	if (len(old) == 0) != (len(files) == 0) {
		// The folder is mounted only if there is something in it, and a mount cannot be added to a container.
		diff[property] = p.PropertyDiff{Kind: p.UpdateReplace, InputDiff: true}
	}
}

// diffNodes compares the nodes that were last seen with those that the cluster was made with.
func diffNodes(diff map[string]p.PropertyDiff, state ClusterState) {
	stopped := slices.ContainsFunc(state.Nodes, func(node Node) bool { return node.Status != nodeRunning })
	count := countRoles(state.Nodes)
	switch {
	case state.halfMade():
		diff["nodes"] = p.PropertyDiff{Kind: p.UpdateReplace}
	case state.ClusterID == "":
	case count[roleControlPlane] != 1:
		diff["nodes"] = p.PropertyDiff{Kind: p.UpdateReplace}
	case stopped || count[roleWorker] != state.workers():
		diff["nodes"] = p.PropertyDiff{Kind: p.Update}
	}
}

// countRoles says how many nodes there are of each role.
func countRoles(nodes []Node) map[string]int {
	count := map[string]int{}
	for _, node := range nodes {
		count[node.Role]++
	}
	return count
}
