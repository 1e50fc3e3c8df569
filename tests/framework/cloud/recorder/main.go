// Command recorder stands for the plugin of a cloud in tests. Which one is said by the name that it is called by, as the
// engine calls its plugins: pulumi-resource-aws.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"

	"github.com/rampart-iac/rampart/tests/framework/cloud/internal/provider"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves until the engine ends this process.
func run() error {
	server, err := provider.New(strings.TrimPrefix(filepath.Base(os.Args[0]), "pulumi-resource-"))
	if err != nil {
		return err
	}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Init: func(registrar *grpc.Server) error {
		pulumirpc.RegisterResourceProviderServer(registrar, server)
		return nil
	}})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port) // how the engine learns it
	return <-handle.Done
}
