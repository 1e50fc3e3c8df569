package main

import (
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/tools/airgap/internal/debian"
)

func TestWhoMayInstallPackages(t *testing.T) {
	t.Parallel()
	missing := []string{"podman", "runc"}
	const command = "apt-get update && apt-get install --yes --no-remove --no-install-recommends podman runc"
	for _, row := range []struct {
		says    string
		host    debian.Host
		allowed bool
		want    []string
	}{
		{"root on Debian", debian.Host{ID: "debian"}, true, nil},
		{"root on Ubuntu", debian.Host{ID: "ubuntu"}, true, nil},
		{"a user on Debian", debian.Host{ID: "debian"}, false, []string{"missing for a container engine: podman, runc", "as root with", command}},
		{"root on Fedora", debian.Host{ID: "fedora"}, true, []string{"(fedora) lacks podman, runc", "Debian or Ubuntu only", command}},
		{"root on nobody knows what", debian.Host{}, true, []string{"(unknown distribution)", command}},
	} {
		err := mayInstall(row.host, row.allowed, "a container engine", missing)
		if (err == nil) != (row.want == nil) {
			t.Errorf("%s: %v", row.says, err)
			continue
		}
		for _, want := range row.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: it does not say %q: %v", row.says, want, err)
			}
		}
	}
}
