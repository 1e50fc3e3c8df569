package framework

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/rampart-iac/rampart/tests/framework/inputs"
	"github.com/rampart-iac/rampart/tests/framework/memory"
)

// KeepVariable names the environment variable that makes a test installation stay: its value is a folder, in which a
// cluster that already stands is used again. For people who work on a test.
const KeepVariable = "RAMPART_E2E_KEEP"

// Product is one installation of Rampart that a test drives from outside: the command line, a work folder of its own
// and one stack in it.
type Product struct {
	// Root is the repository and Binary the command line that was built from it.
	Root, Binary string

	// Dir holds everything of this installation: the work folder, the temporary files, the logs.
	Dir string

	// Stack is the stack's name, Cluster the cluster's, ConfigFile the stack's configuration.
	Stack, Cluster, ConfigFile string

	// Progress gets what the command line prints, while it prints it.
	Progress io.Writer

	// Variables are what the command line gets beside the environment of the test.
	Variables []string

	settings Settings
	secret   encrypted
	kept     bool
	calls    atomic.Int32
}

// Settings are the parts of a stack's configuration that a test may choose.
type Settings struct {
	// Prefix of the stack's and the cluster's name; the rest is random. Clusters that stand beside those of other tests have
	// "e2e", or "e2e-" and small letters.
	Prefix string
	// PodCIDR and ServiceCIDR are the cluster's ranges.
	PodCIDR, ServiceCIDR string
}

// testCluster is the name of a cluster of any installation, wherever it stands in a name: a prefix, which begins with e2e, and
// four digits.
var testCluster = regexp.MustCompile(`\be2e(-[a-z]+)*-[0-9a-f]{4}\b`)

// Tenants of every test installation, and the namespaces that they get.
const (
	// TenantBlue and TenantGreen declare nothing.
	TenantBlue  = "blue"
	TenantGreen = "green"

	// TenantTeal and TenantViolet are open to each other, to a place outside and to the API server as Product.Config says,
	// some of it on one side only.
	TenantTeal   = "teal"
	TenantViolet = "violet"
)

// OpenRange is the range outside the cluster that TenantTeal and TenantViolet may connect to, at OutsidePort: it is kept
// for documentation, and nobody's.
const OpenRange = "198.51.100.0/24"

// Install builds the command line and makes an installation with a configuration of its own. Nothing is created in any
// engine yet.
func Install(ctx context.Context, settings Settings) (*Product, error) {
	memory.Spend()
	root, err := RepositoryRoot()
	if err != nil {
		return nil, err
	}
	product := &Product{
		Root: root, Binary: filepath.Join(root, "bin", "rampart"), Progress: os.Stderr, settings: settings,
	}
	if err := product.build(ctx); err != nil {
		return nil, err
	}
	if err := product.chooseDir(); err != nil {
		return nil, err
	}
	suffix, err := product.suffix()
	if err != nil {
		return nil, err
	}
	product.Stack = settings.Prefix + "-" + suffix
	product.Cluster = product.Stack
	product.ConfigFile = filepath.Join(product.Dir, "Pulumi."+product.Stack+".yaml")
	for _, dir := range []string{product.Home(), product.TempDir(), product.logDir()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(product.UserKubeconfig(), []byte(userKubeconfig), 0o600); err != nil {
		return nil, err
	}
	return product, product.Configure(product.Config())
}

// MustInstall is Install for a test, with whose end the installation goes. What stands in an engine is the test's to destroy
// before that.
func MustInstall(t *testing.T, settings Settings) *Product {
	t.Helper()
	product, err := Install(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := product.Remove(); err != nil {
			t.Error(err)
		}
	})
	return product
}

// userKubeconfig stands for what a user already has: Rampart must leave it alone, to the byte.
const userKubeconfig = `# mine
apiVersion: v1
kind: Config
current-context: elsewhere
contexts:
- name: elsewhere
  context: {cluster: elsewhere, user: me}
clusters:
- name: elsewhere
  cluster: {server: "https://127.0.0.1:1"}
users:
- name: me
  user: {token: mine}
`

// RepositoryRoot is the folder of the clone that a test runs in.
func RepositoryRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "Pulumi.yaml")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("no folder above the working directory has a Pulumi.yaml")
}

