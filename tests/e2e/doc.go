// Package e2e holds the end-to-end tests of a stack that stands: one cluster, which the tests bring up through the
// product itself, and one file per promise. Every denial has beside it a control experiment that succeeds.
//
// Its sub-packages have clusters of their own, or none: interruption, cli.
package e2e
