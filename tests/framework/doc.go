// Package framework is what the end-to-end tests are written with: it drives the product through its own command line,
// stands on the nodes through the container engine, probes from pods, and says clearly what it saw.
//
// It knows clusters and command lines, not the product's Go packages: a test that called those would no longer look
// from outside. What stands on nodes and in pods is verify/live, which knows no more of the product than this does; the form of
// what rampart verify writes is package verify's.
package framework
