package attacks

import (
	"strings"
	"testing"
)

func TestWhoEtcdIs(t *testing.T) {
	t.Parallel()
	const status = "Name:\tetcd\nUid:\t0\tUSER\t0\t0\nGid:\t2379\t2379\t2379\t2379\nCapEff:\tCAPS\n"
	for _, test := range []struct{ user, capabilities, fault string }{
		{"2379", "0000000000000000", ""},
		{"0", "0000000000000000", "runs as root"},
		{"0", "000001ffffffffff", "runs as root"},
		{"1000", "0000000000000000", "its data is user 2379's"},
		{"2379", "0000000000000002", "capabilities beyond its user"},
	} {
		found, err := identityOf(strings.NewReplacer("USER", test.user, "CAPS", test.capabilities).Replace(status))
		if err != nil {
			t.Fatal(err)
		}
		if got := found.fault("2379"); got != test.fault && (test.fault == "" || !strings.Contains(got, test.fault)) {
			t.Errorf("user %s with %s: %q, want %q", test.user, test.capabilities, got, test.fault)
		}
	}
	for _, half := range []string{"", "Uid:\t0\t0\t0\t0\n", "CapEff:\t0000000000000000\n"} {
		if found, err := identityOf(half); err == nil {
			t.Errorf("%q is taken for %+v", half, found)
		}
	}
}
