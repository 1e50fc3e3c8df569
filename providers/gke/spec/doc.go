// Package spec is what can be asked of a GKE cluster: the arguments of package gke, their defaults, and every rule that
// they are held to. It imports no SDK of a cloud, so that the command line can check a stack file without one.
package spec
