// Package verify attacks a running cluster and says which controls of the baseline held.
//
// An attack tries what an intruder would, and is paired with a control experiment: the same thing without the fault, which
// must succeed. Where that fails (a network that is down, a missing image), the verdict is [NotVerifiable], never
// [Proven]. What an attack puts into the cluster has a random name and is gone at the end, after an interruption too, so
// that two runs at once do not disturb each other.
//
// It knows clusters and controls, not how a cluster was made. The attacks themselves are in verify/attacks.
package verify
