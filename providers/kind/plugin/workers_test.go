package plugin

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"sigs.k8s.io/yaml"
)

// testAuthority is a certificate whose public key hashes to testAuthorityHash, as openssl says.
const (
	testAuthority = `-----BEGIN CERTIFICATE-----
MIIBgTCCASegAwIBAgIUXlbSWhPT23LrJOOD8wxGU5nBzpAwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKa3ViZXJuZXRlczAgFw0yNjExMjUyMTU2MjVaGA8yMTI2MTEw
MTIxNTYyNVowFTETMBEGA1UEAwwKa3ViZXJuZXRlczBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABAvzUUAyeoSSbh+5mFSEWmMN6D+tpQ9CkRRQGdWd2L4IukzQOpSo
4R4zQfct2+JAPqFYLQv7hbcOhmCqNj4FVEyjUzBRMB0GA1UdDgQWBBQKBUgX6UfN
FjrL8ZpxXoFMSaWPtjAfBgNVHSMEGDAWgBQKBUgX6UfNFjrL8ZpxXoFMSaWPtjAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQCy4lypUiJTyeWh5m53
zrWfdvIpvLyz7LCgCG/a5eBm3AIgdX5OPJ1HE0WCG6IMOCttnQYXtS/CuToe+vZZ
fgXhqoI=
-----END CERTIFICATE-----
`
	testAuthorityHash = "sha256:2f195c7672601d6212082867144d49f06d2c5c7231f0c876a2656439c9bf5dc3"
)

// testJoinConfiguration is kind's, for a control plane, with what kubeadm adds when an upgrade has it rewritten.
const testJoinConfiguration = `apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
controlPlane:
  localAPIEndpoint: {advertiseAddress: 10.89.0.2, bindPort: 6443}
discovery:
  bootstrapToken:
    apiServerEndpoint: blue-control-plane:6443
    token: abcdef.0123456789abcdef
    unsafeSkipCAVerification: true
  tlsBootstrapToken: abcdef.0123456789abcdef
nodeRegistration:
  taints: [{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]
  kubeletExtraArgs:
  - {name: node-ip, value: 10.89.0.2}
  - {name: provider-id, value: kind://podman/blue/blue-control-plane}
`

func TestWorkersComeAndGoInPlace(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	server := startPlugin(t, engine)
	inputs := testInputs(filepath.Join(t.TempDir(), "blue")).Set("allowReplacement", property.New(false))
	state := created(t, server, inputs).Properties
	// The token that is the same everywhere must not outlive the creation.
	if want := []string{"token delete"}; !slices.Equal(engine.upgrades.log, want) {
		t.Errorf("after the creation: %q, want %q", engine.upgrades.log, want)
	}
	update := func(workers float64, want ...string) {
		t.Helper()
		engine.upgrades.log = nil
		changed := checked(t, server, inputs.Set("workers", property.New(workers)))
		diff, err := server.Diff(p.DiffRequest{ID: testName, Urn: testURN(), State: state, Inputs: changed})
		if err != nil || diff.DetailedDiff["workers"].Kind != p.Update {
			t.Fatalf("to %v workers: %v, %v", workers, diff.DetailedDiff, err)
		}
		resp, err := server.Update(p.UpdateRequest{ID: testName, Urn: testURN(), State: state, Inputs: changed})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(engine.upgrades.log, want) {
			t.Errorf("to %v workers:\n%q\nwant\n%q", workers, engine.upgrades.log, want)
		}
		state = resp.Properties
		if got := state.Get("nodes").AsArray().Len(); got != int(workers)+1 {
			t.Errorf("the state has %d nodes", got)
		}
	}
	update(3,
		"delete blue-worker2", "token create", "join blue-worker2", "token delete",
		"delete blue-worker3", "token create", "join blue-worker3", "token delete")
	update(1, "drain blue-worker3", "delete blue-worker3", "drain blue-worker2", "delete blue-worker2")
	update(0, "drain blue-worker", "delete blue-worker")
	update(1, "delete blue-worker", "token create", "join blue-worker", "token delete")
}

