package plugin

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// patchKinds are the documents that kind renders for kubeadm. kind skips a patch for any other without a word.
func patchKinds() []string {
	return []string{
		"ClusterConfiguration", "InitConfiguration", "JoinConfiguration", "KubeletConfiguration", "KubeProxyConfiguration",
	}
}

func (c *clusterCheck) patches(patches []string) {
	value, ok := c.inputs.GetOk("kubeadmConfigPatches")
	if !ok || !value.IsArray() {
		return
	}
	for i, patch := range patches {
		if value.AsArray().Get(i).HasComputed() {
			continue
		}
		if reason := patchFault(patch); reason != "" {
			c.fail(fmt.Sprintf("kubeadmConfigPatches[%d]", i), "%s", reason)
		}
	}
}

func patchFault(patch string) string {
	var document map[string]any
	if err := yaml.UnmarshalStrict([]byte(patch), &document); err != nil {
		return fmt.Sprintf("the patch is not one YAML mapping: %v", err)
	}
	kind, _ := document["kind"].(string)
	if !slices.Contains(patchKinds(), kind) {
		return fmt.Sprintf("the patch has the kind %q and would be skipped: it must be one of %s",
			kind, strings.Join(patchKinds(), ", "))
	}
	if version, ok := document["apiVersion"]; ok {
		return fmt.Sprintf("the patch for %s has the apiVersion %q and would be skipped if kubeadm's differs: leave it out",
			kind, version)
	}
	return ""
}
