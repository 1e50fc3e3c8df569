package stacks

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/components/admission"
	"github.com/rampart-iac/rampart/components/tenant"
	"github.com/rampart-iac/rampart/providers"
	"github.com/rampart-iac/rampart/providers/kind"
)

// Names of the stack's outputs.
const (
	OutputCluster           = "cluster"
	OutputProvider          = "provider"
	OutputKubernetesVersion = "kubernetesVersion"
	OutputEndpoint          = "endpoint"
	OutputKubeconfig        = "kubeconfig"
	OutputKubeconfigPath    = "kubeconfigPath"
	OutputBaseline          = "baseline"
	OutputEnforced          = "enforced"
	OutputTenants           = "tenants"
)

// KubeconfigName is the name of the file in a cluster's directory that holds its kubeconfig.
const KubeconfigName = kind.KubeconfigName

func (r run) export(ctx *pulumi.Context, cluster *providers.Cluster, tenants map[string]*tenant.Tenant) {
	ctx.Export(OutputCluster, pulumi.String(cluster.Name))
	ctx.Export(OutputProvider, pulumi.String(r.config.Provider))
	ctx.Export(OutputKubernetesVersion, pulumi.String(string(cluster.Facts.KubernetesVersion)))
	ctx.Export(OutputEndpoint, cluster.Endpoint)
	ctx.Export(OutputKubeconfig, pulumi.ToSecret(cluster.Kubeconfig))
	if cluster.KubeconfigFile != "" {
		ctx.Export(OutputKubeconfigPath, pulumi.String(cluster.KubeconfigFile))
	}
	ctx.Export(OutputBaseline, baselineOutput(r.resolved))
	ctx.Export(OutputEnforced, pulumi.ToStringArray(append(r.enforced(cluster.Facts), baselineLine(r.resolved))))
	namespaces := pulumi.StringMap{}
	for name, each := range tenants {
		namespaces[name] = each.Namespace
	}
	ctx.Export(OutputTenants, namespaces)
}

// enforced says in short lines what stands between an attacker and the cluster. It reads the same facts that the layers
// were made from.
func (r run) enforced(facts baseline.Facts) []string {
	config := r.config
	named, pods := "never :latest", "pods"
	if r.digestRequired() {
		named = "by digest"
	}
	if r.bounds() != admission.BoundsNone {
		pods = "pods with bounds, and"
	}
	unasked := "host volumes, tokens or ways in"
	if !r.resolved.Has(unaskedTokensControl) {
		unasked = "host volumes or ways in"
	}
	lines := []string{
		fmt.Sprintf("secrets encrypted at rest (%s)", facts.SecretsEncryption),
		fmt.Sprintf("TLS %s or later on every control-plane port", facts.TLSFloor),
		"audit log of who did what",
		fmt.Sprintf("images from %d allowed %s only, %s",
			len(config.Admission.AllowedRegistries), plural(len(config.Admission.AllowedRegistries), "registry", "registries"), named),
		pods + " without " + unasked + " that nobody asked for",
		"no roles that lead to all others, no wildcard hosts; our own objects are the deployer's to change",
	}
	if facts.NeedsNetwork {
		lines = append(lines, "pods start only after their network policy (Calico)")
	}
	if facts.PrivateEndpoint {
		lines = append(lines, "the API server answers only inside its network")
	}
	if facts.PolicyEnforcer == baseline.PolicyEnforcerCalico {
		lines = append(lines, fmt.Sprintf("default deny in every namespace but %d; nodes, metadata and other tenants out of reach",
			len(config.Isolation.ExemptNamespaces)))
	}
	if count := len(config.Tenants); count > 0 {
		lowered := ""
		for _, each := range config.Tenants {
			if level := each.podSecurity(); level != "" && level != tenant.PodSecurityRestricted {
				lowered += fmt.Sprintf(", %s for %s", level, each.Name)
			}
		}
		lines = append(lines, fmt.Sprintf("%d %s: own namespace, default deny, own role, Pod Security restricted%s",
			count, plural(count, "tenant", "tenants"), lowered))
	}
	if glass := config.Access.BreakGlass; glass.Given() {
		lines = append(lines, fmt.Sprintf("the glass may be broken until %s, %s answers for it: %s",
			glass.Expires, glass.Owner, glass.Reason))
	}
	return lines
}

func plural(count int, one, many string) string {
	if count == 1 {
		return one
	}
	return many
}