// The run that makes a worker may be cut off. The next one makes it anew, and the token is gone either way.
func TestWorkerThatDidNotJoinIsMadeAnew(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	server := startPlugin(t, engine)
	inputs := testInputs(filepath.Join(t.TempDir(), "blue"))
	state := created(t, server, inputs).Properties
	changed := checked(t, server, inputs.Set("workers", property.New(2.0)))
	request := p.UpdateRequest{ID: testName, Urn: testURN(), State: state, Inputs: changed}
	engine.upgrades.unjoined = map[string]bool{"blue-worker2": true}
	engine.upgrades.fails = func(action string) error {
		if strings.HasPrefix(action, "join") {
			return errors.New("the power is gone")
		}
		return nil
	}
	if _, err := server.Update(request); err == nil || !strings.Contains(err.Error(), "blue-worker2") {
		t.Fatalf("got %v", err)
	}
	if last := engine.upgrades.log[len(engine.upgrades.log)-1]; last != "token delete" {
		t.Errorf("the last action is %q: the token is still good", last)
	}
	engine.upgrades.fails = nil
	if _, err := server.Update(request); err != nil {
		t.Fatal(err)
	}
	if log := engine.recorded(); !slices.Contains(log, "remove node blue-worker2") {
		t.Errorf("what was left of the worker was kept: %q", log)
	}
	if engine.upgrades.unjoined["blue-worker2"] || len(engine.clusters[testName]) != 3 {
		t.Errorf("nodes: %v", engine.clusters[testName])
	}
}

func TestJoinConfigurationKnowsTheAuthority(t *testing.T) {
	t.Parallel()
	text, err := joinConfiguration("kind: ClusterConfiguration\n---\n"+testJoinConfiguration,
		Node{Name: "blue-control-plane", Address: "10.89.0.2"}, Node{Name: "blue-worker2", Address: "10.89.0.9"},
		"0a0a0a.0123456789abcdef", testAuthority)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		ControlPlane any
		Discovery    struct {
			BootstrapToken struct {
				APIServerEndpoint, Token string
				CACertHashes             []string
				UnsafeSkipCAVerification bool
			}
			TLSBootstrapToken string
		}
		NodeRegistration struct {
			Taints           []any
			KubeletExtraArgs []struct{ Name, Value string }
		}
	}
	if err := yaml.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	bootstrap := got.Discovery.BootstrapToken
	switch {
	case got.ControlPlane != nil:
		t.Error("it would join as a control plane")
	case bootstrap.UnsafeSkipCAVerification || !slices.Equal(bootstrap.CACertHashes, []string{testAuthorityHash}):
		t.Errorf("it would trust any cluster: %+v", bootstrap)
	case got.Discovery.TLSBootstrapToken != "" || len(got.NodeRegistration.Taints) > 0:
		t.Errorf("it comes with what was for a control plane: %+v", got)
	case bootstrap.Token != "0a0a0a.0123456789abcdef" || bootstrap.APIServerEndpoint != "blue-control-plane:6443":
		t.Errorf("it looks for the cluster with %+v", bootstrap)
	case got.NodeRegistration.KubeletExtraArgs[0].Value != "10.89.0.9",
		got.NodeRegistration.KubeletExtraArgs[1].Value != "kind://podman/blue/blue-worker2":
		t.Errorf("it says of itself %+v", got.NodeRegistration)
	}
}

