// Package e2e holds the end-to-end tests of a stack that stands: one cluster, which the tests bring up through the
// product itself, and one file per promise. Every denial has beside it a control experiment that succeeds.
//
// Go runs what is not parallel in the order of the files' names, and here that counts. Who watches an API server that goes away
// looks again later after each time, up to a minute: restores (backup) come before the nodes are restarted, with which all
// watchers begin anew, and not right before or after another outage (sabotage).
//
// Its sub-packages have clusters of their own, or none: interruption, cli.
package e2e
