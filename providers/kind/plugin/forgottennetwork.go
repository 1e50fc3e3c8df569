package plugin

import (
	"context"
	"crypto/sha512"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const (
	// namespacesFolder is where root's podman keeps the network namespaces of its containers, by names that begin with
	// namespacePrefix.
	namespacesFolder = "/run/netns"
	namespacePrefix  = "netns-"

	// linksFolder is where Linux shows the machine's network interfaces.
	linksFolder = "/sys/class/net"

	// sharedChain has rules of all networks of podman's netavark, in the table filter.
	sharedChain = "NETAVARK_FORWARD"
)

// removeForgotten removes what podman has made of a network for containers that it does not know: killed between the making of
// a node's network and the note of it, podman forgets a network namespace, its cable to the network's bridge, the bridge, and
// the rules of iptables for the network. "podman network rm" removes none of it. Seen in 4.3.1.
//
// Whose they are is told by the network, which podman gives a bridge and a range that no other network of its has, and by its
// name, from which netavark makes the names of chains. As long as any container is in the network, nothing is removed. It takes
// root, and the programs ip and iptables: what cannot be looked for is no reason to fail.
func (k *kindClient) removeForgotten(ctx context.Context, network string) error {
	if k.name() != enginePodman || k.info.remote || os.Geteuid() != 0 {
		return nil
	}
	found, err := k.describeNetwork(ctx, network)
	if err != nil || found == nil || found.Bridge == "" {
		return err
	}
	users, err := k.engine.run(ctx, "ps", "--all", "--quiet", "--filter", "network="+network)
	if err != nil || users != "" {
		return err
	}
	ranges := make([]string, 0, len(found.Subnets))
	for _, subnet := range found.Subnets {
		ranges = append(ranges, subnet.Subnet)
	}
	if err := errors.Join(removeRules(ctx, network, ranges), removeBridge(ctx, found.Bridge)); err != nil {
		return fmt.Errorf("removing what podman forgot of network %s when it was killed: %w; a restart of the machine removes it, too",
			network, err)
	}
	return nil
}

// link is what ip says of an interface.
type link struct {
	Index int `json:"ifindex"`
	// Peer is the index of the other end of a cable, in its own namespace.
	Peer int `json:"link_index"`
}

func links(ctx context.Context, args ...string) ([]link, error) {
	text, err := command{program: "ip"}.run(ctx, append([]string{"-json"}, args...)...)
	if err != nil {
		return nil, err
	}
	var found []link
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		return nil, fmt.Errorf("understanding what ip says of interfaces: %w", err)
	}
	// Of what it was not asked about, ip says empty things.
	return slices.DeleteFunc(found, func(each link) bool { return each.Index == 0 }), nil
}

// removeBridge removes the namespaces that have a cable to a bridge, and the bridge, unless there is a cable to anything else.
func removeBridge(ctx context.Context, bridge string) error {
	if _, err := os.Stat(filepath.Join(linksFolder, bridge)); err != nil {
		return nil //nolint:nilerr // the last container took it with it, as it should
	}
	if _, err := exec.LookPath("ip"); err != nil {
		return nil //nolint:nilerr // podman needs it for nothing, so it may be missing
	}
	ends, err := links(ctx, "link", "show", "master", bridge)
	if err != nil {
		return nil //nolint:nilerr // another ip, which does not say it in JSON
	}
	namespaces, err := filepath.Glob(filepath.Join(namespacesFolder, namespacePrefix+"*"))
	if err != nil {
		return err
	}
	for _, path := range namespaces {
		if len(ends) == 0 {
			break
		}
		name := filepath.Base(path)
		cables, err := links(ctx, "-netns", name, "link", "show", "type", "veth")
		if err != nil {
			continue // it has gone meanwhile, or was never finished
		}
		left := slices.DeleteFunc(slices.Clone(ends), func(end link) bool { return joined(end, cables) })
		if len(left) == len(ends) {
			continue
		}
		if _, err := (command{program: "ip"}).run(ctx, "netns", "delete", name); err != nil {
			return err
		}
		ends = left
	}
	if len(ends) > 0 {
		return nil // somebody else has joined it
	}
	_, err = command{program: "ip"}.run(ctx, "link", "delete", bridge)
	return err
}

