package baseline

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/semver"
)

// CheckUpgrade says why a cluster of one Kubernetes version cannot become one of another, whatever is done, or nothing.
// Objects in etcd are read by the next minor version and not by the one before, and the parts of a cluster work together
// with neighbours only (kubernetes.io/releases/version-skew-policy).
func CheckUpgrade(have, want KubernetesVersion) error {
	if have == want {
		return nil
	}
	from, to := string(have), string(want)
	if !semver.IsValid(from) || !semver.IsValid(to) {
		// A check refuses versions that are none; a cluster that was imported may have one of its own.
		return fmt.Errorf("kubernetesVersion %q: the cluster has %q, of which nobody knows what can follow it", want, have)
	}
	switch {
	case semver.Compare(to, from) < 0:
		return fmt.Errorf("kubernetesVersion %q: is older than the cluster's, which is %s: Kubernetes cannot go back; "+
			"write %s again, or restore a snapshot into a cluster of the older version", want, have, have)
	case semver.Major(to) != semver.Major(from):
		return fmt.Errorf("kubernetesVersion %q: is another major version than the cluster's, which is %s", want, have)
	case minorOf(to) > minorOf(from)+1:
		return fmt.Errorf("kubernetesVersion %q: skips minor versions, the cluster has %s: go to %s.%d first, and from "+
			"there one minor version at a time", want, have, semver.Major(from), minorOf(from)+1)
	}
	return nil
}

// minorOf returns the second number of a valid version.
func minorOf(version string) int {
	_, minor, _ := strings.Cut(semver.MajorMinor(version), ".")
	number, _ := strconv.Atoi(minor)
	return number
}
