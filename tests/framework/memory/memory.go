// Package memory trades memory for time in tests: the engine, its plugins and API servers live for seconds there, and would spend
// a seventh of them on giving back memory.
package memory

import (
	"os"
	"runtime/debug"
	"strconv"
	"testing"
)

// growth, in percent of what is in use (GOGC), is what memory is given back after.
const growth = 400

// Spend has this test program and all programs of Go that it starts give back memory later. Programs that measure are none of
// testing's, and stay as they are; so does what the environment says already. There is no limit beside it (GOMEMLIMIT): compilers
// are among what tests start, and one that has less than it needs takes twice as long.
func Spend() {
	if !testing.Testing() {
		return
	}
	if _, set := os.LookupEnv("GOGC"); !set {
		_ = os.Setenv("GOGC", strconv.Itoa(growth)) // its only error is a bad name
		debug.SetGCPercent(growth)
	}
}
