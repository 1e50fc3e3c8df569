// Package providers holds the contract between what makes a cluster and what hardens its inside.
//
// Each subpackage (kind, and the clouds) fulfils it and can be imported alone. Providers import baseline and nothing
// else of Rampart's.
package providers
