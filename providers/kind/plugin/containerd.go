package plugin

import (
	"bytes"
	"context"
	_ "embed" // a script that runs on nodes
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"
)

//go:embed scripts/await-containerd.sh
var awaitContainerd string

// containerdConfigFile is the configuration of a node's runtime.
const containerdConfigFile = "/etc/containerd/config.toml"

// patchContainerd merges patches into a configuration of containerd's as kind does when it makes a node: tables are merged, and
// of everything else the patch's value counts. Keys that are there already are changed, not written a second time: containerd
// takes no configuration that has a key twice.
func patchContainerd(config string, patches []string) (string, error) {
	merged := map[string]any{}
	for _, text := range append([]string{config}, patches...) {
		var document map[string]any
		if err := toml.Unmarshal([]byte(text), &document); err != nil {
			return "", fmt.Errorf("understanding containerd's configuration: %w", err)
		}
		mergeTables(merged, document)
	}
	var patched bytes.Buffer
	if err := toml.NewEncoder(&patched).Encode(merged); err != nil {
		return "", fmt.Errorf("writing containerd's configuration: %w", err)
	}
	return patched.String(), nil
}

func mergeTables(into, from map[string]any) {
	for key, value := range from {
		table, isTable := value.(map[string]any)
		present, wasTable := into[key].(map[string]any)
		if isTable && wasTable {
			mergeTables(present, table)
			continue
		}
		into[key] = value
	}
}

// prepareContainerd waits for the runtime of a node that was just started, and fits it to the host.
func (k *kindClient) prepareContainerd(ctx context.Context, node string) error {
	patches := k.quirks().containerdPatches()
	if err := k.awaitContainerd(ctx, node); err != nil || len(patches) == 0 {
		return err
	}
	config, err := k.nodeFile(ctx, node, containerdConfigFile)
	if err != nil {
		return err
	}
	patched, err := patchContainerd(config, patches)
	if err != nil {
		return err
	}
	_, err = k.exec(ctx, node, strings.NewReader(patched), "sh", "-euc", `cat >"$1"; systemctl restart containerd`, "sh",
		containerdConfigFile)
	if err != nil {
		return fmt.Errorf("restarting containerd on %s: %w", node, err)
	}
	return k.awaitContainerd(ctx, node)
}

func (k *kindClient) awaitContainerd(ctx context.Context, node string) error {
	if _, err := k.exec(ctx, node, nil, "sh", "-euc", awaitContainerd); err != nil {
		return fmt.Errorf("waiting for containerd on %s: %w", node, err)
	}
	return nil
}
