package stacks

import "github.com/rampart-iac/rampart/baseline"

// Default returns what a stack gets that says nothing at all.
func Default() Config {
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
		Admission: Admission{AllowedRegistries: []string{"registry.k8s.io"}},
		// The provisioner of local volumes, which kind brings along, speaks to the API server.
		Isolation: Isolation{ExemptNamespaces: []string{"kube-system", "local-path-storage"}},
	}
}
