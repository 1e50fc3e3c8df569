// Command bench measures what people wait for: up, up again and destroy, beside the same cluster without Rampart and
// beside an empty program on the same engine. It prints a table and can write JSON. Everything is made, measured and
// taken down in one run, because figures of two runs on a busy machine cannot be compared.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"

	"github.com/rampart-iac/rampart/tests/framework"
)

// bareCommand is the argument with which the program calls itself to make the cluster that up is compared with: in a
// process of its own, so that its use of the machine can be told apart.
const bareCommand = "bare-kind"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	if len(args) == 2 && args[0] == bareCommand {
		return createBare(args[1])
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	jsonFile := flags.String("json", "", "also write the results to this file, as JSON")
	cold := flags.Bool("cold", false, "also build the tools and the programs with empty caches, which takes an hour or more")
	repeat := flags.Int("repeat", 3, "how often to measure what is short; the median is reported")
	only := flags.String("only", "", "measure these parts only, separated by commas: "+strings.Join(names(), ", "))
	tenants := flags.String("tenants", "1,10,100", "how many tenants to have, one after the other")
	clouds := flags.String("stacks", cloudStacks, "which stacks of clouds to measure, separated by commas")
	programs := flags.String("programs", allPrograms, "the programs of which providers to build, separated by commas")
	if err := flags.Parse(args); err != nil {
		return err
	}
	bench := &bench{
		progress: progress, repeat: max(1, *repeat), cold: *cold,
		stacks: strings.Split(*clouds, ","), programs: strings.Split(*programs, ","),
	}
	if err := bench.choose(*only, *tenants); err != nil {
		return err
	}
	giveUp, err := framework.TakeTurn()
	if err != nil {
		return err
	}
	product, err := framework.Install(ctx, framework.Settings{
		Prefix: "bench", PodCIDR: "10.218.0.0/16", ServiceCIDR: "10.118.0.0/16",
	})
	if err != nil {
		return errors.Join(err, giveUp())
	}
	bench.product = product
	report, err := bench.all(ctx)
	err = errors.Join(err, bench.tidy(context.WithoutCancel(ctx)), giveUp())
	if err != nil {
		return err
	}
	return report.write(out, *jsonFile)
}

// names of the parts.
func names() []string {
	var all []string
	for _, part := range parts() {
		all = append(all, part.name)
	}
	return all
}

// choose takes over which parts are asked for, and how many tenants.
func (b *bench) choose(only, tenants string) error {
	var faults []error
	for name := range strings.SplitSeq(only, ",") {
		switch {
		case name == "":
		case slices.Contains(names(), name):
			b.only = append(b.only, name)
		default:
			faults = append(faults, fmt.Errorf("-only %s: there is no such part: use %s", name, strings.Join(names(), ", ")))
		}
	}
	for text := range strings.SplitSeq(tenants, ",") {
		count, err := strconv.Atoi(text)
		if err != nil || count <= 0 || len(b.counts) > 0 && count <= b.counts[len(b.counts)-1] {
			faults = append(faults, fmt.Errorf("-tenants %s: %q is not a number above those before it", tenants, text))
			continue
		}
		b.counts = append(b.counts, count)
	}
	return errors.Join(faults...)
}
