// Package baseline is the ground floor: plain facts about platforms and the rules that every other package is held to.
//
// It imports nothing of Rampart's own and no SDK, so that everything above can import it, the plugin and the
// command line included.
package baseline
