package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/rampart-iac/rampart/stacks"
	"github.com/rampart-iac/rampart/tests/framework"
)

// bench is one run.
type bench struct {
	product  *framework.Product
	progress io.Writer
	repeat   int
	cold     bool

	// only are the names of parts to measure; empty: all.
	only []string

	// stacks are those of clouds that are measured, and programs those of the stacks of which providers.
	stacks, programs []string

	// counts are how many tenants there are to be, beside those that the stack comes with, one after the other.
	counts []int

	// asked counts the calls of up that the engine was to be asked by.
	asked int

	// bare is the name of the cluster that up is compared with; empty while there is none.
	bare string
}

// part of a run.
type part struct {
	name string
	run  func(*bench, context.Context, *Report) error
	// standing parts need the stack's cluster, and are measured between up and destroy.
	standing bool
}

// parts in the order in which they are measured.
func parts() []part {
	return []part{
		{"tools", (*bench).tools, false},
		{"admission", (*bench).admissionLatency, false},
		{stackPart, (*bench).stack, false},
		{"policies", (*bench).policies, true},
		{"rotation", (*bench).rotation, true},
		{"audit", (*bench).audit, true},
		{"tenants", (*bench).tenants, true},
		{"empty", (*bench).emptyProgram, false},
		{"clouds", (*bench).clouds, false},
		{"programs", (*bench).buildPrograms, false},
	}
}

