package browser

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tabDeadline is for all that one test does in its tab.
const tabDeadline = 2 * time.Minute

// tab is one tab with the report in it, and what the browser said about it.
type tab struct {
	context.Context

	mutex    sync.Mutex
	said     []string
	requests []string
}

// step is something that is done in a tab, and has no outcome but an error.
type step = chromedp.Action[chromedp.Void]

// command is a step that is a command of the browser's protocol.
func command[P, R any](command cdp.Command[P, R], params P) step {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, command, params)
		return err
	})
}

// script is a step that runs a script of the test's own in the page.
func script(text string) step { return chromedp.Evaluate[chromedp.Void](text) }

// open shows a page in a new tab, after some settings of the tab.
func open(t *testing.T, content []byte, before ...step) *tab {
	t.Helper()
	_ = os.Getenv(variable) // Go notes what is read while tests run
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, closeTab := chromedp.NewContext(browser)
	t.Cleanup(closeTab)
	opened := &tab{Context: ctx}
	opened.do(t)
	ctx, cancel := context.WithTimeout(ctx, tabDeadline) // not before the tab is there: its end would be the browser's
	t.Cleanup(cancel)
	opened.Context = ctx
	if err := chromedp.Listen(ctx, opened.listen); err != nil {
		t.Fatal(err)
	}
	opened.do(t, append([]step{
		command(log.Enable, cdp.Empty{}), command(network.Enable, network.EnableParams{}), command(runtime.Enable, cdp.Empty{}),
	}, before...)...)
	opened.do(t, chromedp.Navigate("file://"+file))
	return opened
}

func (o *tab) listen(event any) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	switch event := event.(type) {
	case *log.EventEntryAdded:
		o.said = append(o.said, event.Entry.Text)
	case *runtime.EventConsoleAPICalled:
		o.said = append(o.said, string(event.Type))
	case *runtime.EventExceptionThrown:
		o.said = append(o.said, event.ExceptionDetails.Text)
	case *network.EventRequestWillBeSent:
		if url := event.Request.URL; !strings.HasPrefix(url, "data:") {
			o.requests = append(o.requests, url)
		}
	}
}

// heard is what the browser complained of, and what it asked for beside the page itself.
func (o *tab) heard() (complaints, requests []string) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.said, o.requests[1:]
}

func (o *tab) do(t *testing.T, steps ...step) {
	t.Helper()
	if err := chromedp.Do(o, steps...); err != nil {
		t.Fatal(err)
	}
}

// ask evaluates an expression in the page.
func ask[T any](t *testing.T, o *tab, expression string) T {
	t.Helper()
	value, err := chromedp.Run(o, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return value
}
