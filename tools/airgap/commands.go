package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/rampart-iac/rampart/tools/airgap/internal/debian"
	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
	"github.com/rampart-iac/rampart/tools/airgap/internal/progress"
)

func build(ctx context.Context, s *settings, names []string) error {
	started := time.Now()
	c, err := s.catalog(ctx)
	if err != nil {
		return err
	}
	wanted, err := pick(c, names)
	if err != nil {
		return err
	}
	reporter := progress.New(os.Stderr)
	runner := part.Runner{
		Store: s.store(), Reporter: reporter,
		Limits: map[part.Class]int{part.Compute: 1, part.Fetch: s.jobs},
	}
	results, err := s.run(ctx, c, &runner, wanted, len(names) == 0)
	reporter.Close()
	if err != nil {
		return err
	}
	built := 0
	for _, r := range results {
		if r.Built {
			built++
		}
	}
	summary := "everything is built already"
	if built > 0 {
		summary = fmt.Sprintf("built %d of %d parts", built, len(results))
	}
	fmt.Fprintf(os.Stderr, "%s (%.1fs)\n", summary, time.Since(started).Seconds())
	if s.home != "" {
		if err := install(c, runner.Store, s.home); err != nil {
			return err
		}
	}
	if s.json {
		return printJSON(s.out, resultRows(results))
	}
	return nil
}

// engine installs a container engine, for machines that have none.
func engine(ctx context.Context, s *settings, _ []string) error {
	reporter := progress.New(os.Stderr)
	defer reporter.Close()
	runner := part.Runner{Store: s.store(), Reporter: reporter}
	return s.hostPackages(ctx, &runner, "a container engine", debian.EnginePackages())
}

// row is one part in the JSON output of build and status.
type row struct {
	Part    string  `json:"part"`
	Dir     string  `json:"dir"`
	Done    bool    `json:"done"`
	Built   bool    `json:"built,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
}

func resultRows(results []part.Result) []row {
	var rows []row
	for _, r := range results {
		rows = append(rows, row{Part: r.Part.Name, Dir: r.Dir, Done: true, Built: r.Built, Seconds: r.Took.Seconds()})
	}
	return rows
}

func printJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func status(ctx context.Context, s *settings, _ []string) error {
	c, err := s.catalog(ctx)
	if err != nil {
		return err
	}
	var rows []row
	for _, p := range c.All() {
		dir, err := s.store().Dir(p)
		if err != nil {
			return err
		}
		done, err := s.store().Has(p)
		if err != nil {
			return err
		}
		rows = append(rows, row{Part: p.Name, Dir: dir, Done: done})
	}
	if s.json {
		return printJSON(s.out, rows)
	}
	w := tabwriter.NewWriter(s.out, 0, 4, 2, ' ', 0)
	for _, r := range rows {
		state := "missing"
		if r.Done {
			state = "built"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", r.Part, state, r.Dir)
	}
	return w.Flush()
}

func path(ctx context.Context, s *settings, names []string) error {
	c, err := s.catalog(ctx)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		_, err := fmt.Fprintln(s.out, s.store().Root)
		return err
	}
	parts, err := pick(c, names)
	if err != nil {
		return err
	}
	var faults []error
	for _, p := range parts {
		dir, err := s.store().Dir(p)
		if err != nil {
			return err
		}
		if has, err := s.store().Has(p); err != nil {
			return err
		} else if !has {
			faults = append(faults, fmt.Errorf("part %s is not built; run: airgap build %s", p.Name, p.Name))
			continue
		}
		fmt.Fprintln(s.out, dir)
	}
	return errors.Join(faults...)
}

func clean(ctx context.Context, s *settings, _ []string) error {
	if s.all {
		return os.RemoveAll(s.store().Root)
	}
	c, err := s.catalog(ctx)
	if err != nil {
		return err
	}
	stale, err := s.store().Stale(c.All())
	if err != nil {
		return err
	}
	for _, dir := range stale {
		fmt.Fprintln(s.out, "removing", dir)
		if err := s.store().RemoveStale(ctx, dir); err != nil {
			return err
		}
	}
	return nil
}
