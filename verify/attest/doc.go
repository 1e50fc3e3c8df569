// Package attest signs results of rampart verify and decides whether a signed one is good enough: an in-toto statement about
// a cluster, in a DSSE envelope. A pipeline that trusts a key can so refuse a cluster that nobody has proven.
package attest
