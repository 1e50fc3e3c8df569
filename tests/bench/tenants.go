package main

import (
	"context"
	"fmt"
	"strconv"
)

// tenantAim is how much more a tenant's share of up may be among many tenants than among few: the cost is to stay level,
// and two measurements of the same thing differ by as much.
const tenantAim = 1.25

// tenants measures what a tenant costs: up with more and more of them, and each time up without changes. The stack ends as
// it began.
func (b *bench) tenants(ctx context.Context, report *Report) error {
	unchanged, err := median(b.repeat, func() (Usage, error) { return b.rampart(ctx, "up") })
	if err != nil {
		return err
	}
	standing := 0
	var share []float64 // seconds that one tenant took
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
		if unchanged, err = median(b.repeat, func() (Usage, error) { return b.rampart(ctx, "up") }); err != nil {
			return err
		}
		report.add(fmt.Sprintf("up without changes, %d more tenants", count), unchanged)
		standing = count
	}
	if last := len(share) - 1; last > 0 {
		report.Ratios = append(report.Ratios, Ratio{
			What:  fmt.Sprintf("up for each tenant, up to %d of them to up to %d", b.counts[last], b.counts[last-1]),
			Value: share[last] / share[last-1], Aim: tenantAim,
		})
	}
	if err := b.configureTenants(0); err != nil {
		return err
	}
	_, err = b.rampart(ctx, "up")
	return err
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
