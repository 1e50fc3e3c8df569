package framework

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rampart-iac/rampart/verify/live"
)

// unknown is what a census calls what root's podman has made on this machine and does not know (any more).
const unknown = "podman does not know "

// forgottenByPodman are network namespaces of no container, and bridges of no network. Each is one for a moment, too, while it is
// made or removed.
func forgottenByPodman(ctx context.Context) ([]string, error) {
	podman := live.Engine("podman")
	if !slices.Contains(live.Engines(ctx), podman) {
		return nil, nil
	}
	// Looked for before it is asked what is known: what is made in between is not seen.
	namespaces, err := filepath.Glob("/run/netns/netns-*")
	if err != nil {
		return nil, err
	}
	bridges, err := filepath.Glob("/sys/class/net/podman[0-9]*")
	if err != nil {
		return nil, err
	}
	var forgotten []string
	for _, row := range []struct {
		found, list, inspect []string
		what, without        string
	}{
		{
			found: namespaces, what: "namespace ", list: []string{"ps", "--all", "--quiet"},
			inspect: []string{"inspect", "--type", "container", "--format", "{{.NetworkSettings.SandboxKey}}"},
		},
		{
			found: bridges, what: "bridge ", without: "podman0", list: []string{"network", "ls", "--quiet"},
			inspect: []string{"network", "inspect", "--format", "{{.NetworkInterface}}"},
		},
	} {
		all, err := podman.Lines(ctx, row.list...)
		if err != nil {
			return nil, err
		}
		var known []string
		if len(all) > 0 {
			// Of one that has gone meanwhile it says an error, and of the others what was asked.
			output, _ := podman.Run(ctx, append(row.inspect, all...)...)
			known = strings.Fields(output)
		}
		for _, path := range row.found {
			name := filepath.Base(path)
			if name != row.without && !slices.ContainsFunc(known, func(each string) bool { return filepath.Base(each) == name }) {
				forgotten = append(forgotten, unknown+row.what+name)
			}
		}
	}
	return forgotten, nil
}
