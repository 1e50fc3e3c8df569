package stacks

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers"
)

// Maker makes the cluster of a stack.
type Maker func(ctx *pulumi.Context, config Config) (*providers.Cluster, error)

// Makers are the clouds that a program can make clusters in. Clusters on this machine need none.
type Makers map[baseline.Provider]Maker

// OnlyTag is the build tag with which a program is compiled without clouds, and CloudTag the one that brings one back
// (stacks/clouds).
const OnlyTag = "rampart_only"

// CloudTag is described at OnlyTag.
func CloudTag(provider baseline.Provider) string { return "rampart_" + string(provider) }

// BuildTags are those with which a program is compiled that can do what the stacks of a provider need, and no more.
func BuildTags(provider baseline.Provider) []string {
	if !slices.Contains(baseline.Providers(), provider) || provider == baseline.ProviderKind {
		return []string{OnlyTag}
	}
	return []string{OnlyTag, CloudTag(provider)}
}

// maker of a stack's cluster.
func (r run) maker(makers Makers) (Maker, error) {
	provider := baseline.Provider(r.config.Provider)
	if provider == baseline.ProviderKind {
		return r.kind, nil
	}
	if maker := makers[provider]; maker != nil {
		return maker, nil
	}
	return nil, withoutCloud(r.config.Provider)
}

// withoutCloud is the error of a program that lacks its stack's cloud.
func withoutCloud(provider string) error {
	return fmt.Errorf("%s:provider %q: this program was compiled without it: run \"rampart up\", which compiles what a "+
		"stack needs, or set GOFLAGS to -tags=%s,%s, or to no tags at all for all of them",
		Project, provider, OnlyTag, CloudTag(baseline.Provider(provider)))
}
