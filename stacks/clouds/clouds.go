// Package clouds holds the makers of clusters in clouds, each in a file that a build constraint can leave out: the SDK of a
// cloud takes minutes and gigabytes to compile, and a stack needs at most one.
//
// Without build tags all are compiled in. With the tag rampart_only, those alone whose own tag is given beside it, such as
// rampart_eks. The command line gives the tags that a stack needs; docs/decisions/0019-one-cloud-a-program.md says more.
package clouds

import (
	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/stacks"
)

// Makers returns the makers that are compiled in.
func Makers() stacks.Makers {
	makers := stacks.Makers{}
	for provider, maker := range map[baseline.Provider]stacks.Maker{
		baseline.ProviderEKS: eksMaker(),
		baseline.ProviderAKS: aksMaker(),
		baseline.ProviderGKE: gkeMaker(),
	} {
		if maker != nil {
			makers[provider] = maker
		}
	}
	return makers
}

// StateMakers returns those that make the place of a stack's state, of the clouds that are compiled in.
func StateMakers() stacks.StateMakers {
	makers := stacks.StateMakers{}
	for provider, maker := range map[baseline.Provider]stacks.StateMaker{
		baseline.ProviderEKS: eksState(),
		baseline.ProviderAKS: aksState(),
		baseline.ProviderGKE: gkeState(),
	} {
		if maker != nil {
			makers[provider] = maker
		}
	}
	return makers
}
