package stacks

import "github.com/rampart-iac/rampart/baseline"

// Project is the name of the Pulumi project and the namespace of its configuration: a setting is written
// "rampart:<key>" in a stack file.
const Project = "rampart"

// Config is everything that a stack can say. Default returns the values of settings that a stack leaves out.
type Config struct {
	// Provider makes the cluster: kind.
	Provider string `config:"provider"`

	Cluster   Cluster   `config:"cluster"`
	Admission Admission `config:"admission"`

	// Tenants each get a namespace of their own, isolated from the others.
	Tenants []Tenant `config:"tenants"`
}

// Cluster is the cluster itself.
type Cluster struct {
	// Name of the cluster and prefix of its nodes' names: lower-case letters, digits, dots and dashes, at most 50.
	Name string `config:"name"`

	// KubernetesVersion is exact, with its leading v, and one of baseline.SupportedKubernetesVersions.
	KubernetesVersion baseline.KubernetesVersion `config:"kubernetesVersion"`

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

// Admission is what the API server lets in, beside Pod Security.
type Admission struct {
	// AllowedRegistries are the only places that images may come from: a registry, with a port if it has one, and with
	// a path if only a part of it is allowed. At least one; no wildcards.
	AllowedRegistries []string `config:"allowedRegistries"`
}

// Tenant is a team or an application with a namespace of its own.
type Tenant struct {
	// Name of the tenant and of its namespace: a DNS label.
	Name string `config:"name"`

	// Users and Groups, as the API server knows them, who hold the tenant's role in its namespace, beside the
	// service account that the tenant gets in any case.
	Users  []string `config:"users"`
	Groups []string `config:"groups"`
}
