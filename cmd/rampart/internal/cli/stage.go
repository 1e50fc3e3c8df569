package cli

import (
	"fmt"

	"github.com/rampart-iac/rampart/stacks"
)

// stageCloud is the part of a stack that the cloud's own API makes: it can be made from anywhere, while what goes into a
// cluster with a private address needs a way into its network.
const stageCloud = "cloud"

// targets are what up is held to, as the engine takes them. Of a stage, resources outside it stay as they are, so that a
// stage can be run again at any time.
func (s *session) targets(stage string) ([]string, error) {
	switch {
	case stage == "":
		return nil, nil
	case stage != stageCloud:
		return nil, fmt.Errorf("--stage %s: there is one stage, %s: everything but what goes into the cluster", stage, stageCloud)
	case !s.cloud():
		return nil, fmt.Errorf("--stage %s: stack %s makes its cluster on this machine, in one go: leave it out", stage, s.stack.Name)
	}
	cluster := fmt.Sprintf("urn:pulumi:%s::%s::rampart:%s:HardenedCluster**", s.stack.Name, stacks.Project, s.stack.Provider)
	// With which cluster it is, so that the next run, of whatever stage, knows it.
	return []string{stacks.CurrentClusterURN(s.stack.Name), cluster}, nil
}

// explain adds to the error of a run what it may be about, if the cluster can be reached only from inside its network.
func explain(err error, config stacks.Config) error {
	if hint := config.PrivateHint(); err != nil && hint != "" {
		return fmt.Errorf("%w\n%s", err, hint)
	}
	return err
}