func (p *Product) build(ctx context.Context) error {
	if err := inputs.Product(p.Root); err != nil {
		return err
	}
	// Not with a folder to start it in: Go would note the time of the root, which has every new file of a run in it.
	build := exec.CommandContext(ctx, "go", "build", "-C", p.Root, "-ldflags=-s -w", "-o", p.Binary, "./cmd/rampart")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the command line: %w\n%s", err, output)
	}
	return nil
}

func (p *Product) chooseDir() (err error) {
	if kept := os.Getenv(KeepVariable); kept != "" {
		p.kept = true
		if p.Dir, err = filepath.Abs(kept); err != nil {
			return err
		}
		return os.MkdirAll(p.Dir, 0o700)
	}
	p.Dir, err = os.MkdirTemp("", "rampart-e2e-")
	return err
}

// suffix is random, so that two runs on one machine do not meet, and stable in a folder that is kept.
func (p *Product) suffix() (string, error) {
	file := filepath.Join(p.Dir, "suffix")
	if text, err := os.ReadFile(file); err == nil {
		return string(text), nil
	}
	random := make([]byte, 2)
	if _, err := rand.Read(random); err != nil {
		return "", err
	}
	suffix := hex.EncodeToString(random)
	return suffix, os.WriteFile(file, []byte(suffix), 0o600)
}

// Configure writes the stack's configuration.
func (p *Product) Configure(config map[string]any) error {
	file := map[string]any{"config": config}
	if p.secret.salt != "" {
		file["encryptionsalt"] = p.secret.salt
	}
	text, err := yaml.Marshal(file)
	if err != nil {
		return err
	}
	return os.WriteFile(p.ConfigFile, text, 0o600)
}

// Config is a new copy of the configuration of a test stack: four tenants, the first with its secret if it was given one, and
// one allowed registry.
func (p *Product) Config() map[string]any {
	return map[string]any{
		"rampart:provider": "kind",
		"rampart:cluster": map[string]any{
			"name":        p.Cluster,
			"podCIDR":     p.settings.PodCIDR,
			"serviceCIDR": p.settings.ServiceCIDR,
			"ephemeral":   true,
		},
		"rampart:admission": map[string]any{"allowedRegistries": []string{"registry.k8s.io"}},
		"rampart:isolation": map[string]any{
			"exemptNamespaces": []string{"kube-system", "local-path-storage", ExemptNamespace},
			"networkSets":      []map[string]any{{"name": "open", "cidrs": []string{OpenRange}}},
		},
		"rampart:tenants": []map[string]any{
			{"name": TenantBlue, "secrets": p.secretsOfBlue()}, {"name": TenantGreen},
			{
				"name":      TenantTeal,
				"apiServer": true,
				"allowTo": []map[string]any{
					{"tenant": TenantViolet, "port": TCPPort},
					{"tenant": TenantViolet, "port": UDPPort, "protocol": "UDP"}, // which TenantViolet does not say
				},
				"allowEgress": []map[string]any{{"cidr": OpenRange, "port": 80}},
			},
			{
				"name":        TenantViolet,
				"allowFrom":   []map[string]any{{"tenant": TenantTeal, "port": TCPPort}},
				"allowTo":     []map[string]any{{"tenant": TenantTeal, "port": TCPPort}}, // which TenantTeal does not say
				"allowEgress": []map[string]any{{"networkSet": "open", "port": 80, "protocol": "UDP"}},
			},
		},
	}
}

// Home is the work folder that the product gets (RAMPART_HOME).
func (p *Product) Home() string { return filepath.Join(p.Dir, "home") }

// TempDir is the product's folder for temporary files (TMPDIR). It is its alone, so that what is left in it is its own.
func (p *Product) TempDir() string { return filepath.Join(p.Dir, "tmp") }

// UserKubeconfig is the file that KUBECONFIG names while the product runs.
func (p *Product) UserKubeconfig() string { return filepath.Join(p.Dir, "user-kubeconfig") }

// UserKubeconfigBefore is what stood in UserKubeconfig before the product first ran.
func (p *Product) UserKubeconfigBefore() string { return userKubeconfig }

// Kept says that the installation stays after the tests, because KeepVariable asked for it.
func (p *Product) Kept() bool { return p.kept }

// Remove deletes the installation's folder. Destroy the stack first.
func (p *Product) Remove() error {
	if p.kept {
		return nil
	}
	return os.RemoveAll(p.Dir)
}

