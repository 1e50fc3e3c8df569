// Package kind makes a hardened Kubernetes cluster on this machine, in containers that stand for nodes, and fulfils the
// contract of package providers.
//
// [NewCluster] is all that most programs need. The two resources that it is made of, [ClusterResource] and
// [EncryptionKeyResource], are implemented by the plugin pulumi-resource-rampart (package kind/plugin), which knows how
// to make a cluster and nothing of hardening; what makes it hardened is rendered in package kind/hardening and passed to
// it as inputs, so that a change of it shows in a preview.
package kind
