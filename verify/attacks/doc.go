// Package attacks holds the attacks of rampart verify, a file for each kind.
package attacks
