// Package access asks a real API server what each persona may do: every verb on every resource that it serves.
package access
