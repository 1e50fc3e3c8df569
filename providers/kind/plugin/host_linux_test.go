package plugin

import (
	"net"
	"testing"
)

func TestConnectionPorts(t *testing.T) {
	t.Parallel()
	// A connection of this process has one of them.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	connection, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	port := connection.LocalAddr().(*net.TCPAddr).Port
	if found := connectionPorts(); !found.contains(port) {
		t.Errorf("%v does not contain port %d, which a connection got", found, port)
	}
}