// joined says whether one of the cables of a namespace ends in an interface of the machine. Numbers are of a namespace each, so
// that both have to name each other.
func joined(end link, cables []link) bool {
	return slices.ContainsFunc(cables, func(cable link) bool { return cable.Peer == end.Index && end.Peer == cable.Index })
}

// chainsOf are the chains of iptables that netavark has for a network, in the table nat. It names them by the first digits of
// SHA-512 of the network's name. Seen in 1.4.
func chainsOf(network string) []string {
	const length = 13
	hash := strings.ToUpper(fmt.Sprintf("%x", sha512.Sum512([]byte(network))))[:length]
	return []string{"NETAVARK-" + hash, "NETAVARK-DN-" + hash}
}

// removeRules removes netavark's rules for a network and its ranges of addresses, and the chains that lead nowhere without them.
func removeRules(ctx context.Context, network string, ranges []string) error {
	iptables := command{program: "iptables"}
	if _, err := exec.LookPath(iptables.program); err != nil {
		return nil //nolint:nilerr // another firewall
	}
	table := func(name string, args ...string) (string, error) {
		return iptables.run(ctx, slices.Concat([]string{"--wait", "--table", name}, args)...)
	}
	text, err := table("nat", "--list-rules")
	if err != nil {
		return nil //nolint:nilerr // the machine's firewall is another one
	}
	nat := natRules(text, chainsOf(network))
	for _, rule := range nat.rules {
		if _, err := table("nat", slices.Concat([]string{"--delete"}, rule)...); err != nil {
			return err
		}
	}
	for _, chain := range nat.chains {
		for _, step := range []string{"--flush", "--delete-chain"} {
			if _, err := table("nat", step, chain); err != nil {
				return err
			}
		}
	}
	if text, err = table("filter", "--list-rules"); err != nil {
		return err
	}
	for _, rule := range sharedRules(text, append(ranges, nat.ranges...)) {
		if _, err := table("filter", slices.Concat([]string{"--delete"}, rule)...); err != nil {
			return err
		}
	}
	return nil
}

// foundRules are the rules that lead to chains, those of the chains that are there, and the ranges that the rules are for.
type foundRules struct {
	rules          [][]string
	chains, ranges []string
}

// natRules picks what leads to some chains out of a list of rules.
func natRules(list string, chains []string) foundRules {
	var found foundRules
	for line := range strings.Lines(list) {
		words := wordsOf(line)
		switch {
		case len(words) == 2 && words[0] == "-N" && slices.Contains(chains, words[1]):
			found.chains = append(found.chains, words[1])
		case len(words) > 2 && words[0] == "-A" && slices.Contains(chains, after(words, "-j")):
			found.rules = append(found.rules, words[1:])
			if source := after(words, "-s"); source != "" {
				found.ranges = append(found.ranges, source)
			}
		}
	}
	return found
}

// sharedRules picks the rules for ranges out of those that all networks share.
func sharedRules(list string, ranges []string) [][]string {
	var rules [][]string
	for line := range strings.Lines(list) {
		words := wordsOf(line)
		of := func(option string) bool {
			return after(words, option) != "" && slices.Contains(ranges, after(words, option))
		}
		if len(words) > 2 && words[0] == "-A" && words[1] == sharedChain && (of("-s") || of("-d")) {
			rules = append(rules, words[1:])
		}
	}
	return rules
}

// after is the word that follows another, or nothing.
func after(words []string, option string) string {
	if at := slices.Index(words, option); at >= 0 && at+1 < len(words) {
		return words[at+1]
	}
	return ""
}

// wordsOf reads a line as iptables prints it: words, of which those with spaces are in quotes.
func wordsOf(line string) []string {
	reader := csv.NewReader(strings.NewReader(strings.TrimSpace(line)))
	reader.Comma, reader.LazyQuotes = ' ', true
	words, err := reader.Read()
	if err != nil {
		return nil // an empty line
	}
	return words
}
