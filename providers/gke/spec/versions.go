package spec

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rampart-iac/rampart/providers/internal/rules"
)

// Version is a version of Kubernetes on GKE, which patches it itself.
type Version = rules.Release

// Versions are those that Rampart makes, newest first. The days are those of GKE's release schedule as endoflife.date had it on
// 2026-04-04; Google calls them predictions. No source at hand has that of 1.36, which is therefore not here: a release channel
// takes a cluster to it without being asked.
func Versions() []Version {
	return []Version{
		{Kubernetes: "v1.35.0", SupportEnds: "2027-04-11"},
		{Kubernetes: "v1.34.0", SupportEnds: "2026-10-01"},
	}
}

// then is what the end of support means, by GKE's policy.
const then = "The release channel takes the cluster further by then, whatever the stack file says. GKE's extended support " +
	"is that of a channel of its own, which no stack asks for."

// Support is how long GKE looks after the version of a cluster whose defaults are set.
func (c Cluster) Support() rules.Support {
	return rules.Supported("GKE", then, c.KubernetesVersion, Versions())
}

// GKEVersion is the cluster's version as GKE takes it: 1.35, of which it chooses the patch.
func (c Cluster) GKEVersion() string {
	parts := strings.Split(strings.TrimPrefix(string(c.KubernetesVersion), "v"), ".")
	return strings.Join(parts[:min(2, len(parts))], ".")
}

// weekdays as RFC 5545 writes them, in the order of package time.
var weekdays = []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

// Window is the maintenance window as GKE takes it: the first one, and by which rule of RFC 5545 it recurs. It is the same
// text for the same window.
func (m Maintenance) Window() (start, end, recurrence string) {
	first := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC) // which decides nothing: windows recur
	for len(m.Days) > 0 && weekdays[first.Weekday()] != m.Days[0] {
		first = first.AddDate(0, 0, 1)
		if first.Day() > len(weekdays) {
			break
		}
	}
	if clock, err := time.Parse("15:04", m.Start); err == nil {
		first = first.Add(time.Duration(clock.Hour())*time.Hour + time.Duration(clock.Minute())*time.Minute)
	}
	return first.Format(time.RFC3339), first.Add(time.Duration(m.Hours) * time.Hour).Format(time.RFC3339),
		"FREQ=WEEKLY;BYDAY=" + strings.Join(m.Days, ",")
}

func (c *checker) releases() {
	known := func(each Version) bool { return each.Kubernetes == c.cluster.KubernetesVersion }
	if !slices.ContainsFunc(Versions(), known) {
		var names []string
		for _, each := range Versions() {
			names = append(names, string(each.Kubernetes))
		}
		c.Report("kubernetesVersion", c.cluster.KubernetesVersion, "is not supported on GKE",
			"use one of %s", strings.Join(names, ", "))
	}
	switch {
	case !slices.Contains([]Channel{ChannelRapid, ChannelRegular, ChannelStable}, c.cluster.Channel):
		c.Report("channel", c.cluster.Channel, "is no release channel", "use %s, %s or %s", ChannelRegular, ChannelStable, ChannelRapid)
	case c.cluster.Production() && c.cluster.Channel == ChannelRapid:
		c.Report("channel", c.cluster.Channel, "has versions that Google's promise of service does not cover, in prod",
			"use %s or %s", ChannelRegular, ChannelStable)
	}
	c.maintenance()
}

// What GKE asks of windows, in hours.
const (
	shortestWindow   = 4
	longestWindow    = 24
	weeksInMonth     = 4 // full ones in 32 days
	hoursInFourWeeks = 48
)

func (c *checker) maintenance() {
	window := c.cluster.Maintenance
	for i, day := range window.Days {
		if !slices.Contains(weekdays, day) || slices.Contains(window.Days[:i], day) {
			c.Report(fmt.Sprintf("maintenance.days[%d]", i), day, "is no day of the week, or there twice",
				"use some of MO, TU, WE, TH, FR, SA, SU")
		}
	}
	if _, err := time.Parse("15:04", window.Start); err != nil {
		c.Report("maintenance.start", window.Start, "is no time of day", "write one in UTC, such as %s", DefaultWindowStart)
	}
	switch {
	case window.Hours < shortestWindow || window.Hours > longestWindow:
		c.Report("maintenance.hours", window.Hours, "is out of range", "use %d to %d", shortestWindow, longestWindow)
	case len(window.Days)*window.Hours*weeksInMonth < hoursInFourWeeks:
		rule := "makes %d hours in four weeks, and GKE wants 48 to get its upgrades done"
		c.Report("maintenance.hours", window.Hours, fmt.Sprintf(rule, len(window.Days)*window.Hours*weeksInMonth),
			"make the window longer, or name more days")
	}
}
