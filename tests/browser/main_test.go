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

// tools are what tools/browser finds or gets.
var tools struct{ Chromium, Axe string }

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
	command := exec.Command("go", "run", ".")
	command.Dir = filepath.Join("..", "..", "tools", "browser")
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return 0, fmt.Errorf("%w: %s", err, stderr.String())
	}
	if err := json.Unmarshal(stdout.Bytes(), &tools); err != nil {
		return 0, err
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
