package stacks

import "github.com/rampart-iac/rampart/baseline"

// Project is the name of the Pulumi project and the namespace of its configuration: a setting is written
// "rampart:<key>" in a stack file.
const Project = "rampart"

// Config is everything that a stack can say. Default returns the values of settings that a stack leaves out.
type Config struct {
	// Provider makes the cluster: kind, or a cloud's name.
	Provider string `config:"provider"`

	// Baseline is what the stack asks of itself.
	Baseline Baseline `config:"baseline"`

	Cluster   Cluster   `config:"cluster"`
	EKS       EKS       `config:"eks"`
	AKS       AKS       `config:"aks"`
	GKE       GKE       `config:"gke"`
	Admission Admission `config:"admission"`
	Access    Access    `config:"access"`
	Isolation Isolation `config:"isolation"`

	// Tenants each get a namespace of their own, isolated from the others.
	Tenants []Tenant `config:"tenants"`
}

// Cluster is the cluster itself.
type Cluster struct {
	// Name of the cluster and prefix of its nodes' names: lower-case letters, digits, dots and dashes, at most 50.
	Name string `config:"name"`

	// KubernetesVersion is exact, with its leading v, and one of baseline.SupportedKubernetesVersions.
	KubernetesVersion baseline.KubernetesVersion `config:"kubernetesVersion"`

	// What follows, but for ServiceCIDR and Ephemeral, is for clusters on this machine only.

	// Image is a kind node image of your own, with a tag or a digest. Empty: the image of KubernetesVersion that the
	// road to the bits provides.
	Image string `config:"image"`

	// Workers is how many nodes there are beside the control plane, 0 to 10.
	Workers int `config:"workers"`

	// PodCIDR and ServiceCIDR are IPv4 ranges that overlap neither each other nor a network of this machine.
	PodCIDR     string `config:"podCIDR"`
	ServiceCIDR string `config:"serviceCIDR"`

	// TLSMinVersion is the floor on every control-plane port and kubelet: 1.3 or 1.2.
	TLSMinVersion baseline.TLSVersion `config:"tlsMinVersion"`

	// Engine runs the nodes: auto, docker, podman or nerdctl.
	Engine string `config:"engine"`

	// APIServerPort is the port on 127.0.0.1 that the API server is reached on; 0 is a free one.
	APIServerPort int `config:"apiServerPort"`

	// Ephemeral clusters can be destroyed at once; others are protected until the stack says otherwise.
	Ephemeral bool `config:"ephemeral"`
}

// Admission is what the API server lets in, beside Pod Security. What is left out is as strict as it gets.
type Admission struct {
	// AllowedRegistries are the only places that images may come from: a registry, with a port if it has one, and with
	// a path if only a part of it is allowed. At least one; no wildcards.
	AllowedRegistries []string `config:"allowedRegistries"`

	// DigestRequired refuses images that are named by a tag alone. Left out: what the stack's level asks for.
	DigestRequired *bool `config:"digestRequired"`

	// Resources that every container must bound: one of admission.BoundsAll and its kin. Empty: all of them at the level
	// restricted, none at the level baseline.
	Resources string `config:"resources"`

	// TokenAudiences are those, beside the API server, that a service account's token may be for.
	TokenAudiences []string `config:"tokenAudiences"`

	// TokenLifetimeSeconds is how long such a token may be good for, 600 to 86400.
	TokenLifetimeSeconds int `config:"tokenLifetimeSeconds"`

	// HostPathNamespaces may have volumes of any type that Pod Security lets them.
	HostPathNamespaces []string `config:"hostPathNamespaces"`

	// ProtectedNamespaces are those, beside kube-system, whose pods nobody but the deployers steps into.
	ProtectedNamespaces []string `config:"protectedNamespaces"`

	// LoadBalancerNamespaces, NodePortNamespaces, ExternalIPNamespaces and WildcardHostNamespaces may open the cluster to
	// the outside in these ways.
	LoadBalancerNamespaces []string `config:"loadBalancerNamespaces"`
	NodePortNamespaces     []string `config:"nodePortNamespaces"`
	ExternalIPNamespaces   []string `config:"externalIPNamespaces"`
	WildcardHostNamespaces []string `config:"wildcardHostNamespaces"`

	// Deployers may change what this program makes, beside the cluster's administrators.
	Deployers People `config:"deployers"`
}

