package plan

import (
	"fmt"
	"slices"
)

// Cost is an estimate of what a stack costs in a month, before traffic.
type Cost struct {
	Currency string `json:"currency"`
	Region   string `json:"region"`

	// PricesAsOf is the day on which the table of prices was last gone through.
	PricesAsOf string `json:"pricesAsOf"`

	Items []CostItem `json:"items"`

	// Monthly is the sum of what has a price, and Unpriced is what has none: the sum is the least that it can be.
	Monthly  float64  `json:"monthly"`
	Unpriced []string `json:"unpriced"`

	// LeftOut is what is not counted at all.
	LeftOut []string `json:"leftOut"`
}

// CostItem is one line of the estimate.
type CostItem struct {
	What     string  `json:"what"`
	Quantity float64 `json:"quantity"`
	Unit     string  `json:"unit"`

	// Amount of one unit; nil if nobody has written down a price. Monthly is for all of them.
	Amount  *float64 `json:"amount"`
	Monthly *float64 `json:"monthly"`

	// AsOf and Source are those of the price.
	AsOf   string `json:"asOf,omitempty"`
	Source string `json:"source,omitempty"`
}

// wanted is something that costs money.
type wanted struct {
	what, item string
	quantity   float64
}

// estimate prices what a record makes. It is nil where nothing is paid for.
func estimate(record Record, region string) (*Cost, error) {
	cloud, wants := costs(record)
	if cloud == "" {
		return nil, nil
	}
	table, err := PricesOf(cloud)
	if err != nil {
		return nil, err
	}
	return table.estimate(region, wants), nil
}

func (p Prices) estimate(region string, wants []wanted) *Cost {
	cost := &Cost{Currency: p.Currency, Region: region, PricesAsOf: p.AsOf, LeftOut: p.LeftOut, Unpriced: []string{}}
	for _, each := range wants {
		if each.quantity == 0 {
			continue
		}
		item := CostItem{What: each.what, Quantity: each.quantity}
		if price, known := p.find(each.item, region); known {
			amount, monthly := price.Amount, price.monthly()*each.quantity
			item.Amount, item.Monthly, item.Unit, item.AsOf, item.Source = &amount, &monthly, price.Unit, price.AsOf, price.Source
			cost.Monthly += monthly
		} else {
			cost.Unpriced = append(cost.Unpriced, fmt.Sprintf("%v x %s", each.quantity, each.what))
		}
		cost.Items = append(cost.Items, item)
	}
	return cost
}

// costs finds what is paid for, and by which cloud.
func costs(record Record) (string, []wanted) {
	for _, each := range record.Resources {
		switch each.Kind() {
		case "aws:Cluster":
			return "aws", awsCosts(record)
		case "azure-native:ManagedCluster":
			return "azure-native", azureCosts(record)
		case "gcp:Cluster":
			return "gcp", gcpCosts(record)
		}
	}
	return "", nil
}

// add counts more of what is there already, or begins a line.
func add(wants []wanted, more wanted) []wanted {
	at := slices.IndexFunc(wants, func(each wanted) bool { return each.item == more.item && each.what == more.what })
	if at < 0 {
		return append(wants, more)
	}
	wants[at].quantity += more.quantity
	return wants
}
