package access

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/rampart-iac/rampart/tests/framework/apiserver"
)

var update = flag.Bool("update", false, "write what everybody may do to testdata and docs instead of comparing it")

// server is one for all tests: they ask it and change nothing that the others see.
var server *apiserver.Server

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := run(context.Background(), m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(ctx context.Context, m *testing.M) (code int, err error) {
	if server, err = apiserver.Start(ctx, apiserver.Settings{}); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	return m.Run(), nil
}
