// Package eks makes a hardened Kubernetes cluster on Amazon EKS, with the network, keys, logs and roles that it needs or in
// a network that is there already, and fulfils the contract of package providers.
//
// What can be asked for, and every rule that it is held to, stands in package eks/spec, which imports no SDK of AWS.
package eks
