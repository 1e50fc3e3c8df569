package plan

import (
	"strings"
	"testing"
)

func TestPricesSayWhereTheyAreFrom(t *testing.T) {
	t.Parallel()
	for _, cloud := range []string{"aws", "azure-native", "gcp"} {
		table, err := PricesOf(cloud)
		if err != nil {
			t.Error(err)
		}
		if table.Cloud != cloud || table.AsOf == "" || table.Currency == "" || len(table.Lines) == 0 || len(table.LeftOut) == 0 {
			t.Errorf("%s: the table lacks its cloud, day, currency, lines or what is left out", cloud)
		}
	}
	if _, err := PricesOf("elsewhere"); err == nil {
		t.Error("control: there are prices of a cloud that there is not")
	}
	good := Price{Item: "cluster", Region: anyRegion, Unit: "hour", Amount: 1, AsOf: "2026-11-26", Source: "somewhere"}
	if err := (Prices{Lines: []Price{good}}).check(); err != nil {
		t.Errorf("control: %v", err)
	}
	for name, spoil := range map[string]func(*Price){
		"no source": func(p *Price) { p.Source = "" },
		"no region": func(p *Price) { p.Region = "" },
		"no day":    func(p *Price) { p.AsOf = "" },
		"no amount": func(p *Price) { p.Amount = 0 },
		"no unit":   func(p *Price) { p.Unit = "" },
	} {
		line := good
		spoil(&line)
		if (Prices{Lines: []Price{line}}).check() == nil {
			t.Errorf("a line with %s is taken", name)
		}
	}
}

// TestUnknownPricesAreNotGuessed: neither another region's price nor nothing stands for one that nobody has written down.
func TestUnknownPricesAreNotGuessed(t *testing.T) {
	t.Parallel()
	table := Prices{Currency: "USD", AsOf: "2026-11-26", Lines: []Price{
		{Item: "node/big", Region: "here", Unit: "hour", Amount: 2},
		{Item: "key", Region: anyRegion, Unit: "month", Amount: 1},
	}}
	wants := []wanted{{"nodes big", "node/big", 3}, {"keys", "key", 2}, {"nothing", "key", 0}}
	here := table.estimate("here", wants)
	if here.Monthly != 3*2*hoursPerMonth+2 || len(here.Unpriced) != 0 || len(here.Items) != 2 {
		t.Errorf("got %+v", here)
	}
	elsewhere := table.estimate("elsewhere", wants)
	if elsewhere.Monthly != 2 || len(elsewhere.Unpriced) != 1 || elsewhere.Items[0].Monthly != nil {
		t.Errorf("got %+v", elsewhere)
	}
	var text strings.Builder
	if err := (Plan{Cost: elsewhere}).WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"at least 2 USD", "unknown"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, text.String())
		}
	}
}
