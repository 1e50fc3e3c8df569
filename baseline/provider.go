package baseline

// Provider makes clusters.
type Provider string

// The providers of this release.
const (
	// ProviderKind makes clusters of containers on one machine.
	ProviderKind Provider = "kind"
	// ProviderEKS makes clusters on Amazon EKS.
	ProviderEKS Provider = "eks"
	// ProviderAKS makes clusters on Azure Kubernetes Service.
	ProviderAKS Provider = "aks"
	// ProviderGKE makes clusters on Google Kubernetes Engine.
	ProviderGKE Provider = "gke"
)

// Providers lists the providers of this release. Each control says what holds on each of them.
func Providers() []Provider {
	return []Provider{ProviderKind, ProviderEKS, ProviderAKS, ProviderGKE}
}
