package watch

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rampart-iac/rampart/verify"
)

// metrics are what Prometheus gets. Names and labels are promises to those who wrote alerts on them.
type metrics struct {
	registry *prometheus.Registry
	score    prometheus.Gauge
	verdicts *prometheus.GaugeVec
	controls *prometheus.GaugeVec
	ended    prometheus.Gauge
	seconds  prometheus.Gauge
	left     prometheus.Gauge
	waivers  *prometheus.GaugeVec
	runs     *prometheus.CounterVec
}

// Outcomes of runs.
const (
	outcomeEnded    = "ended"
	outcomeTroubled = "not verified"
)

func newMetrics() *metrics {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "rampart", Subsystem: "verify", Name: name, Help: help})
	}
	made := &metrics{
		registry: prometheus.NewRegistry(),
		score:    gauge("score_ratio", "Proven, of the controls that could have been proven in the last run; 0 to 1."),
		ended:    gauge("last_run_timestamp_seconds", "When the last run that came to its end started."),
		seconds:  gauge("last_run_duration_seconds", "How long that run took."),
		left:     gauge("left_behind", "How many things that run could not remove from the cluster."),
		verdicts: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "rampart", Subsystem: "verify", Name: "controls", Help: "How many controls have a verdict.",
		}, []string{"verdict"}),
		controls: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "rampart", Subsystem: "verify", Name: "control_verdict",
			Help: "1 for the verdict that a control has; the others are absent.",
		}, []string{"control", "area", "severity", "verdict"}),
		waivers: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "rampart", Subsystem: "verify", Name: "waiver_end_timestamp_seconds",
			Help: "When a waiver of the stack file ends; in the past: it is over, and lets nothing go any more.",
		}, []string{"control", "scope", "owner"}),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "rampart", Subsystem: "verify", Name: "runs_total", Help: "Runs, by how they ended.",
		}, []string{"outcome"}),
	}
	// A rate of what was never counted is no rate: both are there from the start.
	made.runs.WithLabelValues(outcomeEnded)
	made.runs.WithLabelValues(outcomeTroubled)
	made.registry.MustRegister(
		made.score, made.ended, made.seconds, made.left, made.verdicts, made.controls, made.waivers, made.runs)
	return made
}

// troubled counts a run that found nothing out. The last verdicts stay: their time tells how old they are.
func (m *metrics) troubled() { m.runs.WithLabelValues(outcomeTroubled).Inc() }

func (m *metrics) set(report *verify.Report) {
	m.runs.WithLabelValues(outcomeEnded).Inc()
	score := report.Score
	m.score.Set(0)
	if could := score.Proven + score.Failed + score.Prevented; could > 0 {
		m.score.Set(float64(score.Proven) / float64(could))
	}
	m.ended.Set(float64(report.Started.Unix()))
	m.seconds.Set(report.Seconds)
	m.left.Set(float64(len(report.Left)))
	m.verdicts.Reset()
	m.controls.Reset()
	m.waivers.Reset()
	for _, verdict := range []verify.Verdict{
		verify.Proven, verify.Failed, verify.Waived, verify.NotApplicable, verify.NotVerifiable,
	} {
		m.verdicts.WithLabelValues(string(verdict))
	}
	for _, result := range report.Results {
		m.verdicts.WithLabelValues(string(result.Verdict)).Inc()
		m.controls.WithLabelValues(
			string(result.Control), string(result.Area), string(result.Severity), string(result.Verdict)).Set(1)
		for _, waiver := range slices.Concat(result.Waivers, result.EndedWaivers) {
			if last, err := time.ParseInLocation(time.DateOnly, waiver.Expires, time.UTC); err == nil {
				end := last.AddDate(0, 0, 1) // its last day is still its own
				m.waivers.WithLabelValues(string(result.Control), string(waiver.Scope), waiver.Owner).Set(float64(end.Unix()))
			}
		}
	}
}
