package plugin

import (
	"fmt"
	"math/rand/v2"
)

// portRange is a range of ports, both ends within.
type portRange struct {
	first, last int
}

func (r portRange) contains(port int) bool {
	return port >= r.first && port <= r.last
}

// serverPorts are what a free port of the API server is chosen from: below the ports that Linux (from 32768) and the other
// operating systems (from 49152, IANA's dynamic ports, RFC 6335 section 6) give to outgoing connections, and below Kubernetes'
// node ports (from 30000).
var serverPorts = portRange{first: 20000, last: 29999}

// portTries bounds the search for a free port. Were half of all taken, that many would fail once in 10^19 clusters.
const portTries = 64

// freePort chooses a port at random that nothing listens on. It is not one that the kernel may give to somebody's connection
// in the meantime: between the choice and the start of the node lies a second or more, and after a restart of the machine the
// same port has to be free again.
func freePort(portError func(port int) error, connections portRange) (int, error) {
	// An operator may have given all ports to connections; then there is nothing better than one of those.
	nothingElse := connections.contains(serverPorts.first) && connections.contains(serverPorts.last)
	var err error
	for range portTries {
		port := serverPorts.first + rand.IntN(serverPorts.last-serverPorts.first+1) //nolint:gosec // A port is no secret.
		if connections.contains(port) && !nothingElse {
			continue
		}
		if err = portError(port); err == nil {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no free port was found for the API server on %s, in %d tries between %d and %d; the last answer: %w; "+
		"set apiServerPort", localAddress, portTries, serverPorts.first, serverPorts.last, err)
}

// withPort gives a cluster whose API server may have any free port one. kind would take one that the kernel gives to
// connections as well.
func withPort(args ClusterArgs) (ClusterArgs, error) {
	if args.apiServerPort() != 0 {
		return args, nil
	}
	port, err := freePort(realHost{}.portError, connectionPorts())
	if err != nil {
		return args, err
	}
	args.APIServerPort = &port
	return args, nil
}
