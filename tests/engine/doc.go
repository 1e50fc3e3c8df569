// Package engine runs the whole program through the real Pulumi engine and its command line, without creating anything.
package engine
