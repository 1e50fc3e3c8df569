package road

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/stacks"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	reachable := func(context.Context) error { return nil }
	unreachable := func(context.Context) error { return errors.New("no such host") }
	for name, test := range map[string]struct {
		question Question
		want     stacks.Road
		reason   string
		fails    string
	}{
		"flag":                   {Question{Flag: "airgap", Environment: "published"}, "airgap", "--road", ""},
		"variable":               {Question{Environment: "published", Taken: "airgap"}, "published", Variable, ""},
		"taken before":           {Question{Taken: "published", CacheExists: true}, "published", "before", ""},
		"built before":           {Question{CacheExists: true}, "airgap", "already", ""},
		"with a network":         {Question{Reachable: reachable}, "published", "answers", ""},
		"without a network":      {Question{Reachable: unreachable}, "airgap", "no such host", ""},
		"no such road":           {Question{Flag: "sea"}, "", "", `--road "sea": there is no such road`},
		"no such road, variable": {Question{Environment: "sea"}, "", "", Variable + ` "sea": there is no such road`},
	} {
		if test.question.Reachable == nil {
			test.question.Reachable = func(context.Context) error {
				t.Errorf("%s: the network was asked without need", name)
				return nil
			}
		}
		got, err := Choose(t.Context(), test.question)
		if test.fails != "" {
			if err == nil || !strings.Contains(err.Error(), test.fails) {
				t.Errorf("%s: got %v, want an error with %q", name, err, test.fails)
			}
			continue
		}
		if err != nil || got.Road != test.want || !strings.Contains(got.Reason, test.reason) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func TestCacheExists(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("RAMPART_CACHE", cache)
	for _, row := range []struct {
		made string
		want bool
	}{
		{"other/part-0123456789abcdef", false},
		{"airgap/logs", false}, // as those of the installation of an engine, on either road
		{"airgap/host-packages.lock", false},
		{"airgap/go-pulumi-0123456789abcdef", true},
	} {
		if err := os.MkdirAll(filepath.Join(cache, row.made), 0o700); err != nil {
			t.Fatal(err)
		}
		if got := CacheExists(); got != row.want {
			t.Errorf("with %s: %t, want %t", row.made, got, row.want)
		}
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
	}))
	if err := Probe(server.URL)(t.Context()); err != nil {
		t.Errorf("a registry that asks for a login: %v", err)
	}
	server.Close()
	if err := Probe(server.URL)(t.Context()); err == nil {
		t.Error("a registry that is gone: no error")
	}
}

func TestStamp(t *testing.T) {
	t.Parallel()
	home, source := t.TempDir(), t.TempDir()
	recipe := filepath.Join(source, "recipe")
	write(t, recipe, "one")
	one, err := fingerprint([]string{"airgap"}, source)
	if err != nil {
		t.Fatal(err)
	}
	check := func(mark string, files []string, want bool) {
		t.Helper()
		if got, err := stamped(home, mark, files); got != want || err != nil {
			t.Errorf("got %t, %v, want %t", got, err, want)
		}
	}
	check(one, nil, false)
	if err := stamp(home, one); err != nil {
		t.Fatal(err)
	}
	check(one, []string{recipe}, true)
	check(one, []string{recipe + ".gone"}, false)
	// Another clone has built what this one was filled with anew.
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(recipe, later, later); err != nil {
		t.Fatal(err)
	}
	check(one, []string{recipe}, false)
	write(t, recipe, "two")
	two, err := fingerprint([]string{"airgap"}, source)
	if err != nil {
		t.Fatal(err)
	}
	check(two, []string{recipe}, false)
}

func TestFetchDefinitions(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if request.URL.Path != "/crds.yaml" {
			http.NotFound(w, request)
			return
		}
		_, _ = w.Write([]byte("hello"))
	}))
	t.Cleanup(server.Close)
	const hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
	folder := filepath.Join(t.TempDir(), "crds")
	if err := fetchDefinitions(t.Context(), server.URL+"/crds.yaml", hello, folder); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(filepath.Join(folder, definitionsFile)); err != nil || string(content) != "hello" {
		t.Errorf("got %q, %v", content, err)
	}
	other := filepath.Join(t.TempDir(), "crds")
	if err := fetchDefinitions(t.Context(), server.URL+"/crds.yaml", strings.Repeat("0", 64), other); err == nil {
		t.Error("another content than that of the hash: no error")
	}
	if err := fetchDefinitions(t.Context(), server.URL+"/none", hello, other); err == nil {
		t.Error("no such page: no error")
	}
	if _, err := os.Stat(other); err == nil {
		t.Error("what was not checked was kept")
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLacksEngine(t *testing.T) {
	with := func(program, script string) string {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, program), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		return folder
	}
	for says, row := range map[string]struct {
		wanted, path string
		lacks, lost  bool
	}{
		"none":                        {"auto", t.TempDir(), true, true},
		"another that answers":        {"auto", with("nerdctl", "exit 0"), false, false},
		"another that is stopped":     {"auto", with("docker", "exit 1"), true, false},
		"podman, whatever it answers": {"auto", with("podman", "exit 1"), false, false},
		"not the one that is named":   {"podman", with("docker", "exit 0"), true, true},
		"one that no road brings":     {"docker", t.TempDir(), false, false},
		"a stack in a cloud":          {"", t.TempDir(), false, false},
	} {
		t.Run(says, func(t *testing.T) {
			t.Setenv("PATH", row.path)
			if got := LacksEngine(t.Context(), row.wanted); got != row.lacks {
				t.Errorf("lacks one: %t, want %t", got, row.lacks)
			}
			if got := lost(row.wanted); got != row.lost {
				t.Errorf("lost: %t, want %t", got, row.lost)
			}
		})
	}
}
