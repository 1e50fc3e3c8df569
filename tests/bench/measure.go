package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Usage is what one or more processes took.
type Usage struct {
	// WallSeconds is the time that somebody waits.
	WallSeconds float64 `json:"wallSeconds"`
	// CPUSeconds is user and system time of the process and of all descendants that it waited for. Containers belong
	// to the engine, not to the command that starts them: their time is not in it.
	CPUSeconds float64 `json:"cpuSeconds"`
	// PeakMiB is the resident memory of the largest single process among them.
	PeakMiB float64 `json:"peakMiB"`
}

// then adds what was taken one after the other.
func (u Usage) then(next Usage) Usage {
	return Usage{
		WallSeconds: u.WallSeconds + next.WallSeconds,
		CPUSeconds:  u.CPUSeconds + next.CPUSeconds,
		PeakMiB:     max(u.PeakMiB, next.PeakMiB),
	}
}

// measure runs a command to its end.
func measure(ctx context.Context, dir string, env []string, name string, args ...string) (Usage, error) {
	usage, _, err := measureOutput(ctx, dir, env, name, args...)
	return usage, err
}

// measureOutput runs a command to its end, and returns what it printed, too.
func measureOutput(
	ctx context.Context, dir string, env []string, name string, args ...string,
) (Usage, string, error) {
	command := exec.CommandContext(ctx, name, args...)
	command.Dir, command.Env = dir, env
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	command.WaitDelay = 10 * time.Second
	started := time.Now()
	err := command.Run()
	wall := time.Since(started)
	if err != nil {
		return Usage{}, "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, output.String())
	}
	state := command.ProcessState
	usage := Usage{WallSeconds: wall.Seconds(), CPUSeconds: (state.UserTime() + state.SystemTime()).Seconds()}
	if resources, ok := state.SysUsage().(*syscall.Rusage); ok {
		usage.PeakMiB = float64(resources.Maxrss) / 1024 // Linux counts in KiB
	}
	return usage, output.String(), nil
}

// median runs something several times and returns the run in the middle by wall time.
func median(times int, once func() (Usage, error)) (Usage, error) {
	var all []Usage
	for range times {
		usage, err := once()
		if err != nil {
			return Usage{}, err
		}
		all = append(all, usage)
	}
	return middle(all), nil
}

// middle is the run in the middle by wall time, of one or more.
func middle(all []Usage) Usage {
	slices.SortFunc(all, func(a, b Usage) int {
		if a.WallSeconds < b.WallSeconds {
			return -1
		}
		return 1
	})
	return all[len(all)/2]
}
