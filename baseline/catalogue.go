package baseline

import "slices"

// Catalogue is every control in every version of the baseline.
type Catalogue struct {
	// Versions of the baseline, oldest first.
	Versions []Version

	// Controls in the order of their areas and numbers.
	Controls []Control
}

// Current returns the catalogue of this release. Callers may change what they get.
func Current() Catalogue {
	return Catalogue{
		Versions: []Version{Version202611},
		Controls: Controls(),
	}
}

// Controls returns the controls of this release, area by area.
func Controls() []Control {
	controls := slices.Concat(
		controlPlaneControls(),
		dataControls(),
		nodeControls(),
		auditControls(),
		networkControls(),
		accessControls(),
		workloadControls(),
		imageControls(),
		tenantControls(),
		operationsControls(),
	)
	// What holds on kind stands beside each control. A cloud has a file of its own, enforcement_<cloud>.go.
	clouds := map[Provider]column{
		ProviderEKS: onEKS(),
		ProviderAKS: onAKS(),
		ProviderGKE: onGKE(),
	}
	for i := range controls {
		for provider, column := range clouds {
			if enforcement, ok := column[controls[i].ID]; ok {
				controls[i].Enforcement[provider] = enforcement
			}
		}
	}
	return controls
}

// Areas, in the order of the catalogue.
const (
	AreaControlPlane Area = "CPL"
	AreaData         Area = "DAT"
	AreaNodes        Area = "NOD"
	AreaAudit        Area = "AUD"
	AreaNetwork      Area = "NET"
	AreaAccess       Area = "ACC"
	AreaWorkloads    Area = "ADM"
	AreaImages       Area = "IMG"
	AreaTenants      Area = "TEN"
	AreaOperations   Area = "OPS"
)

// AreaTitle names an area for people, and Areas lists them in the order of the catalogue.
type AreaTitle struct {
	Area  Area
	Title string
}

// Areas returns every area with its title.
func Areas() []AreaTitle {
	return []AreaTitle{
		{AreaControlPlane, "Control plane"},
		{AreaData, "etcd, secrets and keys"},
		{AreaNodes, "Nodes and kubelets"},
		{AreaAudit, "Audit"},
		{AreaNetwork, "Network isolation"},
		{AreaAccess, "Access"},
		{AreaWorkloads, "Workload admission"},
		{AreaImages, "Images"},
		{AreaTenants, "Tenants"},
		{AreaOperations, "Day two"},
	}
}
