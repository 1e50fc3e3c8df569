package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/rampart-iac/rampart/tools/airgap/internal/catalog"
	"github.com/rampart-iac/rampart/tools/airgap/internal/debian"
	"github.com/rampart-iac/rampart/tools/airgap/internal/gobuild"
	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
)

// settings are the flags of all commands; a command ignores those that are not its own, and does not define them.
type settings struct {
	cache, kubernetes, source, home, engine, aptSources string
	install, json, all, rebuild                         bool
	jobs                                                int
	// out takes results; progress and complaints go to standard error.
	out io.Writer
}

func parseFlags(command string, args []string, out io.Writer) (*settings, []string, error) {
	s := &settings{out: out}
	f := flag.NewFlagSet("airgap "+command, flag.ContinueOnError)
	f.StringVar(&s.cache, "cache", "", "folder of finished parts (default: $RAMPART_CACHE, else rampart in the user's cache folder)")
	f.StringVar(&s.kubernetes, "kubernetes", catalog.DefaultKubernetes, "version of Kubernetes")
	f.StringVar(&s.source, "source", ".", "folder of tools/airgap in the repository, where recipes/ is")
	f.StringVar(&s.aptSources, "apt-sources", "",
		"apt sources file for root filesystems (default: the host's own on Debian, else Debian's public mirror)")
	if command == "build" || command == "engine" {
		f.BoolVar(&s.install, "install-missing-packages", true,
			"as root on Debian or Ubuntu, install missing packages with apt-get; =false: only say which")
	}
	switch command {
	case "build":
		f.StringVar(&s.engine, "engine", "auto",
			"container engine that clusters will be on; podman is installed for auto, if no other answers, and if it is named")
		f.StringVar(&s.home, "home", "", "working folder to put programs (bin/) and images.json into; empty: build only")
		f.BoolVar(&s.rebuild, "rebuild", false, "build the named parts (all, if none is named) anew, to take up newer Debian packages")
		f.IntVar(&s.jobs, "jobs", max(2, runtime.NumCPU()/2), "how many parts are built at once, beside one Go build")
		f.BoolVar(&s.json, "json", false, "print the result as JSON")
	case "status":
		f.BoolVar(&s.json, "json", false, "print as JSON")
	case "clean":
		f.BoolVar(&s.all, "all", false, "remove everything, not only what no recipe makes any more")
	}
	if err := f.Parse(args); err != nil {
		return nil, nil, err
	}
	if s.jobs < 1 && command == "build" {
		return nil, nil, fmt.Errorf("--jobs %d: must be at least 1", s.jobs)
	}
	if s.cache == "" {
		var err error
		if s.cache, err = cacheDir(); err != nil {
			return nil, nil, err
		}
	}
	var err error
	if s.cache, err = filepath.Abs(s.cache); err != nil {
		return nil, nil, err
	}
	return s, f.Args(), nil
}

func (s *settings) store() part.Store { return part.Store{Root: filepath.Join(s.cache, "airgap")} }

func (s *settings) catalog(ctx context.Context) (*catalog.Catalog, error) {
	release, err := catalog.FindRelease(s.kubernetes)
	if err != nil {
		return nil, err
	}
	source, err := filepath.Abs(s.source)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(source, "recipes")); err != nil {
		return nil, fmt.Errorf("no recipes in %s: %w; name the folder of tools/airgap with --source", s.source, err)
	}
	version, err := gobuild.Version(ctx)
	if err != nil {
		return nil, err
	}
	sources, err := debian.Sources("/", s.aptSources)
	if err != nil {
		return nil, fmt.Errorf("reading apt sources: %w", err)
	}
	return catalog.New(catalog.Options{Source: source, Release: release, GoVersion: version, AptSources: sources}), nil
}

// pick finds parts by name; no names are the default parts.
func pick(c *catalog.Catalog, names []string) ([]*part.Part, error) {
	if len(names) == 0 {
		return c.Wanted(), nil
	}
	var out []*part.Part
	for _, name := range names {
		p, err := find(c, name)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func find(c *catalog.Catalog, name string) (*part.Part, error) {
	for _, p := range c.All() {
		if p.Name == name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("no part is named %q; airgap status lists them", name)
}
