package plugin

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// linuxConnections are the ports that Linux gives to connections unless told otherwise.
var linuxConnections = portRange{first: 32768, last: 60999}

func TestFreePortIsNoneThatConnectionsGet(t *testing.T) {
	t.Parallel()
	for name, connections := range map[string]portRange{
		"Linux":           linuxConnections,
		"the lower half":  {first: 1024, last: 24999},
		"the upper half":  {first: 25000, last: 65535},
		"all of them":     {first: 1024, last: 65535},
		"nothing is said": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := name == "all of them"
			for range 1000 {
				port, err := freePort(func(int) error { return nil }, connections)
				if err != nil {
					t.Fatal(err)
				}
				if !serverPorts.contains(port) || (connections.contains(port) && !all) {
					t.Fatalf("port %d was chosen", port)
				}
			}
		})
	}
}

func TestFreePortIsNotTaken(t *testing.T) {
	t.Parallel()
	for range 100 {
		port, err := freePort(func(port int) error {
			if port%4 != 0 {
				return errors.New("address already in use")
			}
			return nil
		}, linuxConnections)
		if err != nil {
			t.Fatal(err)
		}
		if port%4 != 0 {
			t.Fatalf("port %d was chosen, which is taken", port)
		}
	}
}

func TestNoFreePort(t *testing.T) {
	t.Parallel()
	_, err := freePort(func(port int) error { return fmt.Errorf("address %d already in use", port) }, linuxConnections)
	if err == nil || !strings.Contains(err.Error(), "already in use") || !strings.Contains(err.Error(), "set apiServerPort") {
		t.Errorf("got %v", err)
	}
}
