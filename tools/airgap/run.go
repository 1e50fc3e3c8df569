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
			if err := runner.Store.Remove(ctx, p); err != nil {
				return nil, err
			}
		}
	}
	packages := []string{}
	if everything {
		packages = debian.BuildPackages()
		if s.engine == "podman" || (s.engine == "auto" && debian.OtherEngine(ctx) == "") {
			packages = append(packages, debian.EnginePackages()...)
		}
	} else if needsDebian(runner.Store, wanted) {
		packages = []string{"mmdebstrap"}
	}
	if err := s.hostPackages(ctx, runner, "the air-gapped road", packages); err != nil {
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

// hostPackages installs the packages that are missing for something, if it may; otherwise it says how.
func (s *settings) hostPackages(ctx context.Context, runner *part.Runner, what string, packages []string) error {
	if len(packages) == 0 {
		return nil
	}
	missing := debian.Missing(ctx, packages)
	if len(missing) == 0 {
		return nil
	}
	if err := mayInstall(debian.ReadHost("/"), os.Geteuid() == 0 && s.install, what, missing); err != nil {
		return err
	}
	return runner.Do(ctx, "host-packages", "Debian packages for this machine", func(job *part.Job) error {
		return debian.Install(ctx, job, missing)
	})
}

// mayInstall says how a person installs the packages, if this program may not.
func mayInstall(host debian.Host, allowed bool, what string, missing []string) error {
	command := debian.InstallCommand(missing)
	switch {
	case !host.HasApt():
		return fmt.Errorf("this machine (%s) lacks %s for %s, which is installed by itself on Debian or Ubuntu only, with: %s",
			orUnknown(host.ID), strings.Join(missing, ", "), what, command)
	case !allowed:
		return fmt.Errorf("these Debian packages are missing for %s: %s; install them as root with: %s",
			what, strings.Join(missing, ", "), command)
	}
	return nil
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown distribution"
	}
	return s
}
