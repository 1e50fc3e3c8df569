package stacks

import "github.com/rampart-iac/rampart/baseline"

// Default returns what a stack gets that says nothing at all.
func Default() Config { return DefaultOf(ProviderKind) }

// DefaultOf returns what a stack gets that names its provider and nothing else.
func DefaultOf(provider string) Config {
	config := defaultOfKind()
	config.Provider = provider
	if provider == ProviderEKS || provider == ProviderGKE {
		// The rest of the cluster's settings have the defaults of its own provider.
		config.Cluster = Cluster{Name: config.Cluster.Name}
		config.Isolation.ExemptNamespaces = []string{"kube-system"}
	}
	if provider == ProviderAKS {
		config.Cluster = Cluster{Name: config.Cluster.Name}
		// AKS keeps Calico in namespaces of its own, and Azure Policy in another.
		config.Isolation.ExemptNamespaces = []string{"kube-system", "calico-system", "tigera-operator", "gatekeeper-system"}
	}
	return config
}

func defaultOfKind() Config {
	return Config{
		Provider: ProviderKind,
		Baseline: Baseline{Level: baseline.LevelRestricted, Version: baseline.LatestVersion()},
		Cluster: Cluster{
			Name:              "rampart",
			KubernetesVersion: baseline.DefaultKubernetesVersion,
			Workers:           1,
			PodCIDR:           "10.244.0.0/16",
			ServiceCIDR:       "10.96.0.0/16",
			TLSMinVersion:     baseline.TLS13,
			Engine:            "auto",
			APIServerPort:     0,
			// A cluster that somebody forgot to mark is better kept than lost.
			Ephemeral: false,
		},
		Admission: Admission{
			AllowedRegistries:    []string{"registry.k8s.io"},
			TokenLifetimeSeconds: 3607, // an hour, and what Kubernetes adds for tokens that it mounts by itself
		},
		// The provisioner of local volumes, which kind brings along, speaks to the API server.
		Isolation: Isolation{ExemptNamespaces: []string{"kube-system", "local-path-storage"}},
	}
}
