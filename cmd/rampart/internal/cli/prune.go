package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/nodeimage"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
	"github.com/rampart-iac/rampart/stacks"
)

func newPrune() *cobra.Command {
	dryRun := false
	command := &cobra.Command{
		Use:   "prune [IMAGE...]",
		Short: "Remove node images that no cluster uses",
		Long: `Removes the node images from the container engines that the air-gapped road has made and that no container is made of.

The one that this working folder makes clusters of stays. So does every image that Rampart has not made, or that has another
name as well. What is removed can be loaded again: the builds in the cache are kept. Names of images limit it to those.`,
		RunE: func(cmd *cobra.Command, only []string) error {
			directory, err := os.Getwd()
			if err != nil {
				return fmt.Errorf("finding the working directory: %w", err)
			}
			space, err := workspace.Open(directory)
			if err != nil {
				return err
			}
			images, err := stacks.ReadImages(space.Home)
			if err != nil {
				return err
			}
			current := ""
			if images != nil {
				current = images.Node.Reference
			}
			engines := nodeimage.Engines(cmd.Context())
			if len(engines) == 0 {
				return errors.New(`no container engine answers: "rampart doctor" says why`)
			}
			return pruning{current: current, only: only, dryRun: dryRun}.run(cmd.Context(), cmd.OutOrStdout(), engines)
		},
	}
	command.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would be removed")
	return command
}

const megabyte = 1_000_000

// pruning removes the node images that nobody needs.
type pruning struct {
	// current is the image that the working folder makes clusters of, or "".
	current string

	// only are the images to look at; none are all.
	only []string

	dryRun bool
}

// run goes on after an image that cannot be removed, and says so at the end.
func (p pruning) run(ctx context.Context, out io.Writer, engines []nodeimage.Engine) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	removed, freed := 0, int64(0)
	found := map[string]bool{}
	var faults []error
	for _, engine := range engines {
		images, err := nodeimage.List(ctx, engine)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		for _, image := range images {
			if !p.wants(image) {
				continue
			}
			outcome, err := p.treat(ctx, engine, image)
			if err != nil {
				faults = append(faults, err)
			}
			if outcome == outcomeRemoved || outcome == outcomeWould {
				removed, freed = removed+1, freed+image.Size
			}
			for _, reference := range image.References {
				found[reference] = true
				fmt.Fprintf(table, "%s\t%s\t%d MB\t%s\n", engine.Name, reference, image.Size/megabyte, outcome)
			}
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	what := "Node images removed"
	if p.dryRun {
		what = "Node images that would be removed"
	}
	fmt.Fprintf(out, "%s: %d, up to %d MB.\n", what, removed, freed/megabyte)
	for _, name := range p.only {
		if !found[name] {
			faults = append(faults, fmt.Errorf("%s is in no engine as a node image that Rampart has made, and was left alone", name))
		}
	}
	return errors.Join(faults...)
}

const (
	outcomeRemoved = "removed"
	outcomeWould   = "would be removed"
)

// wants says whether an image is to be looked at.
func (p pruning) wants(image nodeimage.Image) bool {
	return len(p.only) == 0 || slices.ContainsFunc(image.References, func(reference string) bool {
		return slices.Contains(p.only, reference)
	})
}

// treat removes an image, or says why it stays.
func (p pruning) treat(ctx context.Context, engine nodeimage.Engine, image nodeimage.Image) (outcome string, err error) {
	switch {
	case slices.Contains(image.References, p.current):
		return "kept: this working folder makes clusters of it", nil
	case len(image.Containers) > 0:
		return "kept: used by " + strings.Join(image.Containers, ", "), nil
	case p.dryRun:
		return outcomeWould, nil
	}
	if err := nodeimage.Remove(ctx, engine, image); err != nil {
		return "could not be removed", err
	}
	return outcomeRemoved, nil
}
