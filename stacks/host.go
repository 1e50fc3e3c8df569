package stacks

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
)

// Host is what validation has to know about the machine that it runs on.
type Host struct {
	// Networks are the IPv4 ranges that the machine's interfaces are in. A pod or service range that overlaps one would
	// cut the nodes off from it.
	Networks []HostNetwork

	// Stack is the name of the stack that is to be made or changed. Empty: it is not known.
	Stack string

	// Clusters are those that this working folder holds the files of already.
	Clusters []StandingCluster

	// Images is what the road to the bits provides, nil if it has not been taken yet.
	Images *Images

	// Now is the moment that nothing may have expired at.
	Now time.Time
}

// StandingCluster is a cluster that was made from this working folder.
type StandingCluster struct {
	Name string

	// Stack is the stack that made it and has not ended, if it is a cluster of containers. Empty: it is none, or half made.
	Stack string
}

// HostNetwork is one IPv4 range of one interface.
type HostNetwork struct {
	Interface string
	Range     netip.Prefix
}

// journalName is the file in which the plugin notes what a cluster was made for (package providers/kind/plugin).
const journalName = "journal.json"

// standingClusters lists the clusters whose files a working folder holds.
func standingClusters(home string) ([]StandingCluster, error) {
	kubeconfigs, err := filepath.Glob(filepath.Join(ClusterDirectory(home, "*"), KubeconfigName))
	if err != nil {
		return nil, fmt.Errorf("listing the clusters of %s: %w", home, err)
	}
	var clusters []StandingCluster
	for _, kubeconfig := range kubeconfigs {
		folder := filepath.Dir(kubeconfig)
		cluster := StandingCluster{Name: filepath.Base(folder)}
		var journal struct{ URN, Phase string }
		// Of a journal that cannot be read the plugin says what is wrong.
		if content, err := os.ReadFile(filepath.Join(folder, journalName)); err == nil && json.Unmarshal(content, &journal) == nil {
			if made, err := urn.Parse(journal.URN); err == nil && journal.Phase == "complete" {
				cluster.Stack = made.Stack().String()
			}
		}
		clusters = append(clusters, cluster)
	}
	return clusters, nil
}

// HostNetworks returns the IPv4 ranges of this machine's interfaces that are up. They are read, not probed.
func HostNetworks() ([]HostNetwork, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("listing the network interfaces of this machine: %w", err)
	}
	var networks []HostNetwork
	for _, each := range interfaces {
		if each.Flags&net.FlagUp == 0 {
			continue
		}
		addresses, err := each.Addrs()
		if err != nil {
			return nil, fmt.Errorf("listing the addresses of interface %s: %w", each.Name, err)
		}
		for _, address := range addresses {
			prefix, err := netip.ParsePrefix(address.String())
			if err == nil && prefix.Addr().Is4() {
				networks = append(networks, HostNetwork{Interface: each.Name, Range: prefix.Masked()})
			}
		}
	}
	return networks, nil
}
