package plan

import (
	"embed"
	"fmt"
	"time"

	"gopkg.in/yaml.v3"
)

// Prices are the list prices of one cloud, as far as somebody has written them down.
type Prices struct {
	// Cloud is the name of its package: aws.
	Cloud string `yaml:"cloud"`

	// AsOf is the day on which the table was last gone through.
	AsOf string `yaml:"asOf"`

	Currency string `yaml:"currency"`

	// LeftOut is what costs money and no line of the table is about.
	LeftOut []string `yaml:"leftOut"`

	Lines []Price `yaml:"prices"`
}

// Price is one price.
type Price struct {
	// Item is what is paid for, as the code of package plan calls it: cluster, node/m7i.large.
	Item string `yaml:"item"`

	// Region is the one that it is the price of; all if it is the same in each.
	Region string `yaml:"region"`

	// Unit that Amount is for: hour, month or GiB-month.
	Unit   string  `yaml:"unit"`
	Amount float64 `yaml:"amount"`

	// AsOf is the day that the source speaks of, as 2026-03-31, or unknown. Source is where the price is from.
	AsOf   string `yaml:"asOf"`
	Source string `yaml:"source"`
}

// hoursPerMonth is how the clouds' own calculators count.
const hoursPerMonth = 730

// unknownDay stands for a day that the source does not say.
const unknownDay = "unknown"

// anyRegion stands for all.
const anyRegion = "all"

//go:embed prices/*.yaml
var priceFiles embed.FS

// PricesOf reads the table of a cloud: aws, azure-native or gcp.
func PricesOf(cloud string) (Prices, error) {
	content, err := priceFiles.ReadFile("prices/" + cloud + ".yaml")
	if err != nil {
		return Prices{}, fmt.Errorf("prices of %s: %w", cloud, err)
	}
	var table Prices
	if err := yaml.Unmarshal(content, &table); err != nil {
		return Prices{}, fmt.Errorf("prices of %s: %w", cloud, err)
	}
	return table, table.check()
}

// check finds lines that do not say all that a price must.
func (p Prices) check() error {
	units := map[string]bool{"hour": true, "month": true, "GiB-month": true}
	for _, line := range p.Lines {
		if line.Item == "" || line.Region == "" || line.Source == "" || line.Amount <= 0 || !units[line.Unit] {
			return fmt.Errorf("prices of %s: the line of %q lacks its region, source, amount or unit", p.Cloud, line.Item)
		}
		if _, err := time.Parse(time.DateOnly, line.AsOf); err != nil && line.AsOf != unknownDay {
			return fmt.Errorf("prices of %s: the line of %q: %w", p.Cloud, line.Item, err)
		}
	}
	return nil
}

// find returns the price of an item in a region.
func (p Prices) find(item, region string) (Price, bool) {
	for _, line := range p.Lines {
		if line.Item == item && (line.Region == region || line.Region == anyRegion) {
			return line, true
		}
	}
	return Price{}, false
}

// monthly is what one unit of the price comes to in a month.
func (p Price) monthly() float64 {
	if p.Unit == "hour" {
		return p.Amount * hoursPerMonth
	}
	return p.Amount
}
