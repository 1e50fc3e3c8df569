package browser

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/rampart-iac/rampart/baseline"
)

// shown are the IDs of the controls that are to be seen.
const shown = `[...document.querySelectorAll("details.control")].filter(e => e.offsetHeight > 0).map(e => e.id)`

func TestThePageStandsAlone(t *testing.T) {
	t.Parallel()
	whole := open(t, page(t))
	if title := ask[string](t, whole, "document.title"); !strings.Contains(title, "kind, 97 %") {
		t.Errorf("title %q", title)
	}
	if complaints, requests := whole.heard(); len(complaints)+len(requests) > 0 {
		t.Errorf("complaints %q, requests %q", complaints, requests)
	}
	// Control: the page's own policy keeps out what somebody puts into it, and the test would hear of it.
	for says, foreign := range map[string]string{
		"a script of somebody else": `<script>document.title = "taken"</script>`,
		"a picture from elsewhere":  `<img src="http://127.0.0.1:9/pixel.png" alt="">`,
		"a style of somebody else":  `<style>body { display: none }</style>`,
	} {
		spoilt := open(t, bytes.Replace(page(t), []byte("</main>"), []byte(foreign+"</main>"), 1))
		if complaints, _ := spoilt.heard(); len(complaints) == 0 {
			t.Errorf("control: %s is let in, and nobody says so", says)
		}
		if title := ask[string](t, spoilt, "document.title"); title == "taken" {
			t.Errorf("%s runs", says)
		}
	}
}

func TestSearchAndFilters(t *testing.T) {
	t.Parallel()
	tab := open(t, page(t))
	every := len(baseline.Controls())
	count := func(want int, what string) {
		t.Helper()
		if got := ask[[]string](t, tab, shown); len(got) != want {
			t.Errorf("%s: %d controls are shown, want %d: %v", what, len(got), want, got)
		}
		text := ask[string](t, tab, `document.getElementById("shown").textContent`)
		if said := fmt.Sprintf("%d of %d controls", want, every); want < every && text != said {
			t.Errorf("%s: the status says %q, want %q", what, text, said)
		}
	}
	matching := func(match func(baseline.Control) bool) int {
		number := 0
		for _, control := range baseline.Controls() {
			if match(control) {
				number++
			}
		}
		return number
	}
	count(every, "at first")

	tab.do(t, chromedp.SendKeys(chromedp.CSS("#f-text"), "rmp-net-003"))
	count(1, "an ID")
	tab.do(t, chromedp.Click(chromedp.CSS("#reset")))
	count(every, "after clearing")
	if focused := ask[string](t, tab, "document.activeElement.id"); focused != "f-text" {
		t.Errorf("after clearing the focus is on %q", focused)
	}

	choose := func(field, value string) {
		t.Helper()
		tab.do(t, script(fmt.Sprintf(
			`{ const field = document.querySelector(%q); field.value = %q; field.dispatchEvent(new Event("input")) }`, field, value)))
	}
	inNetwork := func(control baseline.Control) bool { return control.Area() == baseline.AreaNetwork }
	choose("#f-area", "NET")
	count(matching(inNetwork), "an area")
	headings := ask[[]string](t, tab, `[...document.querySelectorAll("section.area")].filter(e => e.offsetHeight > 0).map(e => e.id)`)
	if len(headings) != 1 || headings[0] != "area-NET" {
		t.Errorf("headings of areas: %v", headings)
	}
	tab.do(t, chromedp.Click(chromedp.CSS(`input[value="failed"] + span`)))
	count(1, "an area and a verdict")
	tab.do(t, chromedp.Click(chromedp.CSS(`input[value="planned"] + span`)))
	choose("#f-area", "")
	count(2, "two verdicts")
	tab.do(t, chromedp.Click(chromedp.CSS("#reset")))

	cited := func(control baseline.Control) bool {
		for _, reference := range control.References {
			if reference.Framework == baseline.OWASP {
				return true
			}
		}
		return false
	}
	choose("#f-framework", "owasp")
	count(matching(cited), "a framework")
	choose("#f-severity", "critical")
	count(matching(func(c baseline.Control) bool { return cited(c) && c.Severity == baseline.SeverityCritical }),
		"a framework and a severity")
	tab.do(t, chromedp.SendKeys(chromedp.CSS("#f-text"), "there is no such word"))
	count(0, "nothing")
	if hidden := ask[bool](t, tab, `document.getElementById("nothing").hidden`); hidden {
		t.Error("nobody says that nothing was found")
	}

	// A link to a control goes there, whatever the filters say.
	tab.do(t, script(`location.hash = "RMP-NET-003"`), chromedp.WaitVisible(chromedp.CSS("#RMP-NET-003 .body")))
	count(every, "after following a link")

	tab.do(t, chromedp.Click(chromedp.CSS("#open-all")))
	if closed := ask[int](t, tab, `document.querySelectorAll("details.control:not([open])").length`); closed > 0 {
		t.Errorf("%d controls are closed after opening all", closed)
	}
	if complaints, requests := tab.heard(); len(complaints)+len(requests) > 0 {
		t.Errorf("complaints %q, requests %q", complaints, requests)
	}
}

