package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// ownerLabel says on a network whom it was made for.
const ownerLabel = "io.rampart.directory"

// networkDescription is what the engines tell about a network. podman says subnets and labels, the others IPAM and
// Labels.
type networkDescription struct {
	Labels map[string]string
	// Bridge is the interface that podman has or will have on this machine for it.
	Bridge  string `json:"network_interface"`
	Subnets []struct{ Subnet string }
	IPAM    struct {
		Config []struct{ Subnet string }
	}
}

func (k *kindClient) describeNetwork(ctx context.Context, network string) (*networkDescription, error) {
	out, err := k.engine.run(ctx, "network", "inspect", network)
	if err != nil {
		// Each engine has words of its own for a network that is not there, and may change them.
		names, listing := k.engine.run(ctx, "network", "ls", "--format", "{{.Name}}")
		if listing == nil && !slices.Contains(strings.Fields(names), network) {
			return nil, nil
		}
		return nil, err
	}
	// The keys are matched without regard to case.
	var found []networkDescription
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		return nil, fmt.Errorf("understanding what %s says of network %s: %w", k.name(), network, err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return &found[0], nil
}

func (k *kindClient) networkOwner(ctx context.Context, network string) (string, bool, error) {
	found, err := k.describeNetwork(ctx, network)
	if err != nil || found == nil {
		return "", false, err
	}
	return found.Labels[ownerLabel], true, nil
}

func (k *kindClient) createNetwork(
	ctx context.Context, network, owner string, subnet netip.Prefix,
) ([]netip.Prefix, error) {
	args := []string{"network", "create", "--driver", "bridge", "--label", ownerLabel + "=" + owner}
	if subnet.IsValid() {
		args = append(args, "--subnet", subnet.String())
	}
	if k.name() == engineDocker {
		// Docker gives a new network 1500 whatever the default one has, and larger packets then get lost on the way out.
		mtu, err := k.engine.run(ctx, "network", "inspect", "bridge", "--format",
			`{{index .Options "com.docker.network.driver.mtu"}}`)
		if _, notNumber := strconv.Atoi(mtu); err == nil && notNumber == nil {
			args = append(args, "--opt", "com.docker.network.driver.mtu="+mtu)
		}
	}
	if _, err := k.engine.run(ctx, append(args, network)...); err != nil {
		return nil, err
	}
	found, err := k.describeNetwork(ctx, network)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, fmt.Errorf("network %s is gone right after it was made", network)
	}
	var ranges []netip.Prefix
	for _, subnet := range append(found.Subnets, found.IPAM.Config...) {
		if prefix, err := netip.ParsePrefix(subnet.Subnet); err == nil {
			ranges = append(ranges, prefix)
		}
	}
	return ranges, nil
}

func (k *kindClient) removeNetwork(ctx context.Context, network string) error {
	if err := k.removeForgotten(ctx, network); err != nil {
		return err
	}
	if _, err := k.engine.run(ctx, "network", "rm", network); err != nil {
		return err
	}
	return k.forgetNames(network)
}
