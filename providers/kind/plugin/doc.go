// Package plugin is the Pulumi resource provider that makes kind clusters: the program pulumi-resource-rampart.
//
// It is mechanism only. What hardens a cluster is rendered by the program (package kind) and comes in as kubeadm patches
// and control-plane files, so that a changed policy shows as a difference in a preview. What depends on the machine that
// the cluster stands on (its engine, its cgroups, its limits) is found out here, so that it does not show there.
//
// Each file is about one thing. The life of a cluster is in cluster_*.go. What it needs of a container engine and of the
// kind library is the interface in client.go; kindclient.go and engine.go implement it for real.
package plugin
