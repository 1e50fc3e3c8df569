package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/rampart-iac/rampart/tools/airgap/internal/catalog"
	"github.com/rampart-iac/rampart/tools/airgap/internal/debian"
	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
)

// run builds the wanted parts, after the packages of the host that are needed for them. everything is true if the user
// named no parts: then what is needed to run the result counts too.
func (s *settings) run(
	ctx context.Context, c *catalog.Catalog, runner *part.Runner, wanted []*part.Part, everything bool,
) ([]part.Result, error) {
	if s.rebuild {
		again := wanted
		if everything {
			again = c.All()
		}
		for _, p := range again {
			if err := runner.Store.Remove(p); err != nil {
				return nil, err
			}
		}
	}
	packages := []string{}
	if everything {
		packages = debian.HostPackages()
	} else if needsDebian(runner.Store, wanted) {
		packages = []string{"mmdebstrap"}
	}
	if err := s.hostPackages(ctx, runner, packages); err != nil {
		return nil, err
	}
	return runner.Run(ctx, wanted...)
}

// needsDebian tells whether a root filesystem is among what will be built.
func needsDebian(store part.Store, wanted []*part.Part) bool {
	order, err := part.Closure(wanted...)
	if err != nil {
		return false
	}
	for _, p := range order {
		if has, err := store.Has(p); err == nil && !has && strings.HasPrefix(p.Name, "rootfs-") {
			return true
		}
	}
	return false
}

// hostPackages installs the packages that are missing, if it may; otherwise it says how.
func (s *settings) hostPackages(ctx context.Context, runner *part.Runner, packages []string) error {
	if len(packages) == 0 {
		return nil
	}
	missing := debian.Missing(ctx, packages)
	if len(missing) == 0 {
		return nil
	}
	command := debian.InstallCommand(missing)
	host := debian.ReadHost("/")
	switch {
	case !host.HasApt():
		return fmt.Errorf("this machine (%s) lacks %s: the air-gapped road needs Debian or Ubuntu, where one would run: %s",
			orUnknown(host.ID), strings.Join(missing, ", "), command)
	case os.Geteuid() != 0 || !s.install:
		return fmt.Errorf("these Debian packages are missing: %s; install them as root with: %s",
			strings.Join(missing, ", "), command)
	}
	return runner.Do(ctx, "host-packages", "Debian packages for this machine", func(job *part.Job) error {
		return debian.Install(ctx, job, missing)
	})
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown distribution"
	}
	return s
}