func TestByKeyboard(t *testing.T) {
	t.Parallel()
	tab := open(t, page(t))
	focused := func() string { return ask[string](t, tab, `document.activeElement.outerHTML.slice(0, 60)`) }
	tab.do(t, chromedp.KeyEvent(kb.Tab))
	if first := focused(); !strings.Contains(first, `class="skip"`) {
		t.Errorf("the first stop is %s", first)
	}
	tab.do(t, chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent(kb.Tab))
	if ask[bool](t, tab, `document.querySelector("nav").contains(document.activeElement)`) {
		t.Error("skipping to the content does not skip the sections")
	}
	tab.do(t, chromedp.Focus(chromedp.CSS("#RMP-CPL-001 > summary")), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS("#RMP-CPL-001 .body")))
	tab.do(t, chromedp.Focus(chromedp.CSS(`input[value="failed"]`)), chromedp.KeyEvent(" "))
	if got := ask[[]string](t, tab, shown); len(got) != 1 || got[0] != failedControl {
		t.Errorf("shown: %v", got)
	}
}

func TestWithScriptsOff(t *testing.T) {
	t.Parallel()
	tab := open(t, page(t), command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	if got, want := len(ask[[]string](t, tab, shown)), len(baseline.Controls()); got != want {
		t.Errorf("%d controls are shown, want %d", got, want)
	}
	for _, dead := range []string{"#filters", "button.copy", "#nothing"} {
		if seen := ask[bool](t, tab, fmt.Sprintf(`document.querySelector(%q).offsetHeight > 0`, dead)); seen {
			t.Errorf("%s is shown and does nothing", dead)
		}
	}
	tab.do(t, chromedp.Click(chromedp.CSS("#RMP-NET-003 > summary")), chromedp.WaitVisible(chromedp.CSS("#RMP-NET-003 .body")))
	text := ask[string](t, tab, `document.querySelector("#RMP-NET-003 .body").innerText`)
	for _, want := range []string{
		"a pod in blue reaches a pod in green", "rampart verify --stack kind --control RMP-NET-003", "Without it:",
		"1 control experiment succeeded",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
}

func TestOnPaperEverythingIsOpen(t *testing.T) {
	t.Parallel()
	tab := open(t, page(t))
	// Not by its height: how many lines a title takes is for the fonts of the machine to say.
	const seen = `(e => e.checkVisibility() && e.offsetHeight > 0)(document.querySelector("#RMP-CPL-001 .evidence"))`
	if ask[bool](t, tab, seen) {
		t.Fatal("control: it is open on the screen already")
	}
	dark := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}
	paper := command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print", Features: dark})
	tab.do(t, paper)
	if !ask[bool](t, tab, seen) {
		t.Error("its evidence is not on paper")
	}
	const filtered = `document.querySelector("#partial").offsetHeight > 0`
	for _, unwanted := range []string{`document.querySelector("#filters").offsetHeight > 0`, filtered} {
		if ask[bool](t, tab, unwanted) {
			t.Errorf("on paper: %s", unwanted)
		}
	}
	if got := ask[string](t, tab, `getComputedStyle(document.body).color`); got != "rgb(29, 35, 40)" {
		t.Errorf("on paper the text is %s for somebody who reads in the dark", got)
	}
	// What is printed with filters on must not pass for the whole.
	tab.do(t, command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "screen"}),
		chromedp.SendKeys(chromedp.CSS("#f-text"), "rmp-net-003"))
	if ask[bool](t, tab, filtered) {
		t.Error("on the screen the filters say it themselves")
	}
	tab.do(t, paper)
	want := fmt.Sprintf("Filtered: 1 of %d controls.", len(baseline.Controls()))
	if got := ask[string](t, tab, `document.querySelector("#partial").innerText`); got != want {
		t.Errorf("on paper it says %q, want %q", got, want)
	}
}

