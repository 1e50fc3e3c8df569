// Package hostnet knows which networks this machine reaches: a cluster's ranges must not be among them.
package hostnet
