package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/stacks"
)

// allPrograms are those that are measured unless somebody chooses: one for the stacks of each provider.
const allPrograms = "kind,eks,aks,gke"

// buildPrograms measures how the program of each provider's stacks is compiled.
func (b *bench) buildPrograms(ctx context.Context, report *Report) error {
	for _, provider := range b.programs {
		if !slices.Contains(baseline.Providers(), baseline.Provider(provider)) {
			return fmt.Errorf("-programs: there is no provider %q: use some of %s", provider, allPrograms)
		}
		if err := b.buildProgram(ctx, report, baseline.Provider(provider)); err != nil {
			return fmt.Errorf("program of %s: %w", provider, err)
		}
	}
	return nil
}

// buildProgram measures how the program of a provider's stacks is linked and, if asked, compiled from an empty cache of Go's, and
// how large it and that cache get.
func (b *bench) buildProgram(ctx context.Context, report *Report, provider baseline.Provider) error {
	dir, err := os.MkdirTemp(b.product.Dir, "program-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary, cache := filepath.Join(dir, "program"), filepath.Join(dir, "cache")
	env := slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "GOFLAGS=") })
	env = append(env, "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false -tags="+strings.Join(stacks.BuildTags(provider), ","))
	build := func(what string, env []string) error {
		b.say(what)
		// Go links nothing anew where the same program is already.
		if err := os.RemoveAll(binary); err != nil {
			return err
		}
		// As the product compiles it (cmd/internal/compiled).
		usage, err := measure(ctx, b.product.Root, env, "go", "build", "-o", binary, "-ldflags=-s -w", ".")
		if err != nil {
			return err
		}
		report.add(what, usage)
		return nil
	}
	name := fmt.Sprintf("program of %s", provider)
	amount := func(what string, bytes int64) {
		report.Amounts = append(report.Amounts, Amount{What: name + what, Value: float64(bytes) / (1 << 20), Unit: "MiB"})
	}
	if b.cold {
		if err := build(name+", compiled from an empty cache", append(env, "GOCACHE="+cache)); err != nil {
			return err
		}
		size, err := sizeOf(cache)
		if err != nil {
			return err
		}
		amount(": the cache afterwards", size)
	}
	if err := build(name+", linked from a warm cache", env); err != nil {
		return err
	}
	info, err := os.Stat(binary)
	if err != nil {
		return err
	}
	amount(": size", info.Size())
	return nil
}

// sizeOf is how many bytes the files of a folder have.
func sizeOf(folder string) (size int64, err error) {
	err = filepath.WalkDir(folder, func(_ string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}
