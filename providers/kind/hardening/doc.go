// Package hardening renders what makes a kind cluster a hardened one: the files that its control plane reads and the
// kubeadm patches that point at them. It is pure: the same settings give the same bytes, and nothing is created.
//
// Every flag has its reason beside it; the identifiers in the comments are those of the CIS Kubernetes Benchmark 1.12.
package hardening
