// Package gke makes a hardened, regional Kubernetes cluster on Google Kubernetes Engine, with the network, keys, logs and
// service account that it needs or in a network that is there already, and fulfils the contract of package providers.
//
// What can be asked for, and every rule that it is held to, stands in package gke/spec, which imports no SDK of Google Cloud.
package gke
