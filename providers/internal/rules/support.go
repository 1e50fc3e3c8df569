package rules

import (
	"fmt"
	"time"

	"github.com/rampart-iac/rampart/baseline"
)

// Release is a version of Kubernetes that a cloud has. Clouds have minor versions, and patch them themselves.
type Release struct {
	Kubernetes baseline.KubernetesVersion

	// SupportEnds is the day on which the cloud's standard support ends, as 2026-12-02.
	SupportEnds string
}

// Supported is how long a cloud looks after a version, by its releases, newest first.
func Supported(cloud, then string, version baseline.KubernetesVersion, releases []Release) Support {
	support := Support{Cloud: cloud, Kubernetes: version, Then: then}
	for _, each := range releases {
		if each.Kubernetes == version {
			support.Ends = each.SupportEnds
			break
		}
		support.Next = each.Kubernetes
	}
	return support
}

// Support is how long a cloud looks after a version of Kubernetes.
type Support struct {
	// Cloud that it is of, as people call it: EKS. Kubernetes is the version, and Next the one that follows it there; empty if
	// there is none yet.
	Cloud      string
	Kubernetes baseline.KubernetesVersion
	Next       baseline.KubernetesVersion

	// Ends is the day on which standard support ends, as 2026-12-02, by the cloud's own calendar.
	Ends string

	// Then says what the cloud does after that day, and what it costs to stay.
	Then string
}

// Notice is how long before the end of support a stack is told: the longest of the clouds' own notices is 60 days, and an
// upgrade wants to be tried somewhere else first.
const Notice = 90 * 24 * time.Hour

// Warning is what the owner of a cluster should know at a moment. Empty while there is time.
func (s Support) Warning(now time.Time) string {
	ends, err := time.Parse(time.DateOnly, s.Ends)
	if err != nil {
		return fmt.Sprintf("when the standard support of Kubernetes %s on %s ends is not known: %q is no day",
			s.Kubernetes, s.Cloud, s.Ends)
	}
	today := now.UTC().Truncate(24 * time.Hour)
	if ends.Sub(today) > Notice {
		return ""
	}
	when := fmt.Sprintf("ends on %s, %s", s.Ends, distance(ends.Sub(today)))
	if ends.Before(today) {
		when = fmt.Sprintf("has ended on %s, %s", s.Ends, distance(ends.Sub(today)))
	}
	remedy := "a version of this product that knows a newer one is needed"
	if s.Next != "" {
		remedy = "raise kubernetesVersion to " + string(s.Next)
	}
	return fmt.Sprintf("the standard support of Kubernetes %s on %s %s: %s. %s", s.Kubernetes, s.Cloud, when, remedy, s.Then)
}

// distance says in words how far away a day is.
func distance(away time.Duration) string {
	days := int(away.Hours()) / 24
	switch {
	case days == 0:
		return "today"
	case days == 1:
		return "tomorrow"
	case days == -1:
		return "yesterday"
	case days > 0:
		return fmt.Sprintf("in %d days", days)
	default:
		return fmt.Sprintf("%d days ago", -days)
	}
}
