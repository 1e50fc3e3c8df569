package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/process"
)

// Resource is one resource of the stack's state. Secrets in it are encrypted.
type Resource struct {
	URN     string         `json:"urn"`
	Type    string         `json:"type"`
	Outputs map[string]any `json:"outputs"`

	// Protect says that the engine refuses to delete it.
	Protect bool `json:"protect"`
}

// Text returns an output that is a plain string, or nothing.
func (r Resource) Text(name string) string {
	text, _ := r.Outputs[name].(string)
	return text
}

// Resources returns what the state holds.
func (e *Engine) Resources(ctx context.Context) ([]Resource, error) {
	text, err := process.Output(ctx, e.command("stack", "export", "--stack", e.Stack.Name))
	if err != nil {
		return nil, fmt.Errorf("reading the state: %w", err)
	}
	var state struct {
		Deployment struct {
			Resources []Resource `json:"resources"`
		} `json:"deployment"`
	}
	if err := json.Unmarshal(text, &state); err != nil {
		return nil, fmt.Errorf("reading the state: %w", err)
	}
	return state.Deployment.Resources, nil
}

// UpOnly brings some resources of the stack to what the program says, with variables (NAME=value) added to its
// environment, and leaves the others alone. What the CLI prints is shown only if it fails.
func (e *Engine) UpOnly(ctx context.Context, targets []string, variables ...string) error {
	return e.upOnly(ctx, targets, nil, variables)
}

// Refresh looks at what stands of some resources, takes it into the state and what depends on it there, and leaves the
// others alone.
func (e *Engine) Refresh(ctx context.Context, targets []string) error {
	return e.upOnly(ctx, targets, []string{"--refresh"}, nil)
}

func (e *Engine) upOnly(ctx context.Context, targets, flags, variables []string) error {
	args := []string{"up", "--yes", "--skip-preview", "--stack", e.Stack.Name, "--suppress-permalink=true",
		"--suppress-outputs", "--non-interactive"}
	args = append(args, flags...)
	for _, target := range targets {
		args = append(args, "--target", target)
	}
	command := e.command(args...)
	command.Env = append(slices.Clone(command.Env), variables...)
	var printed bytes.Buffer
	command.Stdout, command.Stderr = &printed, &printed
	if err := e.run(ctx, command); err != nil {
		return fmt.Errorf("%w\n%s", err, strings.TrimSpace(printed.String()))
	}
	return nil
}
