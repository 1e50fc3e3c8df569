//go:build !linux

package hostnet

import "net/netip"

// Routes knows nothing elsewhere than on Linux: the engine runs in a virtual machine, and what this process sees of its own host
// says nothing about the engine's.
func Routes() map[string][]netip.Prefix { return nil }
