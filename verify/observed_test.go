package verify

import (
	"context"
	"slices"
	"testing"

	"github.com/rampart-iac/rampart/baseline"
)

// TestWhatWasSeenIsReported: of a connection that had to arrive the last word holds, one that must not arrive and did once
// arrived, whichever pod of the place tried last, of a right that is asked for in
// several ways the one that gives it, and the order is that of places and people.
func TestWhatWasSeenIsReported(t *testing.T) {
	t.Parallel()
	control := enforced(t, 1)[0]
	report, err := Run(t.Context(), silentCluster(t), Options{
		Controls: []baseline.ControlID{control}, Stack: "kind",
		Attacks: []Attack{{
			Name: "look", Proves: []baseline.ControlID{control},
			Run: func(_ context.Context, _ *Scope, trial *Trial) error {
				trial.Connected(Connection{From: "green", To: "blue", Protocol: "tcp", Port: "80"})
				trial.Connected(Connection{From: "red", To: "blue", Protocol: "tcp", Port: "80", Arrived: true})
				trial.Connected(Connection{From: "red", To: "blue", Protocol: "tcp", Port: "80"})
				trial.Connected(Connection{From: "blue", To: "green", Protocol: "tcp", Port: "80", Allowed: true})
				trial.Connected(Connection{From: "blue", To: "green", Protocol: "tcp", Port: "80", Allowed: true, Arrived: true})
				trial.Asked(Right{Who: "viewer", Action: "read logs"})
				trial.Asked(Right{Who: "operator", Action: "read logs", Given: true})
				trial.Asked(Right{Who: "operator", Action: "read logs"})
				trial.Asked(Right{Who: "operator", Action: "a"})
				return nil
			},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []Connection{
		{"look", "blue", "green", "tcp", "80", true, true},
		{"look", "green", "blue", "tcp", "80", false, false},
		{"look", "red", "blue", "tcp", "80", false, true},
	}
	if !slices.Equal(report.Connections, want) {
		t.Errorf("connections: %+v", report.Connections)
	}
	rights := []Right{
		{"look", "operator", "read logs", false, true},
		{"look", "operator", "a", false, false},
		{"look", "viewer", "read logs", false, false},
	}
	if len(report.Rights) != 3 || report.Rights[0] != rights[0] || report.Rights[1] != rights[1] || report.Rights[2] != rights[2] {
		t.Errorf("rights: %+v", report.Rights)
	}
	if report.Stack != "kind" || report.Baseline.Version != baseline.Version202611 {
		t.Errorf("%+v %+v", report.Stack, report.Baseline)
	}
}
