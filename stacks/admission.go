package stacks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/components/access"
	"github.com/rampart-iac/rampart/components/admission"
	"github.com/rampart-iac/rampart/providers"
)

var (
	// A registry's host, and the folders behind it, in the grammar of image references.
	registryHost    = regexp.MustCompile(`^[a-z0-9]+([.-]+[a-z0-9]+)*(:[0-9]{1,5})?$`)
	registryFolders = regexp.MustCompile(`^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$`)

	// What an expression may hold.
	printableASCII = regexp.MustCompile(`^[!-~]([ -~]*[!-~])?$`)

	knownBounds = []string{"all", "without-cpu-limit", "none"}
)

// A token's life in seconds: Kubernetes grants none for less than ten minutes, and a day is long.
const (
	shortestToken = 600
	longestToken  = 86400
)

// admission checks what the policies are to let in.
func (v *validator) admission() {
	a := v.config.Admission
	v.registries()
	if a.Resources != "" && !slices.Contains(knownBounds, a.Resources) {
		v.report("admission.resources", a.Resources, "is not known: use one of %s", strings.Join(knownBounds, ", "))
	} else if a.Resources != "" && a.Resources != knownBounds[0] {
		v.mustNotRequire(boundsControl, "admission.resources", a.Resources)
	}
	if a.DigestRequired != nil && !*a.DigestRequired {
		v.mustNotRequire(digestControl, "admission.digestRequired", false)
	}
	if a.TokenLifetimeSeconds < shortestToken || a.TokenLifetimeSeconds > longestToken {
		v.report("admission.tokenLifetimeSeconds", a.TokenLifetimeSeconds, "is out of range: use %d to %d", shortestToken, longestToken)
	}
	for i, audience := range a.TokenAudiences {
		at := fmt.Sprintf("admission.tokenAudiences[%d]", i)
		switch {
		case slices.Contains(a.TokenAudiences[:i], audience):
			v.report(at, audience, "is named twice: remove one")
		case audience == "*":
			v.report(at, audience, "is a wildcard: name each one")
		case !printableASCII.MatchString(audience):
			v.report(at, audience, "is not an audience: write it in printable ASCII, without spaces around it")
		}
	}
	for _, each := range []struct {
		key        string
		namespaces []string
	}{
		{"hostPathNamespaces", a.HostPathNamespaces},
		{"protectedNamespaces", a.ProtectedNamespaces},
		{"loadBalancerNamespaces", a.LoadBalancerNamespaces},
		{"nodePortNamespaces", a.NodePortNamespaces},
		{"externalIPNamespaces", a.ExternalIPNamespaces},
		{"wildcardHostNamespaces", a.WildcardHostNamespaces},
	} {
		v.namespaces("admission."+each.key, each.namespaces)
	}
	v.people("admission.deployers", a.Deployers)
}

// The controls that a setting could go without.
const (
	unaskedTokensControl baseline.ControlID = "RMP-ADM-004"
	boundsControl        baseline.ControlID = "RMP-ADM-005"
	digestControl        baseline.ControlID = "RMP-IMG-003"
)

// mustNotRequire refuses a setting that goes without a control which the stack's baseline asks for.
func (v *validator) mustNotRequire(control baseline.ControlID, path string, value any) {
	if v.resolved.Requires(control, baseline.ScopeCluster) {
		v.report(path, value, "goes without %s, which level %s asks for: leave the setting out, or waive the control for the "+
			"cluster with a reason and an end (rampart:baseline.waivers)", control, v.config.Baseline.Level)
	}
}

// namespaces refuses names that no namespace can have, and doubles.
func (v *validator) namespaces(path string, names []string) {
	for i, name := range names {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case slices.Contains(names[:i], name):
			v.report(at, name, "is named twice: remove one")
		case !namespaceName.MatchString(name) || len(name) > longestNamespace:
			v.report(at, name, "is not a namespace name: use at most %d lower-case letters, digits and dashes, "+
				"with a letter or digit at both ends", longestNamespace)
		}
	}
}

func (v *validator) registries() {
	const path = "admission.allowedRegistries"
	registries := v.config.Admission.AllowedRegistries
	if len(registries) == 0 {
		v.report(path, registries, "is empty, so that no pod could run: name at least one registry, such as registry.k8s.io")
	}
	seen := map[string]int{}
	for i, registry := range registries {
		at := fmt.Sprintf("%s[%d]", path, i)
		if first, double := seen[registry]; double {
			v.report(at, registry, "is there already, as rampart:%s[%d]: remove one", path, first)
			continue
		}
		seen[registry] = i
		if fault := registryFault(registry); fault != "" {
			v.report(at, registry, "%s", fault)
		}
	}
}

// registryFault says what is wrong with a registry, or nothing.
func registryFault(registry string) string {
	switch {
	case registry == "":
		return "is empty: name a registry, such as registry.k8s.io"
	case strings.ContainsAny(registry, "*?"):
		return "is a wildcard, which would allow anybody's images: name each registry"
	case strings.Contains(registry, "://"):
		return "has a scheme: write the host alone, as in an image's name"
	case strings.Contains(registry, "@"):
		return "has a digest: name a registry, not an image"
	case strings.HasSuffix(registry, "/"):
		return "ends with a slash: leave it out; only whole parts of a path match in any case"
	case !isRegistry(registry):
		return "is not a registry: write a host name with a dot or a port in lower case, such as registry.k8s.io, " +
			"or a host and a path, such as ghcr.io/acme"
	}
	return ""
}

