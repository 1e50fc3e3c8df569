package stacks

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers/eks/spec"
)

// What the stacks of all clouds have in common.

// Taint keeps pods off nodes that do not tolerate it.
type Taint struct {
	Key    string `config:"key"`
	Value  string `config:"value"`
	Effect string `config:"effect"`
}

// taints are those of a group of nodes, as the providers of all clouds take them: the type is one.
func taints(of []Taint) []spec.Taint {
	var taints []spec.Taint
	for _, each := range of {
		taints = append(taints, spec.Taint(each))
	}
	return taints
}

// PrivateHint says how to get into a cluster that answers only inside its network, or nothing.
func (c Config) PrivateHint() string {
	private := map[string]bool{
		ProviderEKS: c.EKSCluster().Private(), ProviderAKS: c.AKSCluster().Private(),
		ProviderGKE: c.GKECluster().Private(),
	}
	if !private[c.Provider] {
		return ""
	}
	return fmt.Sprintf("If the cluster could not be reached: the API server of %s answers only inside its network. Run this there, "+
		"or from outside in two stages: \"rampart up --stage cloud\" makes everything but what goes into the cluster, and "+
		"\"rampart up\" does the rest with HTTPS_PROXY set to a way in. docs/%s.md has the commands.", c.Cluster.Name, c.Provider)
}

// KubernetesVersion is the one that the cluster is going to have: in a cloud its provider's default where the stack names none.
func (c Config) KubernetesVersion() baseline.KubernetesVersion {
	if support, ok := c.support(); ok {
		return support.Kubernetes
	}
	return c.Cluster.KubernetesVersion
}

// SupportWarning is what the owner of a cluster in a cloud should know, at a moment, of how long the cloud looks after its
// version of Kubernetes. Empty while there is time, and on this machine.
func (c Config) SupportWarning(now time.Time) string {
	support, ok := c.support()
	if !ok {
		return ""
	}
	if warning := support.Warning(now); warning != "" {
		return Project + ":cluster.kubernetesVersion: " + warning
	}
	return ""
}

// support of the version that the cluster is going to have, and whether there is a cloud that gives it.
func (c Config) support() (spec.Support, bool) {
	switch c.Provider {
	case ProviderEKS:
		return c.EKSCluster().WithDefaults(c.Cluster.Name).Support(), true
	case ProviderAKS:
		return c.AKSCluster().WithDefaults(c.Cluster.Name).Support(), true
	case ProviderGKE:
		return c.GKECluster().WithDefaults(c.Cluster.Name).Support(), true
	default:
		return spec.Support{}, false
	}
}

// enforcer of network policies that the cluster is going to have, which its facts say once it is made.
func (c Config) enforcer() baseline.PolicyEnforcer {
	switch {
	case c.Provider != ProviderGKE:
		return baseline.PolicyEnforcerCalico
	case c.GKE.Calico:
		return baseline.PolicyEnforcerManagedCalico
	default:
		return baseline.PolicyEnforcerDataplaneV2
	}
}

// sharedSettings are the fields of a cloud's own specification that stand in the section cluster, as those of every provider do.
var sharedSettings = []string{"name", "kubernetesVersion", "serviceCIDR"}

// cloud reports what the provider found, by the names that the settings have in the stack file.
func (v *validator) cloud(section string, faults baseline.Faults) {
	for _, fault := range faults {
		path := section + "." + fault.Field
		if slices.Contains(sharedSettings, fault.Field) {
			path = "cluster." + fault.Field
		}
		v.report(path, fault.Value, "%s: %s", fault.Rule, fault.Remedy)
	}
}

// onlyKind refuses settings of clusters on this machine in the stack of a cloud.
func (v *validator) onlyKind() {
	c := v.config.Cluster
	for _, setting := range []struct {
		name string
		set  bool
	}{
		{"image", c.Image != ""}, {"workers", c.Workers != 0}, {"podCIDR", c.PodCIDR != ""},
		{"tlsMinVersion", c.TLSMinVersion != ""}, {"engine", c.Engine != ""}, {"apiServerPort", c.APIServerPort != 0},
	} {
		if setting.set {
			v.report("cluster."+setting.name, v.config.Provider, "is a setting of the provider %s only: remove it", ProviderKind)
		}
	}
}

// otherClouds refuses the section of a cloud in the stack of another provider.
func (v *validator) otherClouds() {
	for _, cloud := range []struct {
		provider string
		section  any
	}{
		{ProviderEKS, v.config.EKS}, {ProviderAKS, v.config.AKS}, {ProviderGKE, v.config.GKE},
	} {
		if v.config.Provider != cloud.provider && !reflect.ValueOf(cloud.section).IsZero() {
			v.report(cloud.provider, v.config.Provider, "stands in the stack of another provider: remove it, or set %s:provider to %s",
				Project, cloud.provider)
		}
	}
}
