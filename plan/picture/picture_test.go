package picture

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/plan"
)

// small is a record of a cluster on EKS in a network of its own, with hostile names.
func small() plan.Record {
	return plan.Record{Stack: "<x>", Resources: []plan.Resource{
		{Type: "aws:ec2/vpc:Vpc", Name: "a&b", Inputs: map[string]any{"cidrBlock": "10.0.0.0/16"}},
		{Type: "aws:ec2/subnet:Subnet", Name: "one", Inputs: map[string]any{
			"availabilityZone": "eu-central-1a", "cidrBlock": "10.0.0.0/19",
		}},
		{Type: "aws:eks/cluster:Cluster", Name: "c", Inputs: map[string]any{
			"version": "1.35", "vpcConfig": map[string]any{"subnetIds": []any{"${one}"}, "endpointPrivateAccess": true},
		}},
	}}
}

func TestPicturesAreWellFormed(t *testing.T) {
	t.Parallel()
	var drawn bytes.Buffer
	if err := Draw(small(), plan.Plan{Stack: "<x>", Provider: "eks"}, &drawn); err != nil {
		t.Fatal(err)
	}
	text := drawn.String()
	for decoder := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := decoder.Token(); err == io.EOF { //nolint:errorlint // as encoding/xml returns it
			break
		} else if err != nil {
			t.Fatalf("%v in:\n%s", err, text)
		}
	}
	for _, want := range []string{"a&amp;b", "&lt;x&gt;", "address of the API server", "cannot be reached"} {
		if !strings.Contains(text, want) {
			t.Errorf("the picture lacks %q", want)
		}
	}
}

// TestTextStaysInItsBox: whatever the width, lines are no longer than their box, as far as there are spaces to break at.
func TestTextStaysInItsBox(t *testing.T) {
	t.Parallel()
	for _, most := range []int{13, 20, 60} {
		for _, line := range wrapped("nodes general: m7i.large, address of the API server", most) {
			if len(line) > most {
				t.Errorf("%q is longer than %d", line, most)
			}
		}
	}
	if got := boxWidth(4); got < 13*letter+2*padding {
		t.Errorf("a box of one zone of four is %d wide: the name of a zone does not fit", got)
	}
}

func TestAGivenNetworkIsNotDrawn(t *testing.T) {
	t.Parallel()
	record := small()
	record.Resources = record.Resources[1:]
	for _, provider := range []string{"eks", "aks", "gke"} {
		err := Draw(record, plan.Plan{Stack: "x", Provider: provider}, io.Discard)
		if err == nil || !strings.Contains(err.Error(), "there already") {
			t.Errorf("%s: got %v", provider, err)
		}
	}
}
