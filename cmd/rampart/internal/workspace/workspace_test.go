package workspace

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/stacks"
)

// newStack is a stack of a clone and a working folder in temporary places.
func newStack(t *testing.T) *Stack {
	t.Helper()
	root := t.TempDir()
	write(t, filepath.Join(root, "Pulumi.yaml"), "name: rampart\n")
	write(t, filepath.Join(root, "stacks", "program.go"), "package stacks\n")
	file := filepath.Join(root, "stacks", "Pulumi.kind.yaml")
	write(t, file, "# mine\nconfig:\n  rampart:provider: kind\n")
	return &Stack{
		Workspace: &Workspace{Root: root, Home: filepath.Join(root, ".rampart")},
		Name:      "kind", File: file, Backend: Backend{Ours: true},
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestOpenFindsTheCloneFromBelow(t *testing.T) {
	t.Setenv(stacks.HomeVariable, "")
	stack := newStack(t)
	below := filepath.Join(stack.Root, "a", "b")
	if err := os.MkdirAll(below, 0o700); err != nil {
		t.Fatal(err)
	}
	found, err := Open(below)
	if err != nil || found.Root != stack.Root || found.Home != stack.Home {
		t.Errorf("got %+v, %v, want %+v", found, err, stack.Workspace)
	}
	elsewhere := t.TempDir()
	t.Setenv(stacks.HomeVariable, elsewhere)
	if found, err = Open(below); err != nil || found.Home != elsewhere {
		t.Errorf("%s is not respected: got %+v, %v", stacks.HomeVariable, found, err)
	}
	if _, err := Open(elsewhere); err == nil || !strings.Contains(err.Error(), "not in a clone") {
		t.Errorf("outside of a clone: got %v", err)
	}
}

func TestFilesAreForTheirOwnerAlone(t *testing.T) {
	t.Parallel()
	stack := newStack(t)
	// A folder that was open to others is closed.
	if err := os.MkdirAll(stack.Home, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := stack.Create(); err != nil {
		t.Fatal(err)
	}
	if err := stack.Prepare(); err != nil {
		t.Fatal(err)
	}
	err := filepath.Walk(stack.Home, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %s", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPassphraseIsMadeOnce(t *testing.T) {
	t.Parallel()
	stack := newStack(t)
	if err := stack.Prepare(); err != nil {
		t.Fatal(err)
	}
	first := read(t, stack.passphrase())
	if len(strings.TrimSpace(first)) < 43 { // 32 bytes in base64
		t.Errorf("the passphrase %q is short", first)
	}
	if err := stack.Prepare(); err != nil {
		t.Fatal(err)
	}
	if second := read(t, stack.passphrase()); second != first {
		t.Error("a second run has made another passphrase: the state could not be read any more")
	}
	other := newStack(t)
	if err := other.Prepare(); err != nil {
		t.Fatal(err)
	}
	if read(t, other.passphrase()) == first {
		t.Error("two working folders have the same passphrase")
	}
}

func TestEngineWritesNoLogUnlessThereIsAFolderForIt(t *testing.T) {
	t.Parallel()
	stack := newStack(t)
	for range 2 {
		if err := stack.Prepare(); err != nil {
			t.Fatal(err)
		}
		if got := read(t, stack.engineLogs()); got != noLogs {
			t.Errorf("in place of the folder stands %q", got)
		}
	}
	if err := errors.Join(os.Remove(stack.engineLogs()), os.Mkdir(stack.engineLogs(), folderMode)); err != nil {
		t.Fatal(err)
	}
	if err := stack.Prepare(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(stack.engineLogs()); err != nil || !info.IsDir() {
		t.Errorf("a folder that somebody made did not stay: %v", err)
	}
}

func TestCopyKeepsTheSaltAndFollowsTheFile(t *testing.T) {
	t.Parallel()
	stack := newStack(t)
	if err := stack.Prepare(); err != nil {
		t.Fatal(err)
	}
	original := read(t, stack.File)
	// The engine writes its salt into the copy.
	write(t, stack.configCopy(), "config: {}\nencryptionsalt: v1:abc=:v1:def\n")
	write(t, stack.File, original+"  rampart:more: true\n")
	if err := stack.Prepare(); err != nil {
		t.Fatal(err)
	}
	got := read(t, stack.configCopy())
	for _, want := range []string{"rampart:more: true\n", "encryptionsalt: v1:abc=:v1:def\n", "change the original"} {
		if !strings.Contains(got, want) {
			t.Errorf("the copy lacks %q:\n%s", want, got)
		}
	}
	if read(t, stack.File) != original+"  rampart:more: true\n" {
		t.Error("the stack file itself was changed")
	}
	write(t, stack.File, "encryptionsalt: own\n")
	if err := stack.Prepare(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, stack.configCopy()); strings.Contains(got, "abc") || !strings.Contains(got, "encryptionsalt: own") {
		t.Errorf("the file's own salt does not win:\n%s", got)
	}
}

func TestChooseBackend(t *testing.T) {
	t.Parallel()
	loggedIn := t.TempDir()
	write(t, filepath.Join(loggedIn, ".pulumi", "credentials.json"), `{"current":"https://api.pulumi.com"}`)
	loggedOut := t.TempDir()
	write(t, filepath.Join(loggedOut, ".pulumi", "credentials.json"), `{"current":"","accounts":{}}`)
	broken := t.TempDir()
	write(t, filepath.Join(broken, "credentials.json"), `{`)
	space := &Workspace{Root: "/w", Home: "/w/.rampart"}
	secretly := t.TempDir()
	write(t, filepath.Join(secretly, ".pulumi", "credentials.json"), `{"current": "postgres://me:hunter2@host/db"}`)
	const here, ours = "file:///w/.rampart/state", "file:///w/.rampart/state?metadata=skip"
	for name, test := range map[string]struct {
		environment map[string]string
		home        string
		ours        bool
		reason      string
		place       string
	}{
		"nothing":       {nil, t.TempDir(), true, "not logged in", here},
		"logged out":    {nil, loggedOut, true, "not logged in", here},
		"logged in":     {nil, loggedIn, false, "https://api.pulumi.com", "https://api.pulumi.com"},
		"a backend":     {map[string]string{"PULUMI_BACKEND_URL": "s3://x"}, loggedOut, false, "PULUMI_BACKEND_URL", "s3://x"},
		"rampart env":   {map[string]string{"PULUMI_BACKEND_URL": ours}, loggedIn, true, "PULUMI_BACKEND_URL", here},
		"an older one":  {map[string]string{"PULUMI_BACKEND_URL": here}, loggedIn, true, "PULUMI_BACKEND_URL", here},
		"another clone": {map[string]string{"PULUMI_BACKEND_URL": "file:///v/.rampart/state"}, loggedOut, false, "PULUMI_BACKEND_URL", "file:///v/.rampart/state"},
		"a token":       {map[string]string{"PULUMI_ACCESS_TOKEN": "x"}, loggedOut, false, "PULUMI_ACCESS_TOKEN", "https://api.pulumi.com"},
		"empty values":  {map[string]string{"PULUMI_BACKEND_URL": ""}, loggedOut, true, "not logged in", here},
		"another home":  {map[string]string{"PULUMI_HOME": filepath.Join(loggedIn, ".pulumi")}, loggedOut, false, "logged in", "https://api.pulumi.com"},
		"only a secret": {map[string]string{"PULUMI_CONFIG_PASSPHRASE": "x"}, loggedOut, true, "not logged in", here},
		"a password": {
			map[string]string{"PULUMI_BACKEND_URL": "postgres://me:hunter2@host/db?sslkey=hunter3"}, loggedOut, false,
			"PULUMI_BACKEND_URL", "postgres://host/db",
		},
		"logged in with a password": {nil, secretly, false, "logged in to postgres://host/db", "postgres://host/db"},
		"no URL":                    {map[string]string{"PULUMI_BACKEND_URL": "://hunter2"}, loggedOut, false, "PULUMI_BACKEND_URL", ""},
	} {
		got, err := space.ChooseBackend(lookupIn(test.environment), test.home)
		if err != nil || got.Ours != test.ours || !strings.Contains(got.Reason, test.reason) || got.Place != test.place || strings.Contains(got.Reason, "hunter") {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	if _, err := space.ChooseBackend(lookupIn(map[string]string{"PULUMI_HOME": broken}), loggedOut); err == nil {
		t.Error("credentials that cannot be read: no error")
	}
}

func lookupIn(environment map[string]string) Lookup {
	return func(name string) (string, bool) {
		value, ok := environment[name]
		return value, ok
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ours        bool
		environment map[string]string
		want        map[string]bool // whether the variable is set
	}{
		"ours": {true, nil, map[string]bool{
			"PULUMI_BACKEND_URL": true, "PULUMI_HOME": true, "PULUMI_CONFIG_PASSPHRASE_FILE": true, configFileVariable: true,
		}},
		"theirs": {false, nil, map[string]bool{
			"PULUMI_BACKEND_URL": false, "PULUMI_HOME": false, "PULUMI_CONFIG_PASSPHRASE_FILE": false, configFileVariable: false,
		}},
		"their passphrase": {true, map[string]string{"PULUMI_CONFIG_PASSPHRASE": ""}, map[string]bool{
			"PULUMI_BACKEND_URL": true, "PULUMI_CONFIG_PASSPHRASE_FILE": false,
		}},
		"their passphrase file": {true, map[string]string{"PULUMI_CONFIG_PASSPHRASE_FILE": "/x"}, map[string]bool{
			"PULUMI_CONFIG_PASSPHRASE_FILE": false,
		}},
		"their Pulumi home": {true, map[string]string{"PULUMI_HOME": "/x"}, map[string]bool{
			"PULUMI_BACKEND_URL": true, "PULUMI_HOME": false,
		}},
	} {
		stack := newStack(t)
		stack.Backend.Ours = test.ours
		variables := stack.Variables(lookupIn(test.environment))
		for variable, want := range test.want {
			if got := slices.ContainsFunc(variables, func(v Variable) bool { return v.Name == variable }); got != want {
				t.Errorf("%s: %s is set: %t, want %t", name, variable, got, want)
			}
		}
	}
}

// TestNoPluginIsAcquired: what a road does not bring is not looked for, on neither of them.
func TestNoPluginIsAcquired(t *testing.T) {
	t.Parallel()
	for road, want := range map[stacks.Road]bool{stacks.RoadAirgap: true, stacks.RoadPublished: true, "": false} {
		stack := newStack(t)
		if road != "" {
			if err := os.MkdirAll(stack.Home, 0o700); err != nil {
				t.Fatal(err)
			}
			text := fmt.Sprintf(`{"road": %q}`, road)
			if err := os.WriteFile(filepath.Join(stack.Home, stacks.ImagesFile), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got := slices.Contains(stack.Variables(lookupIn(nil)), Variable{"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true"})
		if got != want {
			t.Errorf("road %q: told to acquire none: %t, want %t", road, got, want)
		}
	}
}

// TestGoFlags: the program has the clouds that its stack needs, unless the user says otherwise.
func TestGoFlags(t *testing.T) {
	t.Parallel()
	stack := newStack(t)
	for _, test := range []struct {
		provider  baseline.Provider
		own, want string
	}{
		{baseline.ProviderKind, "", "-buildvcs=false -tags=rampart_only"},
		{baseline.ProviderEKS, "", "-buildvcs=false -tags=rampart_only,rampart_eks"},
		{"misspelt", "", "-buildvcs=false -tags=rampart_only"},
		{baseline.ProviderEKS, "-mod=mod -buildvcs=true", "-mod=mod -buildvcs=true -tags=rampart_only,rampart_eks"},
		{baseline.ProviderEKS, "-tags=mine", "-tags=mine -buildvcs=false"},
	} {
		stack.Provider = test.provider
		if got := stack.goFlags(test.own); got != test.want {
			t.Errorf("%s with %q: got %q, want %q", test.provider, test.own, got, test.want)
		}
	}
}

func TestEnvironmentReplaces(t *testing.T) {
	t.Parallel()
	stack := newStack(t)
	base := []string{"PATH=/bin", "X=1", "PULUMI_STACK=other"}
	got := stack.Environment(base, lookupIn(map[string]string{"PATH": "/bin"}))
	if !slices.Contains(got, "PATH="+stack.Bin()+":/bin") || !slices.Contains(got, "X=1") ||
		!slices.Contains(got, "PULUMI_STACK=kind") || slices.Contains(got, "PULUMI_STACK=other") {
		t.Errorf("got %q", got)
	}
	if base[2] != "PULUMI_STACK=other" {
		t.Error("the environment that was given has changed")
	}
}

func TestLocks(t *testing.T) {
	t.Parallel()
	stack := newStack(t)
	if locks, err := stack.Locks(); err != nil || len(locks) != 0 {
		t.Errorf("no state: got %v, %v", locks, err)
	}
	folder := filepath.Join(stack.state(), ".pulumi", "locks", "organization", "rampart", "kind")
	write(t, filepath.Join(folder, "a.json"), `{"pid":7,"username":"u","hostname":"h","timestamp":"2026-11-23T23:00:00Z"}`)
	locks, err := stack.Locks()
	want := Lock{PID: 7, Username: "u", Hostname: "h", Timestamp: time.Date(2026, 11, 23, 23, 0, 0, 0, time.UTC)}
	if err != nil || len(locks) != 1 || locks[0] != want {
		t.Errorf("got %v, %v, want %v", locks, err, want)
	}
	write(t, filepath.Join(folder, "b.json"), `{"pid":`)
	if _, err := stack.Locks(); err == nil || !strings.Contains(err.Error(), "b.json") {
		t.Errorf("half a lock: got %v, want an error with its path", err)
	}
}

func TestStale(t *testing.T) {
	t.Parallel()
	lock := Lock{PID: 7, Hostname: "here"}
	for name, test := range map[string]struct {
		hostname, program string
		alive, want       bool
	}{
		"at work":           {"here", "pulumi", true, false},
		"gone":              {"here", "", false, true},
		"number used again": {"here", "sshd", true, true},
		"cannot be told":    {"here", "", true, false},
		"another machine":   {"there", "", false, false},
	} {
		got := lock.Stale(test.hostname, func(int) (string, bool) { return test.program, test.alive })
		if got != test.want {
			t.Errorf("%s: got %t, want %t", name, got, test.want)
		}
	}
}

func TestPending(t *testing.T) {
	t.Parallel()
	stack := newStack(t)
	if got, err := stack.Pending(); got != 0 || err != nil || stack.Exists() {
		t.Errorf("no state: got %d, %v", got, err)
	}
	write(t, stack.stateFile(), `{"version":3,"checkpoint":{"stack":"x","latest":{"pending_operations":[{},{}]}}}`)
	if got, err := stack.Pending(); got != 2 || err != nil || !stack.Exists() {
		t.Errorf("got %d, %v, want 2", got, err)
	}
	write(t, stack.stateFile(), `{"version":3,"checkpoint":{"stack":"x"}}`)
	if got, err := stack.Pending(); got != 0 || err != nil {
		t.Errorf("an empty stack: got %d, %v", got, err)
	}
}

func TestHalfANoteBesideTheStateIsRemoved(t *testing.T) {
	t.Parallel()
	stack := newStack(t)
	note := stack.stateFile() + ".attrs"
	write(t, stack.stateFile(), "{}")
	write(t, note, "")
	if err := stack.Prepare(); err != nil {
		t.Fatal(err)
	}
	if isFile(note) || !stack.Exists() {
		t.Errorf("the note is there: %t; the state is there: %t", isFile(note), stack.Exists())
	}
}

func TestRemains(t *testing.T) {
	t.Parallel()
	stack := newStack(t)
	if got, err := stack.Remains("c"); err != nil || len(got) != 0 {
		t.Errorf("before the first run: got %q, %v", got, err)
	}
	if err := stack.Prepare(); err != nil {
		t.Fatal(err)
	}
	cluster := stacks.ClusterDirectory(stack.Home, "c")
	write(t, filepath.Join(cluster, "journal.json"), "{}")
	got, err := stack.Remains("c")
	for _, want := range []string{cluster, stack.configCopy(), stack.state(), stack.passphrase()} {
		if err != nil || !slices.Contains(got, want) {
			t.Errorf("got %q, %v, want %s in it", got, err, want)
		}
	}
	half := stack.stateFile() + ".bak.18ead5651277ce19.tmp"
	write(t, half, "{")
	if got, err = stack.Remains("c"); err != nil || !slices.Contains(got, half) || !slices.Contains(got, stack.state()) {
		t.Errorf("what a killed engine has half written: got %q, %v", got, err)
	}
	write(t, filepath.Join(stack.state(), ".pulumi", "stacks", "rampart", "other.json"), "{}")
	if got, err = stack.Remains("c"); err != nil || slices.Contains(got, stack.state()) ||
		slices.Contains(got, stack.passphrase()) {
		t.Errorf("another stack would lose its state: got %q, %v", got, err)
	}
}