// Access says who looks after the whole cluster.
type Access struct {
	// Viewers look at everything but secrets and logs; Operators also read logs, drain nodes, scale and restart; Auditors
	// read who may do what and what is enforced.
	Viewers   People `config:"viewers"`
	Operators People `config:"operators"`
	Auditors  People `config:"auditors"`

	// BreakGlass opens a role for emergencies for a while. Left out: nobody has it.
	BreakGlass BreakGlass `config:"breakGlass"`
}

// People are users and groups as the API server knows them.
type People struct {
	Users  []string `config:"users"`
	Groups []string `config:"groups"`
}

// BreakGlass is a grant of the role for emergencies.
type BreakGlass struct {
	// Reason, a sentence, and Owner, who answers for it.
	Reason string `config:"reason"`
	Owner  string `config:"owner"`

	// Expires is when the grant ends, as RFC 3339 writes it (2026-12-24T18:00:00Z): at most seven days ahead.
	Expires string `config:"expires"`
}

// Given says whether there is a grant, or a part of one.
func (b BreakGlass) Given() bool { return b != BreakGlass{} }

// Tenant is a team or an application with a namespace of its own.
type Tenant struct {
	// Name of the tenant and of its namespace: a DNS label.
	Name string `config:"name"`

	// Viewers look at everything in the namespace but secrets; Developers run workloads in it, as does the service account
	// that the tenant gets in any case; Operators look, scale and restart.
	Viewers    People `config:"viewers"`
	Developers People `config:"developers"`
	Operators  People `config:"operators"`

	// Rules are what developers may do beside that, with custom resources.
	Rules []Rule `config:"rules"`

	// PodSecurity is the level that the tenant's pods are held to: restricted, or baseline with a waiver of
	// tenant.RestrictedControl for it. Empty: restricted.
	PodSecurity string `config:"podSecurity"`

	// Quota bounds what the tenant takes altogether, Limits what a single container takes.
	Quota  Quota  `config:"quota"`
	Limits Limits `config:"limits"`

	// Secrets of the namespace: by the name of the Secret, then by the key.
	Secrets map[string]map[string]Secret `config:"secrets"`

	// AllowFrom and AllowTo are ports that are open between this tenant and others: both sides must say so.
	AllowFrom []Neighbour `config:"allowFrom"`
	AllowTo   []Neighbour `config:"allowTo"`

	// AllowEgress is where the tenant's pods may connect to outside the cluster.
	AllowEgress []Egress `config:"allowEgress"`

	// APIServer lets the tenant's pods connect to the API server.
	APIServer bool `config:"apiServer"`
}

// Quota is what a tenant may take. What is left out has its default (components/tenant).
type Quota struct {
	// Sums over all containers' limits: cores ("2", 500m) and bytes (512Mi, 4Gi).
	CPU              string `config:"cpu"`
	Memory           string `config:"memory"`
	EphemeralStorage string `config:"ephemeralStorage"`

	// Bytes of all persistent volumes.
	Storage string `config:"storage"`

	// How many there may be.
	Pods          int `config:"pods"`
	Volumes       int `config:"volumes"`
	LoadBalancers int `config:"loadBalancers"`
	NodePorts     int `config:"nodePorts"`
}

// Limits are what a container gets that names none (Default: its limit, Request: what is set aside for it), and what none
// may go beyond (Max).
type Limits struct {
	Default Resources `config:"default"`
	Request Resources `config:"request"`
	Max     Resources `config:"max"`
}

// Resources of a container: cores and bytes.
type Resources struct {
	CPU              string `config:"cpu"`
	Memory           string `config:"memory"`
	EphemeralStorage string `config:"ephemeralStorage"`
}

// Secret is a value that stands encrypted in a stack file (secure: ...), and is never shown.
type Secret string

// Rule allows some verbs on some resources of one API group. No wildcards.
type Rule struct {
	Group     string   `config:"group"`
	Resources []string `config:"resources"`
	Verbs     []string `config:"verbs"`
}
