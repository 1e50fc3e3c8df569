// Package gke runs the stacks of Google Kubernetes Engine through the real engine. Package tests/framework/cloud says what is
// real in it.
package gke
