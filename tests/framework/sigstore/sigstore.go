// Package sigstore starts a private Sigstore on this machine's loopback: the real certificate and timestamp authorities, built
// from tools/sigstore, and an issuer of tokens that believes everybody.
package sigstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/tests/framework/inputs"
)

// startDeadline is for the authorities to serve, on a busy machine.
const startDeadline = time.Minute

// Instance is one Sigstore, with keys of its own.
type Instance struct {
	Issuer     string `json:"issuer"`
	Fulcio     string `json:"fulcio"`
	Timestamps string `json:"timestamps"`

	// TrustedRoot is the file that whoever checks signatures is given.
	TrustedRoot string `json:"-"`
}

// program is built once for all instances of a test program.
var program = sync.OnceValues(func() (string, error) {
	root, err := framework.RepositoryRoot()
	if err != nil {
		return "", err
	}
	source := filepath.Join(root, "tools", "sigstore")
	if err := inputs.Note(source); err != nil {
		return "", err
	}
	folder := filepath.Join(root, ".rampart") // which is its owner's alone, whoever is first to make it
	// Past package os: Go would note the time of the folder, in which every run makes files.
	if err := syscall.Mkdir(folder, 0o700); err != nil && !errors.Is(err, syscall.EEXIST) {
		return "", fmt.Errorf("making %s: %w", folder, err)
	}
	path := filepath.Join(folder, "bin", "sigstore")
	build := exec.CommandContext(context.Background(), "go", "build", "-ldflags=-s -w", "-o", path, ".")
	build.Dir = source
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building Sigstore: %w\n%s", err, output)
	}
	return path, nil
})

// MustStart starts an instance, which ends with the test.
func MustStart(t *testing.T) *Instance {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ctx, stop := context.WithCancel(context.Background())
	command := inputs.Command(ctx, path, dir)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = command.Wait() // it was killed
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("%s", text)
		}
	})
	instance := &Instance{TrustedRoot: filepath.Join(dir, "trusted_root.json")}
	framework.Eventually(t, "Sigstore to serve", startDeadline, func(context.Context) error {
		_, err := os.Stat(instance.TrustedRoot)
		return err
	})
	text, err := os.ReadFile(filepath.Join(dir, "sigstore.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, instance); err != nil {
		t.Fatal(err)
	}
	return instance
}

// Token returns a file with a token for somebody. More are names and values in turn: an audience, a lifetime.
func (i *Instance) Token(t *testing.T, email string, more ...string) string {
	t.Helper()
	query := url.Values{"email": {email}}
	for at := 0; at+1 < len(more); at += 2 {
		query.Set(more[at], more[at+1])
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, i.Issuer+"/token?"+query.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	token, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s %v: %s", response.Status, err, token)
	}
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, token, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
