// Package baseline is the ground floor: plain facts about platforms, and the catalogue of controls that every other
// package is held to, with its levels, versions and waivers.
//
// It imports nothing of Rampart's own and no SDK, so that everything above can import it, the plugin and the
// command line included.
package baseline

// What is generated from the catalogue is written by the tests that compare it.
//go:generate go test . -update
