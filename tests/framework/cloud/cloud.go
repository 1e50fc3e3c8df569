package cloud

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/rampart-iac/rampart/tests/framework/apiserver"
	"github.com/rampart-iac/rampart/tests/framework/cloud/internal/shared"
	"github.com/rampart-iac/rampart/tests/framework/inputs"
)

// Call is one request that changed the cloud, or looked at it.
type Call = shared.Call

// Cloud is one that a test looks at.
type Cloud struct {
	dir, name string
	settings  shared.Settings
}

// New makes the stand-in for a cloud, by the name of its Pulumi package, in a folder. It is enough for plans: what stands for
// a cluster comes with Serve.
func New(ctx context.Context, root, dir, name string) (*Cloud, error) {
	cloud := &Cloud{dir: dir, name: name}
	if err := os.MkdirAll(cloud.bin(), 0o700); err != nil {
		return nil, err
	}
	recorder := filepath.Join(root, ".rampart", "bin", "cloud-recorder") // where Go finds it again, and links nothing
	if err := inputs.Note(filepath.Join(root, "tests", "framework", "cloud")); err != nil {
		return nil, err
	}
	build := exec.CommandContext(ctx,
		"go", "build", "-C", root, "-ldflags=-s -w", "-o", recorder, "./tests/framework/cloud/recorder")
	if output, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building the recorder: %w\n%s", err, output)
	}
	// It knows by its name which cloud it stands for.
	link := filepath.Join(cloud.bin(), "pulumi-resource-"+name)
	if err := os.Symlink(recorder, link); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	modules, err := modules(ctx, root)
	if err != nil {
		return nil, err
	}
	cloud.settings = shared.Settings{Modules: modules, Endpoint: "https://cluster.invalid", CertificateAuthority: "none"}
	return cloud, cloud.write(shared.SettingsFile, cloud.settings)
}

// Serve has an API server stand for that of the clusters that are made from now on, and lets the deployer in.
func (c *Cloud) Serve(ctx context.Context, server *apiserver.Server) error {
	return c.ServeAPI(ctx, &API{Admin: server.Admin, Client: server.Client, ConfigAs: server.ConfigAs})
}

// API is any API server that stands for that of the cloud's cluster.
type API struct {
	// Admin is the administrator's way in, which Client speaks.
	Admin  *rest.Config
	Client kubernetes.Interface

	// ConfigAs returns the way in of anybody, with a client certificate.
	ConfigAs func(user string, groups ...string) (*rest.Config, error)
}

// ServeAPI is Serve with any API server.
func (c *Cloud) ServeAPI(ctx context.Context, server *API) error {
	c.settings.Endpoint, c.settings.CertificateAuthority = server.Admin.Host, string(server.Admin.CAData)
	if err := c.write(shared.SettingsFile, c.settings); err != nil {
		return err
	}
	return c.writeLogin(ctx, logins()[c.name], server)
}

// modules are the folders of the SDKs of clouds.
func modules(ctx context.Context, root string) (map[string]string, error) {
	list := exec.CommandContext(ctx, "go", "list", "-C", root, "-m", "-f", "{{.Path}} {{.Dir}}", "all")
	var stderr bytes.Buffer
	list.Stderr = &stderr
	output, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("asking where the SDKs are: %w\n%s", err, stderr.String())
	}
	found := map[string]string{}
	for line := range strings.Lines(string(output)) {
		path, folder, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.HasPrefix(path, "github.com/pulumi/") && folder != "" {
			found[path] = folder
		}
	}
	return found, nil
}

func (c *Cloud) bin() string { return filepath.Join(c.dir, "bin") }

// Environment is what programs must be run with to meet this cloud.
func (c *Cloud) Environment() []string {
	return []string{
		shared.Variable + "=" + c.dir,
		"PATH=" + c.bin() + string(filepath.ListSeparator) + os.Getenv("PATH"),
		// Whatever this machine is logged in to, no test may meet it.
		"AZURE_CONFIG_DIR=" + c.dir, "ARM_USE_CLI=false", "ARM_USE_MSI=false",
		"GOOGLE_APPLICATION_CREDENTIALS=/dev/null", "CLOUDSDK_CONFIG=" + c.dir,
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true",
	}
}

// Calls are all since the last Forget, in the order in which they ended.
func (c *Cloud) Calls() ([]Call, error) {
	content, err := os.ReadFile(filepath.Join(c.dir, shared.CallsFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var calls []Call
	lines := bufio.NewScanner(bytes.NewReader(content))
	const longest = 1 << 20
	lines.Buffer(nil, longest)
	for lines.Scan() {
		var call Call
		if err := json.Unmarshal(lines.Bytes(), &call); err != nil {
			return nil, err
		}
		calls = append(calls, call)
	}
	return calls, lines.Err()
}

// Forget drops the calls so far.
func (c *Cloud) Forget() error { return os.RemoveAll(filepath.Join(c.dir, shared.CallsFile)) }

// Drift changes outputs of resources by hand, by the resources' names; nil puts everything back.
func (c *Cloud) Drift(changes map[string]map[string]any) error {
	return c.write(shared.DriftFile, shared.Drift(changes))
}

func (c *Cloud) write(name string, content any) error {
	text, err := json.Marshal(content)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(c.dir, name), text, 0o600)
}