// isRegistry says whether a name starts with a registry. Container runtimes take a first part without a dot or a port,
// other than localhost, for a folder on Docker Hub.
func isRegistry(name string) bool {
	host, folders, hasFolders := strings.Cut(name, "/")
	if !strings.ContainsAny(host, ".:") && host != "localhost" {
		return false
	}
	return registryHost.MatchString(host) && (!hasFolders || registryFolders.MatchString(folders))
}

// admission makes the policies of the API server, one for each subject and each with one binding: every request pays for
// every binding. It returns the last binding, which comes after all others: that of the policy that guards what this program
// has made, and the first to go with it.
func (r run) admission(
	ctx *pulumi.Context, cluster *providers.Cluster, after []pulumi.Resource,
) (pulumi.Resource, error) {
	a := r.config.Admission
	facts := cluster.Facts
	system, provisioners := given(facts.StorageNamespace), given(facts.StorageAccount)
	lifetime := time.Duration(a.TokenLifetimeSeconds) * time.Second
	deployers, emergency := r.deployers(), r.emergency()
	deployers.Users = slices.Concat(deployers.Users, given(facts.Deployer))
	emergency.Users = slices.Concat(emergency.Users, given(facts.Deployer))
	deployers.Groups = slices.Concat(deployers.Groups, given(facts.DeployersGroup))
	emergency.Groups = slices.Concat(emergency.Groups, given(facts.DeployersGroup))
	// Its roles are the cloud's own, and change with the versions of its add-ons.
	grantors := deployers
	grantors.Users = slices.Concat(grantors.Users, given(facts.AddonManager))

	name, opts := cluster.Name+"-", cluster.InCluster(after...)
	layers := []func() (*admission.Policy, error){
		func() (*admission.Policy, error) {
			return admission.NewImagePolicy(ctx, name+"images", &admission.ImagePolicyArgs{
				AllowedRegistries: a.AllowedRegistries, DigestRequired: r.digestRequired(), ExemptNamespaces: system,
			}, opts...)
		},
		func() (*admission.Policy, error) {
			return admission.NewWorkloadPolicy(ctx, name+"workloads", &admission.WorkloadPolicyArgs{
				Resources: r.bounds(), UnaskedTokens: !r.resolved.Has(unaskedTokensControl),
				TokenAudiences: a.TokenAudiences, TokenLifetime: lifetime,
				HostPathNamespaces: a.HostPathNamespaces, VolumeProvisioners: provisioners, ExemptNamespaces: system,
			}, opts...)
		},
		func() (*admission.Policy, error) {
			return admission.NewTokenPolicy(ctx, name+"tokens", &admission.TokenPolicyArgs{
				Audiences: a.TokenAudiences, Lifetime: lifetime,
			}, opts...)
		},
		func() (*admission.Policy, error) {
			return admission.NewPodAccessPolicy(ctx, name+"pod-access", &admission.PodAccessPolicyArgs{
				Namespaces: a.ProtectedNamespaces, Trusted: emergency,
			}, opts...)
		},
		func() (*admission.Policy, error) {
			return admission.NewExposurePolicy(ctx, name+"exposure", &admission.ExposurePolicyArgs{
				LoadBalancerNamespaces: a.LoadBalancerNamespaces, NodePortNamespaces: a.NodePortNamespaces,
				ExternalIPNamespaces: a.ExternalIPNamespaces, WildcardHostNamespaces: a.WildcardHostNamespaces,
			}, opts...)
		},
		func() (*admission.Policy, error) {
			return admission.NewGrantPolicy(ctx, name+"grants", &admission.GrantPolicyArgs{Trusted: grantors}, opts...)
		},
	}
	if admission.SafeDefaultsSupported(cluster.Facts.KubernetesVersion) {
		layers = append(layers, func() (*admission.Policy, error) {
			return admission.NewSafeDefaults(ctx, name+"defaults", &admission.SafeDefaultsArgs{
				KubernetesVersion: cluster.Facts.KubernetesVersion, ExemptNamespaces: system,
			}, opts...)
		})
	}
	var bindings []pulumi.Resource
	for _, layer := range layers {
		policy, err := layer()
		if err != nil {
			return nil, err
		}
		bindings = append(bindings, policy.Binding)
	}
	last, err := admission.NewOwnershipPolicy(ctx, name+"ownership",
		&admission.OwnershipPolicyArgs{Deployers: emergency}, cluster.InCluster(bindings...)...)
	if err != nil {
		return nil, err
	}
	return last.Binding, nil
}

// deployers run this program, beside the cluster's administrators.
func (r run) deployers() admission.Principals {
	deployers := admission.Administrators()
	deployers.Users = slices.Concat(deployers.Users, r.config.Admission.Deployers.Users)
	deployers.Groups = slices.Concat(deployers.Groups, r.config.Admission.Deployers.Groups)
	return deployers
}

// emergency are the deployers and whoever breaks the glass: they may need a shell, or a policy of ours gone. It gives nobody
// a way to stay.
func (r run) emergency() admission.Principals {
	emergency := r.deployers()
	if r.config.Access.BreakGlass.Given() {
		emergency.Groups = append(emergency.Groups, access.BreakGlass.Group())
	}
	return emergency
}

// given is a list of a name, or of none.
func given(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}

// digestRequired is what the stack says, or else what its baseline asks for.
func (r run) digestRequired() bool {
	if given := r.config.Admission.DigestRequired; given != nil {
		return *given
	}
	return r.resolved.Requires(digestControl, baseline.ScopeCluster)
}

// bounds are those that the stack names, or else what its baseline asks for.
func (r run) bounds() admission.ResourceBounds {
	bounds := admission.ResourceBounds(r.config.Admission.Resources)
	if bounds == "" && !r.resolved.Requires(boundsControl, baseline.ScopeCluster) {
		return admission.BoundsNone
	}
	return bounds
}
