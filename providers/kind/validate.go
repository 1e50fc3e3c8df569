package kind

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers/kind/keys"
)

// validate reports every fault of the fields that this package itself decides on. Names, ranges, ports and the engine
// are checked by the resource, where an import or a hand-written program is held to the same rules.
func (a ClusterArgs) validate() error {
	var faults []error
	if err := baseline.CheckKubernetesVersion(a.KubernetesVersion); err != nil {
		faults = append(faults, err)
	} else if a.Image.Reference == "" {
		// The default is the published image, where there is one.
		_, err := baseline.PublishedNodeImage(a.KubernetesVersion)
		faults = append(faults, err)
	}
	if !slices.Contains(baseline.Levels(), a.Level) {
		faults = append(faults, fmt.Errorf("level %q: use %q, or %q for software that cannot be changed",
			a.Level, baseline.LevelRestricted, baseline.LevelBaseline))
	}
	if a.TLSMinVersion != baseline.TLS12 && a.TLSMinVersion != baseline.TLS13 {
		faults = append(faults, fmt.Errorf("tlsMinVersion %q: use %q, or %q for clients that cannot do better",
			a.TLSMinVersion, baseline.TLS13, baseline.TLS12))
	}
	if !filepath.IsAbs(a.Directory) {
		faults = append(faults, fmt.Errorf("directory %q: give an absolute path of a folder for this cluster's files",
			a.Directory))
	}
	if a.KeyStep != "" {
		if _, err := keys.ParseStep(string(a.KeyStep)); err != nil {
			faults = append(faults, fmt.Errorf("keyStep: %w", err))
		}
	}
	if !filepath.IsAbs(a.Approver) {
		faults = append(faults, fmt.Errorf("approver %q: give the absolute path of the program cmd/rampart-approver, compiled "+
			"with CGO_ENABLED=0 GOOS=linux", a.Approver))
	}
	return errors.Join(append(faults, a.Deployers.validate("deployers")...)...)
}

// printable is what a name in an expression of the guard may hold.
var printable = regexp.MustCompile(`^[!-~]([ -~]*[!-~])?$`)

func (p Principals) validate(field string) []error {
	var faults []error
	for _, each := range []struct {
		field string
		names []string
	}{{field + ".users", p.Users}, {field + ".groups", p.Groups}} {
		for i, name := range each.names {
			if !printable.MatchString(name) {
				faults = append(faults, fmt.Errorf("%s[%d] %q: write a name as the API server knows it, in printable ASCII, "+
					"without spaces around it", each.field, i, name))
			}
		}
	}
	return faults
}
