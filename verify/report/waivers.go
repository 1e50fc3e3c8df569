package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/rampart-iac/rampart/verify"
)

// waiver is one waiver, with how long it lasts.
type waiver struct {
	verify.Waiver

	Control *control
	// Left says in words how long it lasts; Soon that it ends within a month, or has ended.
	Left string
	Soon bool
}

const (
	day      = 24 * time.Hour
	soonDays = 30
)

// waivers lists the waivers, the one that ends first first.
func waivers(controls []*control, now time.Time) []waiver {
	var all []waiver
	for _, control := range controls {
		for _, each := range slices.Concat(control.Waivers, control.EndedWaivers) {
			made := waiver{Waiver: each, Control: control, Left: "until a day that cannot be read", Soon: true}
			if last, err := time.ParseInLocation(time.DateOnly, each.Expires, time.UTC); err == nil {
				// Its last day is still its own.
				days := int(last.Add(day).Sub(now) / day)
				made.Left, made.Soon = daysLeft(days, now.Before(last.Add(day))), days < soonDays
			}
			all = append(all, made)
		}
	}
	return slices.SortedStableFunc(slices.Values(all), func(a, b waiver) int { return cmp.Compare(a.Expires, b.Expires) })
}

func daysLeft(days int, holds bool) string {
	switch {
	case !holds:
		return "over"
	case days == 0:
		return "ends today"
	case days == 1:
		return "1 day left"
	default:
		return fmt.Sprintf("%d days left", days)
	}
}