func TestWorkerCommandKeepsWhatTheHostNeeds(t *testing.T) {
	t.Parallel()
	var settings nodeSettings
	settings.Config.Env = []string{"PATH=/bin", "KUBECONFIG=/x", "HTTPS_PROXY=http://proxy.example", "container=docker"}
	settings.HostConfig.Binds = []string{"/srv/x:/etc/kubernetes/rampart:ro", "/dev/mapper:/dev/mapper"}
	settings.HostConfig.Devices = []struct{ PathOnHost string }{{"/dev/fuse"}}
	args := ClusterArgs{Name: "blue", Image: "kindest/node:v1", Directory: "/srv/blue", WorkerUnits: map[string]string{"a.service": ""}}
	got := " " + strings.Join(workerCommand(engineDocker, args, "blue-worker2", "/var", settings), " ") + " "
	for _, want := range []string{
		" --net rampart-blue ", " io.x-k8s.kind.cluster=blue ", " io.x-k8s.kind.role=worker ", " --env HTTPS_PROXY=http://proxy.example ",
		" --env container=docker ", " /dev/mapper:/dev/mapper ", " --device /dev/fuse ", " --init=false ",
		" /srv/blue/units/worker:/usr/local/lib/systemd/system:ro ", " docker.io/kindest/node:v1 ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
	for _, unwanted := range []string{"KUBECONFIG", "PATH=/bin", "/etc/kubernetes/rampart"} {
		if strings.Contains(got, unwanted) {
			t.Errorf("%q in %s", unwanted, got)
		}
	}
}

// A budget may keep pods where they are: then the worker stays, open to pods as it was before.
func TestWorkerThatCannotBeEmptiedStays(t *testing.T) {
	t.Parallel()
	for name, closed := range map[string]bool{"open": false, "closed by its administrator": true} {
		engine := newFakeEngine()
		server := startPlugin(t, engine)
		inputs := testInputs(filepath.Join(t.TempDir(), "blue")).Set("workers", property.New(2.0))
		state := created(t, server, inputs).Properties
		engine.upgrades.closed = map[string]bool{"blue-worker2": closed}
		engine.upgrades.log = nil
		engine.upgrades.fails = func(action string) error {
			if strings.HasPrefix(action, "drain") {
				return errors.New("a budget says no")
			}
			return nil
		}
		changed := checked(t, server, inputs.Set("workers", property.New(1.0)))
		_, err := server.Update(p.UpdateRequest{ID: testName, Urn: testURN(), State: state, Inputs: changed})
		if err == nil || !strings.Contains(err.Error(), "a budget says no") {
			t.Fatalf("%s: %v", name, err)
		}
		want := []string{"uncordon blue-worker2"}
		if closed {
			want = nil
		}
		if !slices.Equal(engine.upgrades.log, want) || len(engine.clusters[testName]) != 3 {
			t.Errorf("%s: %q, want %q; nodes %v", name, engine.upgrades.log, want, engine.clusters[testName])
		}
	}
}

// What containerd does not take is a key that is there twice: kind's configuration has this one already.
func TestContainerdConfigurationHasEachKeyOnce(t *testing.T) {
	t.Parallel()
	config := `version = 2
[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "overlayfs"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.10.2"
  restrict_oom_score_adj = false
`
	patched, err := patchContainerd(config, hostQuirks{boundedLimits: true}.containerdPatches())
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Version int
		Plugins map[string]struct {
			SandboxImage string `toml:"sandbox_image"`
			Restrict     bool   `toml:"restrict_oom_score_adj"`
			Containerd   struct{ Snapshotter string }
		}
	}
	// It refuses what is there twice.
	if err := toml.Unmarshal([]byte(patched), &got); err != nil {
		t.Fatalf("%v:\n%s", err, patched)
	}
	older, newer := got.Plugins["io.containerd.grpc.v1.cri"], got.Plugins["io.containerd.cri.v1.runtime"]
	if got.Version != 2 || !older.Restrict || !newer.Restrict || older.SandboxImage != "registry.k8s.io/pause:3.10.2" ||
		older.Containerd.Snapshotter != "overlayfs" {
		t.Errorf("got %+v of\n%s", got, patched)
	}
	if _, err := patchContainerd("key = 1\nkey = 2\n", nil); err == nil {
		t.Error("control: a key that is there twice was taken")
	}
}

// A run may be killed while it sends a worker away, and the worker be wanted again. The state and the containers are then as
// they should be: the worker is not.
func TestWorkerThatWasLeavingStaysAfterAll(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		closed bool   // by its administrator, before
		killed string // before this action
		want   []string
	}{
		"killed while its pods go": {
			killed: "delete blue-worker2", want: []string{"uncordon blue-worker2"},
		},
		"closed by its administrator": {closed: true, killed: "delete blue-worker2"},
		"killed when Kubernetes has forgotten it": {
			killed: "remove node blue-worker2",
			want:   []string{"delete blue-worker2", "token create", "join blue-worker2", "token delete"},
		},
	} {
		engine := newFakeEngine()
		server := startPlugin(t, engine)
		inputs := testInputs(filepath.Join(t.TempDir(), "blue")).Set("workers", property.New(2.0))
		state := created(t, server, inputs).Properties
		engine.upgrades.closed = map[string]bool{"blue-worker2": test.closed}
		engine.upgrades.fails = func(action string) error {
			if action == test.killed {
				return errors.New("the power is gone")
			}
			return nil
		}
		fewer := checked(t, server, inputs.Set("workers", property.New(1.0)))
		_, err := server.Update(p.UpdateRequest{ID: testName, Urn: testURN(), State: state, Inputs: fewer})
		if err == nil || !strings.Contains(err.Error(), "the power is gone") {
			t.Fatalf("control: %s: %v", name, err)
		}
		engine.upgrades.fails, engine.upgrades.log = nil, nil

		// Inputs and state are those of before.
		again := checked(t, server, inputs)
		diff, err := server.Diff(p.DiffRequest{ID: testName, Urn: testURN(), State: state, Inputs: again})
		if err != nil || diff.DetailedDiff["nodes"].Kind != p.Update {
			t.Errorf("%s: no difference shows it: %v, %v", name, diff.DetailedDiff, err)
		}
		updated, err := server.Update(p.UpdateRequest{ID: testName, Urn: testURN(), State: state, Inputs: again})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !slices.Equal(engine.upgrades.log, test.want) || engine.upgrades.closed["blue-worker2"] != test.closed {
			t.Errorf("%s: %q, want %q; closed: %t", name, engine.upgrades.log, test.want, engine.upgrades.closed["blue-worker2"])
		}
		diff, err = server.Diff(p.DiffRequest{ID: testName, Urn: testURN(), State: updated.Properties, Inputs: again})
		if err != nil || diff.HasChanges {
			t.Errorf("%s: a difference is left: %v, %v", name, diff.DetailedDiff, err)
		}
	}
}
