// Package eks runs the stacks of Amazon EKS through the real engine. Package tests/framework/cloud says what is real in it.
package eks