// all measures the parts that were asked for.
func (b *bench) all(ctx context.Context) (*Report, error) {
	machine, err := describeMachine(ctx)
	if err != nil {
		return nil, err
	}
	report := &Report{Machine: machine}
	for _, part := range parts() {
		// The stack's part calls those that need its cluster.
		if part.standing || !b.needs(part) {
			continue
		}
		if err := part.run(b, ctx, report); err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return report, nil
}

// wants says whether a part was asked for.
func (b *bench) wants(name string) bool { return len(b.only) == 0 || slices.Contains(b.only, name) }

// stackPart is the part that makes the cluster which the standing ones are measured on.
const stackPart = "stack"

// needs says whether a part was asked for, or another one that stands on it.
func (b *bench) needs(one part) bool {
	return b.wants(one.name) || one.name == stackPart &&
		slices.ContainsFunc(parts(), func(each part) bool { return each.standing && b.wants(each.name) })
}

// onTheCluster measures what needs it.
func (b *bench) onTheCluster(ctx context.Context, report *Report) error {
	for _, part := range parts() {
		if !part.standing || !b.wants(part.name) {
			continue
		}
		if err := part.run(b, ctx, report); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

// say prints what comes next.
func (b *bench) say(what string) {
	_, _ = io.WriteString(b.progress, time.Now().Format(time.TimeOnly)+" "+what+"\n")
}

// rampart measures one call of the product's command line on the bench's stack.
func (b *bench) rampart(ctx context.Context, command string, variables ...string) (Usage, error) {
	b.say("rampart " + command)
	return measure(ctx, b.product.Root, append(b.product.Environment(), variables...), b.product.Binary,
		b.product.StackArgs(command)...)
}

// unchanged measures up on a stack that is what its file says, with the engine asked each time: a variable that it has not seen
// makes the question another one.
func (b *bench) unchanged(ctx context.Context) (Usage, error) {
	return median(b.repeat, func() (Usage, error) {
		b.asked++
		return b.rampart(ctx, "up", "RAMPART_BENCH="+strconv.Itoa(b.asked))
	})
}

// tools measures how the tools are built or found, with the caches of this machine and, if asked, without.
func (b *bench) tools(ctx context.Context, report *Report) error {
	if b.cold {
		caches := filepath.Join(b.product.Dir, "cold")
		env := append(b.product.Environment(),
			"RAMPART_CACHE="+filepath.Join(caches, "rampart"), "GOCACHE="+filepath.Join(caches, "go"))
		cold, err := measure(ctx, b.product.Root, env, b.product.Binary, "tools")
		if err != nil {
			return err
		}
		report.add("tools, cold caches", cold)
	}
	// The first call fills the work folder; what comes after it finds everything.
	if _, err := measure(ctx, b.product.Root, b.product.Environment(), b.product.Binary, "tools"); err != nil {
		return err
	}
	warm, err := median(b.repeat, func() (Usage, error) {
		return measure(ctx, b.product.Root, b.product.Environment(), b.product.Binary, "tools")
	})
	if err != nil {
		return err
	}
	report.add("tools, warm caches", warm)
	// The command line spares itself the air-gapped build's question whether everything is built, if it was answered before.
	source := filepath.Join(b.product.Root, "tools", "airgap")
	if _, err := os.Stat(filepath.Join(b.product.Home(), stacks.ImagesFile)); err != nil {
		return err
	}
	built, err := median(b.repeat, func() (Usage, error) {
		return measure(ctx, source, b.product.Environment(), "go", "run", ".", "build", "--home", b.product.Home())
	})
	report.add("air-gapped build, everything built", built)
	return err
}

// An up without changes is measured twice: as the first one, which asks the engine, and as every one after it, which does not.
const (
	unchangedAsked = "up without changes, the first"
	unchangedAgain = "up without changes, again"
)

// stack measures the product's stack and, beside it, the same cluster without the product.
func (b *bench) stack(ctx context.Context, report *Report) error {
	// Both clusters start with the node image in the engine and the program compiled.
	if _, err := b.rampart(ctx, "preview"); err != nil {
		return err
	}
	if err := b.loadNodeImage(ctx); err != nil {
		return err
	}
	ups, destroys, err := b.fromNothing(ctx)
	if err != nil {
		return err
	}
	up := middle(ups)
	report.add("up from nothing, warm caches", up)
	asked, err := b.unchanged(ctx)
	if err != nil {
		return err
	}
	report.add(unchangedAsked, asked)
	// The first one asks the engine, too, for want of that variable.
	if _, err := b.rampart(ctx, "up"); err != nil {
		return err
	}
	again, err := median(b.repeat, func() (Usage, error) { return b.rampart(ctx, "up") })
	if err != nil {
		return err
	}
	report.add(unchangedAgain, again)
	objects, err := b.calicoObjects(ctx)
	if err != nil {
		return err
	}
	if err := b.onTheCluster(ctx, report); err != nil {
		return err
	}
	destroy, err := b.rampart(ctx, "destroy")
	if err != nil {
		return err
	}
	report.add("destroy", middle(append(destroys, destroy)))
	if !b.wants(stackPart) {
		return nil
	}
	bare, err := median(b.repeat, func() (Usage, error) { return b.byHand(ctx, objects) })
	if err != nil {
		return err
	}
	report.add("bare kind and the same Calico by hand", bare)
	report.compare("up from nothing to bare kind and Calico", up, bare, 1.25)
	return nil
}

// fromNothing measures up and the destroys between, and leaves the stack standing. There are several, since a node that comes to
// join a moment too early asks again after five seconds only.
func (b *bench) fromNothing(ctx context.Context) (ups, destroys []Usage, err error) {
	times := 1
	if b.wants(stackPart) {
		times = b.repeat
	}
	for {
		up, err := b.rampart(ctx, "up")
		if err != nil {
			return nil, nil, err
		}
		ups = append(ups, up)
		if len(ups) == times {
			return ups, destroys, nil
		}
		destroy, err := b.rampart(ctx, "destroy")
		if err != nil {
			return nil, nil, err
		}
		destroys = append(destroys, destroy)
	}
}

// emptyProgram measures the engine itself, with a program that asks nothing of it.
func (b *bench) emptyProgram(ctx context.Context, report *Report) error {
	dir := filepath.Join(b.product.Dir, "empty")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	binary := filepath.Join(dir, "program")
	_, err := measure(ctx, b.product.Root, os.Environ(), "go", "build", "-o", binary, "./tests/bench/empty")
	if err != nil {
		return err
	}
	project := fmt.Sprintf("name: empty\nruntime: {name: go, options: {binary: %q}}\n", binary)
	if err := os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte(project), 0o600); err != nil {
		return err
	}
	state := filepath.Join(dir, "state")
	if err := os.MkdirAll(state, 0o700); err != nil {
		return err
	}
	env := append(b.product.Environment(),
		"PATH="+filepath.Join(b.product.Home(), "bin")+string(os.PathListSeparator)+os.Getenv("PATH"),
		"PULUMI_BACKEND_URL=file://"+state, "PULUMI_CONFIG_PASSPHRASE=bench", "PULUMI_SKIP_UPDATE_CHECK=true",
		"PULUMI_HOME="+filepath.Join(b.product.Home(), "pulumi-home"))
	pulumi := filepath.Join(b.product.Home(), "bin", "pulumi")
	if _, err := measure(ctx, dir, env, pulumi, "stack", "init", "empty", "--non-interactive"); err != nil {
		return err
	}
	up := func() (Usage, error) {
		return measure(ctx, dir, env, pulumi, "up", "--stack", "empty", "--yes", "--skip-preview", "--non-interactive")
	}
	if _, err := up(); err != nil {
		return err
	}
	again, err := median(b.repeat, up)
	if err != nil {
		return err
	}
	report.add("empty program without changes", again)
	for _, row := range report.Rows {
		if row.What == unchangedAsked || row.What == unchangedAgain {
			report.compare(row.What+" to an empty program", row.Usage, again, 1.3)
		}
	}
	return nil
}

// tidy takes down whatever stands, also after a failure.
func (b *bench) tidy(ctx context.Context) error {
	var failed error
	if b.bare != "" {
		failed = b.deleteBare(ctx)
	}
	if nodes, err := b.product.NodeContainers(ctx); err != nil || len(nodes) > 0 {
		_, destroyErr := b.rampart(ctx, "destroy")
		failed = errors.Join(failed, err, destroyErr)
	}
	return errors.Join(failed, b.product.Remove())
}
