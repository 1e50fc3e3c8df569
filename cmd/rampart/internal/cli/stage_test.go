package cli

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
	"github.com/rampart-iac/rampart/stacks"
)

func TestStages(t *testing.T) {
	t.Parallel()
	eks := &session{stack: workspace.Stack{Name: "eks-prod", Provider: baseline.ProviderEKS}}
	kind := &session{stack: workspace.Stack{Name: "kind", Provider: baseline.ProviderKind}}
	if got, err := eks.targets(""); err != nil || got != nil {
		t.Errorf("without a stage: %v, %v", got, err)
	}
	want := []string{
		"urn:pulumi:eks-prod::rampart::pulumi:index:Stash::current-cluster",
		"urn:pulumi:eks-prod::rampart::rampart:eks:HardenedCluster**",
	}
	if got, err := eks.targets("cloud"); err != nil || !slices.Equal(got, want) {
		t.Errorf("stage cloud: %v, %v", got, err)
	}
	if _, err := eks.targets("cluster"); err == nil || !strings.Contains(err.Error(), "one stage") {
		t.Errorf("an unknown stage: %v", err)
	}
	if _, err := kind.targets("cloud"); err == nil || !strings.Contains(err.Error(), "on this machine") {
		t.Errorf("a stage of kind: %v", err)
	}
}

func TestFailuresOfPrivateClustersAreExplained(t *testing.T) {
	t.Parallel()
	failed := errors.New("exit status 1")
	private := stacks.DefaultOf(stacks.ProviderEKS)
	if err := explain(failed, private); !errors.Is(err, failed) || !strings.Contains(err.Error(), "--stage cloud") {
		t.Errorf("a private cluster: %v", err)
	}
	public := private
	public.EKS.PublicCIDRs = []string{"203.0.113.0/24"}
	if err := explain(failed, public); err.Error() != failed.Error() {
		t.Errorf("control: a public one: %v", err)
	}
	if err := explain(nil, private); err != nil {
		t.Errorf("no failure: %v", err)
	}
}
