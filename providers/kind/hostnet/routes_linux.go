package hostnet

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/netip"
	"os"
	"strings"
)

// routesFile is the kernel's IPv4 routing table.
const routesFile = "/proc/net/route"

// widest is the prefix length of the widest range that says anything. The default route covers everything, and many a VPN has two
// halves of it (0.0.0.0/1 and 128.0.0.0/1); no private range is wider than 10.0.0.0/8.
const widest = 8

// Routes returns the ranges that the host has routes for, by interface, without those that are as good as the default route. What
// cannot be read is left out: the check is a help, the engine has the last word.
func Routes() map[string][]netip.Prefix {
	content, err := os.ReadFile(routesFile)
	if err != nil {
		return nil
	}
	return parseRoutes(string(content))
}

func parseRoutes(table string) map[string][]netip.Prefix {
	found := map[string][]netip.Prefix{}
	scanner := bufio.NewScanner(strings.NewReader(table))
	for scanner.Scan() {
		// Iface Destination Gateway Flags RefCnt Use Metric Mask ...
		fields := strings.Fields(scanner.Text())
		if len(fields) < 8 {
			continue
		}
		destination, errDestination := hexAddress(fields[1])
		mask, errMask := hexAddress(fields[7])
		if errDestination != nil || errMask != nil {
			continue
		}
		bits := 0
		for value := binary.BigEndian.Uint32(mask[:]); value != 0; value <<= 1 {
			bits++
		}
		if bits < widest {
			continue
		}
		found[fields[0]] = append(found[fields[0]], netip.PrefixFrom(netip.AddrFrom4(destination), bits))
	}
	return found
}

// hexAddress reads an address as the kernel prints it: in hexadecimal, in the machine's byte order.
func hexAddress(text string) ([4]byte, error) {
	var address [4]byte
	raw, err := hex.DecodeString(text)
	if err != nil {
		return address, err
	}
	if len(raw) != len(address) {
		return address, errors.New("not an IPv4 address")
	}
	binary.NativeEndian.PutUint32(address[:], binary.BigEndian.Uint32(raw))
	return address, nil
}
