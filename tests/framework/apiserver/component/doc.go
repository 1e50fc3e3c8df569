// Package component puts what a Pulumi program registers into an API server of the tests, without Pulumi's engine. It is a
// package of its own for what it brings along: most tests of an API server need no SDK, and link in half the time without one.
package component
