package plugin

import (
	"fmt"

	"github.com/blang/semver"
)

// upgradeFault says why a cluster of one Kubernetes version cannot become one of another, whatever is done, or nothing.
// Objects in etcd are read by the next minor version and not by the one before, and the parts of a cluster work together
// with neighbours only (kubernetes.io/releases/version-skew-policy).
func upgradeFault(have, want string) error {
	from, errFrom := semver.ParseTolerant(have)
	to, errTo := semver.ParseTolerant(want)
	if errFrom != nil || errTo != nil {
		// A check refuses versions that are none; a cluster that was imported may have one of its own.
		return nil //nolint:nilerr // see above
	}
	switch {
	case to.LT(from):
		return fmt.Errorf("kubernetesVersion %q: is older than the cluster's, which is %s: Kubernetes cannot go back; "+
			"write %s again, or restore a snapshot into a cluster of the older version", want, have, have)
	case to.Major == from.Major && to.Minor > from.Minor+1:
		return fmt.Errorf("kubernetesVersion %q: skips minor versions, the cluster has %s: go to v%d.%d first, and from "+
			"there one minor version at a time", want, have, from.Major, from.Minor+1)
	}
	return nil
}
