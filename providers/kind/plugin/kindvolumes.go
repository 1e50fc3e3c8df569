package plugin

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// deleteVolumes deletes the volumes that kind makes for podman, labelled by the name of the node they are for. A run that
// was killed at the wrong moment leaves one whose node never came to be.
func (k *kindClient) deleteVolumes(ctx context.Context, cluster string) error {
	if k.name() != enginePodman {
		return nil
	}
	out, err := k.engine.run(ctx, "volume", "ls", "--format", "{{.Name}} {{.Labels}}")
	if err != nil {
		return fmt.Errorf("listing volumes: %w", err)
	}
	volumes := nodeVolumes(out, cluster)
	if len(volumes) == 0 {
		return nil
	}
	if _, err := k.engine.run(ctx, append([]string{"volume", "rm", "--force"}, volumes...)...); err != nil {
		return fmt.Errorf("deleting the volumes of cluster %s: %w", cluster, err)
	}
	return nil
}

// nodeVolumes picks the cluster's volumes out of lines of "name labels". A volume is a node's if a label of it is the
// node's name: <cluster>-control-plane, <cluster>-worker, <cluster>-worker2, ... with the value true.
func nodeVolumes(lines, cluster string) []string {
	var volumes []string
	for line := range strings.Lines(lines) {
		name, labels, _ := strings.Cut(strings.TrimSpace(line), " ")
		labels = strings.TrimSuffix(strings.TrimPrefix(labels, "map["), "]")
		for _, label := range strings.FieldsFunc(labels, func(r rune) bool { return r == ' ' || r == ',' }) {
			key, value, _ := strings.Cut(strings.Replace(label, ":", "=", 1), "=")
			if value == "true" && isNodeName(key, cluster) {
				volumes = append(volumes, name)
				break
			}
		}
	}
	return volumes
}

// isNodeName says whether kind would give the name to a node of the cluster.
func isNodeName(name, cluster string) bool {
	rest, ok := strings.CutPrefix(name, cluster+"-")
	if !ok {
		return false
	}
	for _, role := range []string{roleControlPlane, roleWorker} {
		if number, ok := strings.CutPrefix(rest, role); ok {
			_, err := strconv.Atoi(number)
			return number == "" || err == nil
		}
	}
	return false
}
