package browser

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// violation is one rule that axe-core finds broken.
type violation struct {
	ID, Impact, Help string
	Nodes            []struct{ HTML string }
}

// check has axe-core look at the whole page, with everything open.
func check(t *testing.T, o *tab) []violation {
	t.Helper()
	axe, err := os.ReadFile(tools.Axe)
	if err != nil {
		t.Fatal(err)
	}
	o.do(t, script(`document.querySelectorAll("details").forEach(each => { each.open = true })`), script(string(axe)+"; true"))
	found := ask[struct {
		Violations []violation
		Passes     []struct{ ID string }
	}](t, o, `axe.run(document, {resultTypes: ["violations"]})`)
	if len(found.Passes) == 0 {
		t.Error("axe-core checked nothing")
	}
	return found.Violations
}

// screen is a screen of a width in pixels.
func screen(width int64) step {
	return command(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: 900, DeviceScaleFactor: 1,
	})
}

// TestNobodyIsKeptOut: axe-core finds nothing at all, in light and dark, on a wide and on a narrow screen.
func TestNobodyIsKeptOut(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1280, 390} {
			t.Run(fmt.Sprintf("%s %d", scheme, width), func(t *testing.T) {
				t.Parallel()
				shown := open(t, page(t), screen(width), command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
					Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
				}))
				for _, each := range check(t, shown) {
					t.Errorf("%s (%s): %s: %s, and %d more", each.ID, each.Impact, each.Help, each.Nodes[0].HTML, len(each.Nodes)-1)
				}
			})
		}
	}
}

// TestTheCheckSeesFaults breaks the page for some people, and wants axe-core to say so.
func TestTheCheckSeesFaults(t *testing.T) {
	t.Parallel()
	spoilt := bytes.Replace(page(t), []byte(`<label for="f-text">Search</label>`), nil, 1)
	spoilt = bytes.Replace(spoilt, []byte(`placeholder="etcd, 1.2.27, RMP-NET …"`), nil, 1)
	spoilt = bytes.Replace(spoilt, []byte(`role="region" aria-label="Table of who reaches whom"`), []byte(`role="nonsense"`), 1)
	var ids []string
	for _, each := range check(t, open(t, spoilt)) {
		ids = append(ids, each.ID)
	}
	if got := strings.Join(ids, " "); !strings.Contains(got, "label") || !strings.Contains(got, "aria-roles") {
		t.Errorf("found %s", got)
	}
}
