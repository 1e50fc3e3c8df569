// Package aks makes a hardened Kubernetes cluster on Azure Kubernetes Service, with the network, keys, logs and identities
// that it needs or in a network that is there already, and fulfils the contract of package providers.
//
// What can be asked for, and every rule that it is held to, stands in package aks/spec, which imports no SDK of Azure.
//
// Resources are made by versions of Azure's API that are written down here, and not by those that the SDK prefers: a new SDK
// does not change what is asked for. Only a preview of the API has what a key vault with private access needs
// (docs/decisions/0020-azure-by-a-preview-of-its-api.md).
package aks
