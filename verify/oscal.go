package verify

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	oscal "github.com/defenseunicorns/go-oscal/src/types/oscal-1-1-3"
	"github.com/google/uuid"
)

// oscalVersion is the version of the models that are written.
const oscalVersion = "1.1.3"

// oscalSpace is what properties of ours are called in, as the models ask of everybody's own.
const oscalSpace = toolURI + "/ns/oscal"

// WriteOSCAL writes assessment results in NIST's Open Security Controls Assessment Language: an observation for each attack,
// a finding for each control that could be judged, and a risk for each that failed or is waived. What no running cluster
// shows, and what is planned or not applicable, was not assessed, and is left out.
func WriteOSCAL(out io.Writer, report *Report) error {
	made := assessment{report: report}
	for _, result := range report.Results {
		made.add(result)
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(oscal.OscalModels{AssessmentResults: made.results()})
}

// assessment gathers the parts of a document. Lists are kept as they are written: absent rather than empty.
type assessment struct {
	report       *Report
	reviewed     []oscal.AssessedControlsSelectControlById
	observations []oscal.Observation
	findings     []oscal.Finding
	risks        []oscal.Risk
}

// id is the same for the same part of the same run.
func (a *assessment) id(parts ...string) string {
	name := a.report.ClusterID + "/" + a.report.Run
	for _, part := range parts {
		name += "/" + part
	}
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(oscalSpace+"/"+name)).String()
}

func (a *assessment) add(result Result) {
	status, assessed := oscalStatus(result)
	if !assessed {
		return
	}
	control := string(result.Control)
	a.reviewed = append(a.reviewed, oscal.AssessedControlsSelectControlById{ControlId: control})
	var related []oscal.RelatedObservation
	for _, attack := range result.Attacks {
		seen := a.observation(control, attack)
		a.observations = append(a.observations, seen)
		related = append(related, oscal.RelatedObservation{ObservationUuid: seen.UUID})
	}
	if status.State == "" {
		return // it was tried, and nothing can be said
	}
	finding := oscal.Finding{
		UUID: a.id("finding", control), Title: control + ": " + result.Title, Description: result.told(),
		Props:  &[]oscal.Property{{Name: "severity", Ns: oscalSpace, Value: string(result.Severity)}},
		Target: oscal.FindingTarget{Type: "objective-id", TargetId: control, Title: result.Title, Status: status},
	}
	if len(related) > 0 {
		finding.RelatedObservations = &related
	}
	if risks := a.risksOf(result, related); len(risks) > 0 {
		var associated []oscal.AssociatedRisk
		for _, risk := range risks {
			associated = append(associated, oscal.AssociatedRisk{RiskUuid: risk.UUID})
		}
		finding.RelatedRisks = &associated
		a.risks = append(a.risks, risks...)
	}
	a.findings = append(a.findings, finding)
}

// oscalStatus says in the models' words what became of a control; without a state nothing can be said of it.
func oscalStatus(result Result) (status oscal.ObjectiveStatus, assessed bool) {
	switch result.Verdict {
	case Proven:
		return oscal.ObjectiveStatus{State: "satisfied", Reason: "pass"}, true
	case Failed:
		return oscal.ObjectiveStatus{State: "not-satisfied", Reason: "fail"}, true
	case Waived:
		return oscal.ObjectiveStatus{State: "not-satisfied", Reason: "other", Remarks: "waived"}, true
	default:
		return status, result.Why == WhyPrevented
	}
}

func (a *assessment) observation(control string, attack AttackResult) oscal.Observation {
	evidence := []oscal.RelevantEvidence{{Description: orNothing(attack.Evidence)}}
	for _, experiment := range attack.Controls {
		evidence = append(evidence, oscal.RelevantEvidence{Description: "Control experiment that succeeded: " + experiment})
	}
	return oscal.Observation{
		UUID: a.id("observation", control, attack.Name), Title: attack.Name, Description: attack.Does,
		Methods: []string{"TEST"}, Types: &[]string{"finding"}, Collected: a.report.Started,
		Props: &[]oscal.Property{{Name: "verdict", Ns: oscalSpace, Value: string(attack.Verdict)}},
		Subjects: &[]oscal.SubjectReference{
			{SubjectUuid: a.id("cluster"), Type: "component", Title: a.report.Cluster},
		},
		RelevantEvidence: &evidence,
	}
}

