// Package rotation replaces the key that a running cluster's Secret objects are encrypted with, without a failed read.
//
// The phases are those of package keys. Between the steps this package does what no declaration can say: it waits until
// every API server reports the configuration that it must have, has every object written anew with the new key, and looks
// into etcd for values that still need the old one. Each part can be repeated, so that a rotation that was killed
// anywhere goes on from there.
package rotation
