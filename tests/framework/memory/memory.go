// Package memory trades memory for time in tests: the engine, its plugins and API servers live for seconds there, and would spend
// a seventh of them on giving back memory.
package memory

import (
	"os"
	"runtime/debug"
	"testing"
)

const (
	growth = 400     // percent of what is in use (GOGC)
	limit  = 1 << 30 // bytes (GOMEMLIMIT), from which on memory is given back as usual
)

// Spend has this test program and all programs of Go that it starts give back memory later. Programs that measure are none of
// testing's, and stay as they are; so does what the environment says already.
func Spend() {
	if !testing.Testing() {
		return
	}
	if _, set := os.LookupEnv("GOGC"); !set {
		_ = os.Setenv("GOGC", "400") // its only error is a bad name
		debug.SetGCPercent(growth)
	}
	if _, set := os.LookupEnv("GOMEMLIMIT"); !set {
		_ = os.Setenv("GOMEMLIMIT", "1GiB")
		debug.SetMemoryLimit(limit)
	}
}
