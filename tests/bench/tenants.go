package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// tenantAim is how much more a tenant's share of up may be among many tenants than among few: the cost is to stay level,
// and two measurements of the same thing differ by as much.
const tenantAim = 1.25

// tenants measures what a tenant costs: up with more and more of them, and each time up without changes. The stack ends as
// it began.
func (b *bench) tenants(ctx context.Context, report *Report) error {
	unchanged, err := b.unchanged(ctx)
	if err != nil {
		return err
	}
	standing := 0
	var share, cpu []float64 // seconds that one tenant took
	for _, count := range b.counts {
		if err := b.configureTenants(count); err != nil {
			return err
		}
		up, err := b.rampart(ctx, "up")
		if err != nil {
			return err
		}
		report.add(fmt.Sprintf("up from %d more tenants to %d", standing, count), up)
		share = append(share, (up.WallSeconds-unchanged.WallSeconds)/float64(count-standing))
		cpu = append(cpu, (up.CPUSeconds-unchanged.CPUSeconds)/float64(count-standing))
		if unchanged, err = b.unchanged(ctx); err != nil {
			return err
		}
		report.add(fmt.Sprintf("up without changes, %d more tenants", count), unchanged)
		size, err := b.stateSize()
		if err != nil {
			return err
		}
		report.Amounts = append(report.Amounts, Amount{
			What: fmt.Sprintf("state with %d more tenants", count), Value: size, Unit: "KiB",
		})
		standing = count
	}
	if last := len(share) - 1; last > 0 {
		what := fmt.Sprintf("up for each tenant, up to %d of them to up to %d", b.counts[last], b.counts[last-1])
		report.Ratios = append(report.Ratios,
			Ratio{What: what, Value: share[last] / share[last-1], Aim: tenantAim},
			Ratio{What: "CPU time of " + what, Value: cpu[last] / cpu[last-1], Aim: tenantAim})
	}
	if err := b.configureTenants(0); err != nil {
		return err
	}
	b.say("taking the tenants away")
	// Nobody waits for this, and with a state that is written at each step it would take longer than all the rest.
	_, err = measure(ctx, b.product.Root, append(b.product.Environment(), "PULUMI_SKIP_CHECKPOINTS=true"), b.product.Binary,
		b.product.StackArgs("up")...)
	return err
}

// stateSize is what the engine reads and writes as a whole, in KiB.
func (b *bench) stateSize() (float64, error) {
	files, err := filepath.Glob(filepath.Join(b.product.Home(), "state", ".pulumi", "stacks", "*", b.product.Stack+".json"))
	if err != nil {
		return 0, err
	}
	if len(files) != 1 {
		return 0, fmt.Errorf("the state is in %q, want one file", files)
	}
	info, err := os.Stat(files[0])
	if err != nil {
		return 0, err
	}
	const kib = 1024
	return float64(info.Size()) / kib, nil
}

func (b *bench) configureTenants(more int) error {
	config := b.product.Config()
	tenants, ok := config["rampart:tenants"].([]map[string]any)
	if !ok {
		return fmt.Errorf("the tenants of a test stack are %T", config["rampart:tenants"])
	}
	for i := range more {
		tenants = append(tenants, map[string]any{"name": "more-" + strconv.Itoa(i+1)})
	}
	config["rampart:tenants"] = tenants
	return b.product.Configure(config)
}
