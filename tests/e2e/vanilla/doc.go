// Package vanilla verifies a cluster that the product did not make: kind as it comes, with a network that enforces nothing.
// Its faults are known, so that it shows whether verify is useful beyond our own clusters, and whether it can fail.
package vanilla
