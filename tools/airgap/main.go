// Command airgap builds, out of Go modules and Debian packages alone, everything that Rampart's kind stack otherwise
// downloads: the Pulumi CLI, its Go language host and Kubernetes plugin, Kubernetes with etcd, CoreDNS, containerd and
// Calico, an image for each, and a kind node image with all of them inside. Nothing is fetched from a container
// registry or a release page.
//
//	go run . build --home ../../.rampart    build what is missing, and put it into a working folder
//	go run . engine                         install a container engine on Debian or Ubuntu, if one is missing
//	go run . status                         say what is built and what is not
//	go run . path [part]                    print where a finished part is
//	go run . clean [--all]                  remove results of older recipes, or everything
//
// docs/airgap.md tells how it works.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	switch {
	case err == nil:
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "airgap: interrupted; finished parts are kept, the next run goes on from there")
		os.Exit(130)
	default:
		fmt.Fprint(os.Stderr, "airgap: "+part.Explain(err))
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	const usage = "usage: airgap build|engine|status|path|clean [flags]; see airgap <command> -h"
	if len(args) == 0 {
		return errors.New(usage)
	}
	commands := map[string]func(context.Context, *settings, []string) error{
		"build": build, "engine": engine, "status": status, "path": path, "clean": clean,
	}
	command, ok := commands[args[0]]
	if !ok {
		return fmt.Errorf("unknown command %q; %s", args[0], usage)
	}
	s, rest, err := parseFlags(args[0], args[1:], out)
	if err != nil {
		return err
	}
	return command(ctx, s, rest)
}

// cacheDir is RAMPART_CACHE, or the user's cache folder; all clones of the repository share it.
func cacheDir() (string, error) {
	if dir := os.Getenv("RAMPART_CACHE"); dir != "" {
		return dir, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder: %w; set RAMPART_CACHE or --cache", err)
	}
	return filepath.Join(dir, "rampart"), nil
}
