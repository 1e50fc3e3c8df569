package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/tests/framework"
)

// upDeadline and destroyDeadline are for a machine with cold caches, on which the tools are built or pulled first.
const (
	upDeadline      = 45 * time.Minute
	destroyDeadline = 10 * time.Minute
)

// What the specs look at: made once by TestMain.
var (
	product *framework.Product
	cluster *framework.Cluster
)

func TestMain(m *testing.M) {
	code, err := run(context.Background(), m, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// run brings the stack up, runs the specs and takes it down; what destroy leaves behind is a failure like any other.
func run(ctx context.Context, m *testing.M, out io.Writer) (code int, err error) {
	giveUp, err := framework.TakeTurn(framework.FirstSeat)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, giveUp()) }()
	product, err = framework.Install(ctx, framework.Settings{
		Prefix: "e2e", PodCIDR: "10.214.0.0/16", ServiceCIDR: "10.114.0.0/16",
	})
	if err != nil {
		return 1, err
	}
	before, err := product.Census(ctx)
	if err != nil {
		return 1, err
	}
	code, err = specs(ctx, m, out)
	if product.Kept() {
		fmt.Fprintf(out, "kept cluster %s in %s\n", product.Cluster, product.Dir)
		return code, err
	}
	return code, errors.Join(err, takeDown(ctx, before), product.Remove())
}

func specs(ctx context.Context, m *testing.M, out io.Writer) (code int, err error) {
	defer func() {
		if code != 0 || err != nil {
			product.Collect(ctx, cluster, out)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, upDeadline)
	defer cancel()
	if err := product.GiveSecret(ctx); err != nil {
		return 1, err
	}
	if _, err := product.Up(ctx); err != nil {
		return 1, err
	}
	if cluster, err = product.Connect(ctx); err != nil {
		return 1, err
	}
	if err := cluster.Outweigh(ctx); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

func takeDown(ctx context.Context, before framework.Census) error {
	ctx, cancel := context.WithTimeout(ctx, destroyDeadline)
	defer cancel()
	if _, err := product.Destroy(ctx); err != nil {
		return err
	}
	left, err := product.Left(ctx, before)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("destroy left behind:\n%s", left)
	}
	return nil
}