// risksOf are what is open while a control does not hold: one if it failed, or one for each waiver.
func (a *assessment) risksOf(result Result, related []oscal.RelatedObservation) []oscal.Risk {
	control := string(result.Control)
	risk := oscal.Risk{
		Title: control + ": " + result.Title, Description: result.told(), Statement: orNothing(result.Risk),
	}
	if len(related) > 0 {
		risk.RelatedObservations = &related
	}
	switch result.Verdict {
	case Failed:
		risk.UUID, risk.Status = a.id("risk", control), "open"
		return []oscal.Risk{risk}
	case Waived:
		var risks []oscal.Risk
		for _, waiver := range result.Waivers {
			risk := risk
			risk.UUID, risk.Status = a.id("risk", control, string(waiver.Scope)), "deviation-approved"
			risk.Description = fmt.Sprintf("Waived for %s by %s: %s", waiver.Scope, waiver.Owner, waiver.Reason)
			if last, err := time.ParseInLocation(time.DateOnly, waiver.Expires, time.UTC); err == nil {
				end := last.AddDate(0, 0, 1) // its last day is still its own
				risk.Deadline = &end
			}
			risks = append(risks, risk)
		}
		return risks
	default:
		return nil
	}
}

func (a *assessment) results() *oscal.AssessmentResults {
	report := a.report
	end := report.Started.Add(time.Duration(report.Seconds * float64(time.Second)))
	selection := oscal.AssessedControls{Description: "Every control that was attacked, or that a waiver lets go."}
	if len(a.reviewed) > 0 {
		selection.IncludeControls = &a.reviewed
	}
	result := oscal.Result{
		UUID: a.id("result"), Title: "Attacks on " + report.Cluster, Start: report.Started, End: &end,
		Description: fmt.Sprintf("Kubernetes %s at %s, run %s: %d proven, %d failed, %d inconclusive, %d waived.",
			report.Version, report.Cluster, report.Run, report.Score.Proven, report.Score.Failed, report.Score.Prevented,
			report.Score.Waived),
		ReviewedControls: oscal.ReviewedControls{ControlSelections: []oscal.AssessedControls{selection}},
		LocalDefinitions: &oscal.LocalDefinitions{Components: &[]oscal.SystemComponent{{
			UUID: a.id("cluster"), Type: "system", Title: "Kubernetes cluster", Description: report.Cluster,
			Status: oscal.SystemComponentStatus{State: "operational"},
		}}},
		Remarks: report.Cut,
	}
	if len(a.observations) > 0 {
		result.Observations = &a.observations
	}
	if len(a.findings) > 0 {
		result.Findings = &a.findings
	}
	if len(a.risks) > 0 {
		result.Risks = &a.risks
	}
	return &oscal.AssessmentResults{
		UUID: a.id(),
		Metadata: oscal.Metadata{
			Title: "Results of rampart verify on " + report.Cluster, LastModified: end, Version: report.Run, OscalVersion: oscalVersion,
		},
		// What is assessed stands in the catalogue of controls; there is no plan beside it.
		ImportAp: oscal.ImportAp{Href: "#" + a.id("plan")},
		Results:  []oscal.Result{result},
		BackMatter: &oscal.BackMatter{Resources: &[]oscal.Resource{{
			UUID: a.id("plan"), Title: fmt.Sprintf("Rampart baseline %s, level %s", report.Baseline.Version, report.Baseline.Level),
			Rlinks: &[]oscal.ResourceLink{{Href: controlsURI}},
		}}},
	}
}

// orNothing stands in for a text that the models want and that there is none of.
func orNothing(text string) string {
	if text == "" {
		return "Nothing was said."
	}
	return text
}
