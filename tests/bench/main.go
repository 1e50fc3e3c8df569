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
	cold := flags.Bool("cold", false, "also build the tools with empty caches, which takes half an hour or more")
	repeat := flags.Int("repeat", 3, "how often to measure what is short; the median is reported")
	requests := flags.Bool("admission", false, "measure admission alone, which needs no cluster")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *requests {
		report, err := (&bench{progress: progress}).only(ctx, (*bench).admissionLatency)
		if err != nil {
			return err
		}
		return report.write(out, *jsonFile)
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
	bench := &bench{product: product, progress: progress, repeat: max(1, *repeat), cold: *cold}
	report, err := bench.all(ctx)
	err = errors.Join(err, bench.tidy(context.WithoutCancel(ctx)), giveUp())
	if err != nil {
		return err
	}
	return report.write(out, *jsonFile)
}
