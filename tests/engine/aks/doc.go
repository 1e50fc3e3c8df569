// Package aks runs the stacks of Azure Kubernetes Service through the real engine. Package tests/framework/cloud says what is
// real in it.
package aks
