package kind

import "github.com/rampart-iac/rampart/baseline"

// Defaults of ClusterArgs.
const (
	DefaultPodCIDR     = "10.244.0.0/16"
	DefaultServiceCIDR = "10.96.0.0/16"
	DefaultWorkers     = 1
	DefaultEngine      = "auto"
)

// withDefaults returns a copy in which every field that has a default is set.
func (a ClusterArgs) withDefaults(resourceName string) ClusterArgs {
	setDefault(&a.Name, resourceName)
	setDefault(&a.KubernetesVersion, baseline.DefaultKubernetesVersion)
	setDefault(&a.PodCIDR, DefaultPodCIDR)
	setDefault(&a.ServiceCIDR, DefaultServiceCIDR)
	setDefault(&a.Level, baseline.LevelRestricted)
	setDefault(&a.TLSMinVersion, baseline.TLS13)
	setDefault(&a.Engine, DefaultEngine)
	switch a.Workers {
	case 0:
		a.Workers = DefaultWorkers
	case NoWorkers:
		a.Workers = 0
	}
	if a.Image.Reference == "" {
		// A version without one leaves the image empty; validate says which versions have one.
		if image, err := baseline.PublishedNodeImage(a.KubernetesVersion); err == nil {
			a.Image = Image{Reference: image.Reference}
		}
	}
	return a
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
