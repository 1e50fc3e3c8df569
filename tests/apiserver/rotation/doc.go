// Package rotation rotates the encryption key of a real API server with a real etcd, under load, killed at every step.
package rotation
