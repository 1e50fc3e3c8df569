package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// variable has what tools/browser printed, where somebody has asked it before. Go keeps a result for the same browser: a test reads
// the variable, and its text has the browser's version and the digest of what checks the pages.
const variable = "RAMPART_BROWSER"

// tools are what tools/browser finds or gets.
var tools struct{ Chromium, Version, Axe string }

// browser is the one Chromium that every test opens its own tabs in.
var browser context.Context

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	text := []byte(os.Getenv(variable))
	if len(text) == 0 {
		var err error
		if text, err = find(); err != nil {
			return 0, err
		}
	}
	if err := json.Unmarshal(text, &tools); err != nil {
		return 0, fmt.Errorf("%q is not what tools/browser prints: %w", text, err)
	}
	profile, err := os.MkdirTemp("", "rampart-browser-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(profile) }()
	// The browser itself must not call home either: no packet leaves the machine.
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(tools.Chromium), chromedp.UserDataDir(profile), chromedp.DisableGPU,
		chromedp.Flag("no-sandbox", os.Geteuid() == 0), // root has no sandbox to give
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.WSURLReadTimeout(startDeadline),
	)...)
	defer stop()
	first, closeFirst := chromedp.NewContext(allocator)
	defer closeFirst()
	if err := chromedp.Do(first); err != nil {
		return 0, fmt.Errorf("starting %s: %w", tools.Chromium, err)
	}
	browser = first
	return m.Run(), nil
}

// startDeadline is for the browser to start, on a machine that compiles at the same time.
const startDeadline = 90 * time.Second

// find asks tools/browser.
func find() ([]byte, error) {
	command := exec.Command("go", "run", ".")
	command.Dir = filepath.Join("..", "..", "tools", "browser")
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, stderr.String())
	}
	return stdout.Bytes(), nil
}
