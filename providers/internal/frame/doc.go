// Package frame is what the components of the clouds have in common: how a cluster is registered, how its makers take a
// provider of the caller's, and how whoever uses it gets in. What is made stands in the provider of each cloud.
package frame