// outside are the parts of the page that reach over its right edge, but for those in frames that scroll.
const outside = `[...document.querySelectorAll("body *")].filter(e => !e.closest(".scroll, .sections, .unseen, .symbols, [hidden]") &&
	e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))`

// TestOnATelephone: nothing is cut off, down to the width that WCAG's reflow asks for, with everything open.
func TestOnATelephone(t *testing.T) {
	t.Parallel()
	for _, width := range []int64{390, 320} {
		tab := open(t, page(t), screen(width))
		tab.do(t, script(`document.querySelectorAll("details").forEach(each => { each.open = true })`))
		if got := ask[int64](t, tab, `document.scrollingElement.scrollWidth`); got > width {
			t.Errorf("the page is %d pixels wide on a screen of %d", got, width)
		}
		if got := ask[[]string](t, tab, outside); len(got) > 0 {
			t.Errorf("on a screen of %d pixels %d parts reach over the edge: %s", width, len(got), got[0])
		}
	}
}

func TestPictures(t *testing.T) {
	t.Parallel()
	tab := open(t, page(t))
	for what, want := range map[string]string{
		`document.querySelector("#trend svg.trend").getAttribute("aria-label")`: "3 runs, 1 of them cut short, which do not count. The newest of the others has a score of 97 %; none had less.",
		`document.querySelector("#reach .c-breach").textContent`:                "arrived, and must not: tcp 8080",
		`document.querySelector("#reach .c-shut").textContent`:                  "dropped, as it must be: udp 8081",
		`document.querySelector("#reach p").textContent`:                        "3 connections were tried; 1 of them",
		`document.querySelector("#rights .c-breach").textContent`:               "may, and must not",
		`document.querySelector("#rights .c-open").textContent`:                 "may",
		`document.querySelector("#waivers tbody").textContent`:                  "10 days left",
		`document.querySelector("#framework-cis").textContent`:                  "1.2.27",
		`document.querySelector("#summary .attention").textContent`:             "a pod in blue reaches a pod in green",
		`document.querySelector("#summary .note").textContent`:                  "there is no engine",
	} {
		if got := ask[string](t, tab, what); !strings.Contains(got, want) {
			t.Errorf("%s is %q, want %q in it", what, got, want)
		}
	}
	for what, want := range map[string]int{".point": 3, ".m-cut circle": 2, "line.break": 1, "#trend tbody tr": 3} {
		if got := ask[int](t, tab, fmt.Sprintf(`document.querySelectorAll(%q).length`, what)); got != want {
			t.Errorf("%d of %s, want %d", got, what, want)
		}
	}
}