func (p *Product) logDir() string { return filepath.Join(p.Dir, "logs") }

// Result is how one call of a command line ended.
type Result struct {
	Args           []string
	Stdout, Stderr string
	// ExitCode is -1 if a signal ended it.
	ExitCode int
	Duration time.Duration
}

// Output is all that was printed.
func (r Result) Output() string { return r.Stdout + r.Stderr }

// String is the call and what it printed, for a message.
func (r Result) String() string {
	return fmt.Sprintf("rampart %s: exit status %d after %s\n%s",
		strings.Join(r.Args, " "), r.ExitCode, r.Duration.Round(time.Millisecond), r.Output())
}

// Up brings the installation's stack up. As with Preview and Destroy, the error says if the command could not be started or
// did not end with exit status 0.
func (p *Product) Up(ctx context.Context) (Result, error) { return p.succeed(ctx, "up") }

// Preview is described at Up.
func (p *Product) Preview(ctx context.Context) (Result, error) { return p.succeed(ctx, "preview") }

// Destroy is described at Up.
func (p *Product) Destroy(ctx context.Context) (Result, error) { return p.succeed(ctx, "destroy") }

// Run calls any command on the installation's stack. The error is described at Up.
func (p *Product) Run(ctx context.Context, command string, more ...string) (Result, error) {
	return p.succeedShowing(ctx, p.Progress, command, more...)
}

func (p *Product) succeed(ctx context.Context, command string) (Result, error) {
	return p.succeedShowing(ctx, p.Progress, command)
}

// ask calls a command whose answer the test reads and nobody else wants to.
func (p *Product) ask(ctx context.Context, command string) (Result, error) {
	return p.succeedShowing(ctx, io.Discard, command)
}

func (p *Product) succeedShowing(
	ctx context.Context, progress io.Writer, command string, more ...string,
) (Result, error) {
	run, err := p.start(progress, p.StackArgs(command, more...)...)
	if err != nil {
		return Result{}, err
	}
	result, err := run.Wait(ctx)
	if err == nil && result.ExitCode != 0 {
		err = fmt.Errorf("%s", result)
	}
	return result, err
}

// StackArgs are the arguments of a command on the installation's stack.
func (p *Product) StackArgs(command string, more ...string) []string {
	return append([]string{command, "--stack", p.Stack, "--config", p.ConfigFile}, more...)
}

// StartUp starts up on the installation's stack and does not wait for it.
func (p *Product) StartUp() (*Running, error) { return p.Start(p.StackArgs("up")...) }

// StartDestroy starts destroy.
func (p *Product) StartDestroy() (*Running, error) { return p.Start(p.StackArgs("destroy")...) }

// Kubeconfig returns the text of the cluster's kubeconfig.
func (p *Product) Kubeconfig(ctx context.Context) ([]byte, error) {
	result, err := p.ask(ctx, "kubeconfig")
	if err != nil {
		return nil, err
	}
	// The command prints where the file is.
	return os.ReadFile(strings.TrimSpace(result.Stdout))
}

// Environment is what the product's commands run with.
func (p *Product) Environment() []string {
	return slices.Concat(os.Environ(), []string{
		"RAMPART_HOME=" + p.Home(),
		"TMPDIR=" + p.TempDir(),
		"KUBECONFIG=" + p.UserKubeconfig(),
	}, p.Variables)
}

// Pulumi runs the product's own Pulumi command line on its own backend, as `rampart env` tells users to.
func (p *Product) Pulumi(ctx context.Context, args ...string) (string, error) {
	return p.pulumi(ctx, nil, args...)
}

// PulumiElsewhere is the same in another project, whose folder holds the state of its stacks, too.
func (p *Product) PulumiElsewhere(ctx context.Context, project string, args ...string) (string, error) {
	leave := `unset PULUMI_STACK PULUMI_CONFIG_FILE; export PULUMI_BACKEND_URL="file://$RAMPART_TEST_PROJECT"; ` +
		`cd "$RAMPART_TEST_PROJECT"; `
	return p.shell(ctx, nil, leave, []string{"RAMPART_TEST_PROJECT=" + project}, args...)
}

func (p *Product) pulumi(ctx context.Context, stdin io.Reader, args ...string) (string, error) {
	return p.shell(ctx, stdin, "", nil, args...)
}

