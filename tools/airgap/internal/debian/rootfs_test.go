package debian

import (
	"slices"
	"testing"
)

// TestFactsHoldTheRelease: after an upgrade of the machine the root filesystems are other ones; with another mirror they are not.
func TestFactsHoldTheRelease(t *testing.T) {
	t.Parallel()
	base := Rootfs{Packages: []string{"iptables"}, Sources: "deb http://deb.debian.org/debian bookworm main\n"}
	for name, test := range map[string]struct {
		rootfs Rootfs
		same   bool
	}{
		"mirror":   {Rootfs{base.Packages, "deb [trusted=yes] http://mirror.example/debian bookworm main\n"}, true},
		"release":  {Rootfs{base.Packages, "deb http://deb.debian.org/debian trixie main\n"}, false},
		"packages": {Rootfs{[]string{"iptables", "kmod"}, base.Sources}, false},
	} {
		if same := slices.Equal(test.rootfs.Facts(), base.Facts()); same != test.same {
			t.Errorf("another %s: the same facts: %t, want %t", name, same, test.same)
		}
	}
}
