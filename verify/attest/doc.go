// Package attest signs results of rampart verify and decides whether a signed one is good enough: an in-toto statement about
// a cluster, in a DSSE envelope. It is signed with a key, or without one by whoever a Sigstore instance certifies. A pipeline
// that trusts a key or an identity can so refuse a cluster that nobody has proven.
package attest