// shell runs the Pulumi command line in a shell with what `rampart env` prints and some commands before it.
func (p *Product) shell(ctx context.Context, stdin io.Reader, before string, variables []string, args ...string) (string, error) {
	env, err := p.ask(ctx, "env")
	if err != nil {
		return "", err
	}
	script := `eval "$0"; ` + before + `pulumi "$@"`
	command := exec.CommandContext(ctx, "sh", slices.Concat([]string{"-c", script, env.Stdout}, args)...)
	command.Dir, command.Env = p.Root, append(p.Environment(), variables...)
	// Without any, package os looks at the folder itself: see build.
	command.SysProcAttr = &syscall.SysProcAttr{}
	var stdout, stderr bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = stdin, &stdout, &stderr
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("pulumi %s: %w\n%s%s", strings.Join(args, " "), err, stdout.String(), stderr.String())
	}
	return stdout.String(), nil
}

// Running is a call of the command line that has not ended.
type Running struct {
	args           []string
	command        *exec.Cmd
	stdout, stderr bytes.Buffer
	log            *os.File
	started        time.Time
	ended          chan struct{}
	waitErr        error
}

// Start calls the command line, in a process group of its own as a shell would.
func (p *Product) Start(args ...string) (*Running, error) { return p.start(p.Progress, args...) }

func (p *Product) start(progress io.Writer, args ...string) (*Running, error) {
	name := fmt.Sprintf("%02d-%s.log", p.calls.Add(1), args[0])
	log, err := os.OpenFile(filepath.Join(p.logDir(), name), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	run := &Running{args: args, log: log, started: time.Now(), ended: make(chan struct{})}
	run.command = inputs.Command(context.Background(), p.Binary, args...)
	run.command.Dir = p.Root
	run.command.Env = p.Environment()
	run.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	run.command.Stdout = io.MultiWriter(&run.stdout, log, progress)
	run.command.Stderr = io.MultiWriter(&run.stderr, log, progress)
	// A grandchild that outlives the command and holds its output must not hold the test too.
	run.command.WaitDelay = 10 * time.Second
	if err := run.command.Start(); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	go func() {
		defer close(run.ended)
		run.waitErr = run.command.Wait()
	}()
	return run, nil
}

// Said is what the command has printed so far, to both streams.
func (r *Running) Said() (string, error) {
	text, err := os.ReadFile(r.log.Name())
	return string(text), err
}

// Ended is closed when the command has ended.
func (r *Running) Ended() <-chan struct{} { return r.ended }

// Wait waits for the end. If the context ends first, the command and all its descendants are killed.
func (r *Running) Wait(ctx context.Context) (Result, error) {
	var failed error
	select {
	case <-r.ended:
	case <-ctx.Done():
		failed = fmt.Errorf("rampart %s did not end: %w", strings.Join(r.args, " "), context.Cause(ctx))
		if err := r.KillTree(); err != nil {
			failed = errors.Join(failed, err)
		}
		<-r.ended
	}
	exit := &exec.ExitError{}
	if r.waitErr != nil && !errors.As(r.waitErr, &exit) {
		failed = errors.Join(failed, r.waitErr)
	}
	result := Result{
		Args: r.args, Stdout: r.stdout.String(), Stderr: r.stderr.String(),
		ExitCode: r.command.ProcessState.ExitCode(), Duration: time.Since(r.started),
	}
	if failed != nil {
		failed = fmt.Errorf("%w\n%s", failed, result)
	}
	return result, errors.Join(failed, r.log.Close())
}

// WaitAtMost is Wait with a deadline.
func WaitAtMost(ctx context.Context, run *Running, deadline time.Duration) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	return run.Wait(ctx)
}

// Interrupt does what Ctrl-C in a terminal does: SIGINT to the whole foreground process group.
func (r *Running) Interrupt() error { return syscall.Kill(-r.command.Process.Pid, syscall.SIGINT) }

// KillTree ends the command and every descendant with SIGKILL: command line, engine, plugins, engine's clients. They
// are stopped first, so that none of them sees another one die and begins to tidy up.
func (r *Running) KillTree() error {
	tree, err := descendants(r.command.Process.Pid)
	if err != nil {
		return err
	}
	for _, signal := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGKILL} {
		for _, pid := range tree {
			if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("sending %s to process %d: %w", signal, pid, err)
			}
		}
	}
	return nil
}
