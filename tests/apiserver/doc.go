// Package apiserver holds tests against a real API server without nodes (tests/framework/apiserver). What is tested has
// a folder of its own below; here is what they all rely on.
package apiserver
