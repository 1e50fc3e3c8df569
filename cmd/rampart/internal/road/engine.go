package road

import (
	"context"
	"os/exec"
	"slices"
	"time"
)

// engineTimeout is how long a container engine may take to answer.
const engineTimeout = 10 * time.Second

// LacksEngine says that a stack has no container engine, and podman would do: a road brings that. wanted is the engine that the
// stack names, "auto" for any, and empty if it needs none.
func LacksEngine(ctx context.Context, wanted string) bool {
	if (wanted != "auto" && wanted != "podman") || onPath("podman") {
		return false
	}
	return wanted == "podman" || !slices.ContainsFunc([]string{"docker", "nerdctl"}, func(name string) bool {
		return answers(ctx, name) == nil
	})
}

// answers asks an engine whether it can be used.
func answers(ctx context.Context, engine string) error {
	ctx, cancel := context.WithTimeout(ctx, engineTimeout)
	defer cancel()
	return exec.CommandContext(ctx, engine, "info").Run()
}

// lost says that none of the engines is installed any more that a stack can have.
func lost(wanted string) bool {
	switch wanted {
	case "auto":
		return !slices.ContainsFunc([]string{"docker", "podman", "nerdctl"}, onPath)
	case "podman":
		return !onPath(wanted)
	}
	return false
}

func onPath(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}
