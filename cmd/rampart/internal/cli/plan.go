package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/privatefile"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/process"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/toolchain"
	"github.com/rampart-iac/rampart/plan"
	"github.com/rampart-iac/rampart/plan/picture"
	"github.com/rampart-iac/rampart/plan/record"
	"github.com/rampart-iac/rampart/stacks"
)

func newPlan(shared *flags) *cobra.Command {
	output, file := "", ""
	command := &cobra.Command{
		Use:   "plan",
		Short: "Say what a stack will make, whom it lets in and what it costs",
		Long: `Says what a stack will make: how much of what, which controls of the baseline that enforces, what the world can reach,
which identities get which permissions on what, and what it costs a month by a dated table of list prices.

The stack's own program is run without the Pulumi engine: no cloud is asked, and no account, login or plugin is needed.
"rampart preview" shows what would change about what stands already, and does need them.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			write, known := planForms[output]
			if !known {
				return fmt.Errorf("--output %q: there is no such form: use text or json", output)
			}
			s, err := newSession(cmd, shared)
			if err != nil {
				return err
			}
			recorded, made, err := s.plan(cmd.Context())
			if err != nil {
				return err
			}
			if file != "" {
				if err := drawPicture(recorded, made, file); err != nil {
					return err
				}
			}
			return write(made, s.stdout)
		},
	}
	command.Flags().StringVarP(&output, "output", "o", "text", "the form of the plan: text or json")
	command.Flags().StringVar(&file, "picture", "", "also draw the network into this file, as SVG; of clusters in clouds")
	return command
}

// planForms are the forms that a plan is written in.
var planForms = map[string]func(plan.Plan, io.Writer) error{
	"text": plan.Plan.WriteText,
	"json": func(made plan.Plan, out io.Writer) error {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(made)
	},
}

// plan runs the stack's program without the engine, and judges what it asks for.
func (s *session) plan(ctx context.Context) (recorded plan.Record, made plan.Plan, err error) {
	config, err := s.configuration()
	if err != nil {
		return recorded, made, err
	}
	subject, err := config.Subject(time.Now())
	if err != nil {
		return recorded, made, err
	}
	if err := s.equip(ctx); err != nil {
		return recorded, made, err
	}
	program, err := toolchain.BuildProgram(ctx, s.stack.Workspace, s.environment(), s.progress)
	if err != nil {
		return recorded, made, err
	}
	if recorded, err = s.record(ctx, program); err != nil {
		return recorded, made, err
	}
	made, err = plan.New(recorded, subject)
	return recorded, made, err
}

// drawPicture draws the network into a file.
func drawPicture(recorded plan.Record, made plan.Plan, path string) error {
	var drawn bytes.Buffer
	if err := picture.Draw(recorded, made, &drawn); err != nil {
		return fmt.Errorf("--picture: %w", err)
	}
	if err := privatefile.Write(path, drawn.Bytes()); err != nil {
		return fmt.Errorf("--picture: %w", err)
	}
	return nil
}

// record is what the stack's program, which is compiled to a path, asks for.
func (s *session) record(ctx context.Context, program string) (made plan.Record, err error) {
	values, err := stacks.ReadFile(s.stack.File)
	if err != nil {
		return plan.Record{}, err
	}
	environment := s.environment()
	handed, err := stacks.Handover(s.stack.Name, values)
	if err != nil {
		return plan.Record{}, err
	}
	for name, value := range handed {
		environment = append(environment, name+"="+value)
	}
	folder, remove, err := s.stack.Temporary(process.Alive)
	if err != nil {
		return plan.Record{}, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	file := filepath.Join(folder, "plan.json")
	if _, err := process.Output(ctx, process.Command{
		Path: program, Dir: s.stack.Root, Env: append(environment, record.Variable+"="+file),
	}); err != nil {
		return plan.Record{}, err
	}
	content, err := os.Open(file)
	if err != nil {
		return plan.Record{}, fmt.Errorf("reading what the program recorded: %w", err)
	}
	made, err = plan.Read(content)
	return made, errors.Join(err, content.Close())
}
