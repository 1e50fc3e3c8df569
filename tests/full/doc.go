// Package full has the specs that take too long for every change: what needs another version of Kubernetes, or a cluster of
// its own. "make test-full" runs them, CI does not.
package full
