package report

import (
	"fmt"
	"time"

	"github.com/rampart-iac/rampart/verify"
)

// trend is the score over time, as a picture and as numbers.
type trend struct {
	Points []point
	// Line is the path through the points, Area the same closed to the ground.
	Line, Area string
	Grid       []grid
	Days       []tick
	// Breaks are where another cluster took the stack's place.
	Breaks []float64
	Says   string
}

type point struct {
	X, Y    float64
	When    moment
	Percent int
	Score   verify.Score
	Run     string
	// Mark is the shape.
	Mark     string
	Baseline verify.Asked
	Version  string
}

// Marks of runs.
const (
	markHeld   = "held"
	markFailed = "failed"
	markCut    = "cut"
)

type grid struct {
	Y     float64
	Label string
}

type tick struct {
	X      float64
	Label  string
	Anchor string
}

// The picture's measures, in its own units.
const (
	trendLeft   = 52.0
	trendRight  = 1050.0
	trendTop    = 16.0
	trendBottom = 196.0
)

// newTrend draws runs, oldest first. Runs that were cut short are marked, and no part of the line.
func newTrend(sorted []*verify.Report) *trend {
	made := &trend{}
	first, last := sorted[0].Started, sorted[len(sorted)-1].Started
	place := func(when time.Time) float64 {
		if !last.After(first) {
			return (trendLeft + trendRight) / 2
		}
		return trendLeft + (trendRight-trendLeft)*float64(when.Sub(first))/float64(last.Sub(first))
	}
	height := func(percent int) float64 { return trendBottom - (trendBottom-trendTop)*float64(percent)/100 }
	for _, percent := range []int{0, 25, 50, 75, 100} {
		made.Grid = append(made.Grid, grid{height(percent), fmt.Sprintf("%d %%", percent)})
	}
	var ends [2]float64
	for i, each := range sorted {
		percent := each.Score.Percent()
		current := point{
			X: place(each.Started), Y: height(percent), When: at(each.Started), Percent: percent, Score: each.Score,
			Run: each.Run, Mark: markHeld, Baseline: each.Baseline, Version: each.Version,
		}
		if each.Score.Failed > 0 {
			current.Mark = markFailed
		}
		if each.Cut != "" {
			current.Mark = markCut
		} else {
			step := "L"
			if made.Line == "" {
				step, ends[0] = "M", current.X
			}
			ends[1] = current.X
			made.Line += fmt.Sprintf("%s%.1f %.1f", step, current.X, current.Y)
		}
		if i > 0 && each.ClusterID != "" && sorted[i-1].ClusterID != "" && each.ClusterID != sorted[i-1].ClusterID {
			made.Breaks = append(made.Breaks, (current.X+place(sorted[i-1].Started))/2)
		}
		made.Points = append(made.Points, current)
	}
	if made.Line != "" {
		made.Area = made.Line + fmt.Sprintf("L%.1f %.1fL%.1f %.1fZ", ends[1], trendBottom, ends[0], trendBottom)
	}
	made.Days = ticks(first, last)
	made.Says = says(made.Points)
	return made
}

// ticks are the first and the last day, or hour where it is one day.
func ticks(first, last time.Time) []tick {
	layout := "2 Jan 2006"
	if last.Sub(first) < day {
		layout = "2 Jan 15:04"
	}
	if !last.After(first) {
		return []tick{{(trendLeft + trendRight) / 2, first.UTC().Format(layout), "middle"}}
	}
	return []tick{
		{trendLeft, first.UTC().Format(layout), "start"},
		{trendRight, last.UTC().Format(layout), "end"},
	}
}

// says describes the picture to those who do not see it. Runs that were cut short are no measure of the cluster: they do not
// count.
func says(points []point) string {
	var whole []point
	for _, each := range points {
		if each.Mark != markCut {
			whole = append(whole, each)
		}
	}
	cut := len(points) - len(whole)
	switch {
	case len(points) == 1 && cut == 0:
		return fmt.Sprintf("One run so far, with a score of %d %%. The next runs will be drawn beside it.", whole[0].Percent)
	case len(points) == 1:
		return "One run so far, which was cut short: it has no score that counts."
	case len(whole) == 0:
		return fmt.Sprintf("%d runs, all of them cut short: none has a score that counts.", len(points))
	}
	text := fmt.Sprintf("%d runs. The newest", len(points))
	if cut > 0 {
		text = fmt.Sprintf("%d runs, %d of them cut short, which do not count. The newest of the others", len(points), cut)
	}
	last, least := whole[len(whole)-1], whole[0]
	for _, each := range whole {
		if each.Percent < least.Percent {
			least = each
		}
	}
	text += fmt.Sprintf(" has a score of %d %%", last.Percent)
	if least.Percent == last.Percent {
		return text + "; none had less."
	}
	return text + fmt.Sprintf(", the lowest had %d %%, on %s.", least.Percent, least.When.People)
}
