// Package cli gives the command line what it must refuse. Nothing is created, so that no cluster is needed.
package cli
