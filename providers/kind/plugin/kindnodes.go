package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// containerDescription is what the engines tell about a container.
type containerDescription struct {
	Name  string
	State struct{ Status string }

	Config struct {
		Image  string
		Labels map[string]string
	}

	NetworkSettings struct {
		Networks map[string]struct{ IPAddress string }
	}
}

// nerdctlNetworksLabel has the names of the networks that a container of nerdctl's joined, as a JSON list. In its description
// stand the interfaces that the container has by now, under names such as unknown-eth0.
const nerdctlNetworksLabel = "nerdctl/networks"

func (k *kindClient) nodes(ctx context.Context, cluster string) ([]nodeContainer, error) {
	names, _, err := k.containers(ctx, cluster)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	out, err := k.engine.run(ctx, append([]string{"container", "inspect"}, names...)...)
	if err != nil {
		return nil, fmt.Errorf("looking at the nodes of cluster %s: %w", cluster, err)
	}
	return parseNodes(out)
}

// containers are the names of a cluster's containers, and apart from them of those that podman has begun to remove: killed over
// it, it keeps the name of one that it cannot describe any more ("container not known"), and can only end what it began.
func (k *kindClient) containers(ctx context.Context, cluster string) (names, half []string, err error) {
	format := "{{.Names}}"
	if k.name() == enginePodman {
		format += " {{.State}}"
	}
	out, err := k.engine.run(ctx, "ps", "--all", "--filter", "label="+kindClusterLabel+"="+cluster, "--format", format)
	if err != nil {
		return nil, nil, fmt.Errorf("listing the nodes of cluster %s: %w", cluster, err)
	}
	for line := range strings.Lines(out) {
		name, state, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case name == "":
		case strings.EqualFold(state, "removing"):
			half = append(half, name)
		default:
			names = append(names, name)
		}
	}
	return names, half, nil
}

func parseNodes(text string) ([]nodeContainer, error) {
	var found []containerDescription
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		return nil, fmt.Errorf("understanding the description of the nodes: %w", err)
	}
	nodes := make([]nodeContainer, 0, len(found))
	for _, container := range found {
		node := nodeContainer{Node: Node{
			Name:   strings.TrimPrefix(container.Name, "/"),
			Role:   container.Config.Labels[kindRoleLabel],
			Image:  container.Config.Image,
			Status: container.State.Status,
		}}
		for _, network := range sortedKeys(container.NetworkSettings.Networks) {
			node.networks = append(node.networks, network)
			if node.Address == "" {
				node.Address = container.NetworkSettings.Networks[network].IPAddress
			}
		}
		if joined, ok := container.Config.Labels[nerdctlNetworksLabel]; ok {
			node.networks = nil
			if err := json.Unmarshal([]byte(joined), &node.networks); err != nil {
				return nil, fmt.Errorf("understanding the networks of node %s: %w", node.Name, err)
			}
		}
		nodes = append(nodes, node)
	}
	slices.SortFunc(nodes, func(a, b nodeContainer) int { return strings.Compare(a.Name, b.Name) })
	return nodes, nil
}

func (k *kindClient) deleteNodes(ctx context.Context, cluster string) error {
	ctx, cancel := context.WithTimeout(ctx, goneTimeout)
	defer cancel()
	for {
		names, half, err := k.containers(ctx, cluster)
		if err != nil {
			return err
		}
		if len(names)+len(half) == 0 {
			break
		}
		args := []string{"rm", "--force", "--volumes"}
		if k.name() == enginePodman {
			// Docker kills at once; podman would first wait ten seconds for a node to shut down in order.
			args = append(args, "--time", "0")
		}
		args = slices.Concat(args, names, half)
		// A container that is just being made or unmade cannot always be removed at the first attempt.
		_, err = k.engine.run(ctx, args...)
		if err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("deleting the nodes of cluster %s: %w", cluster, err)
		case <-time.After(stopInterval):
		}
	}
	if err := k.deleteMonitors(ctx, cluster); err != nil {
		return err
	}
	return k.deleteVolumes(ctx, cluster)
}

func (k *kindClient) startNodes(ctx context.Context, names []string) error {
	_, err := k.engine.run(ctx, append([]string{"start"}, names...)...)
	return err
}

func (k *kindClient) nodeFile(ctx context.Context, node, path string) (string, error) {
	return k.engine.run(ctx, "exec", "--privileged", node, "cat", path)
}
