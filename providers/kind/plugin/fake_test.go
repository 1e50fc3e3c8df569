package plugin

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"sigs.k8s.io/kind/pkg/log"
)

const (
	clusterToken = "rampart:kind:Cluster"
	keyToken     = "rampart:kind:EncryptionKey"

	testName    = "blue"
	testImage   = "localhost/rampart/node:v1.37.0-0123456789ab"
	testVersion = "v1.37.0"
	testImageID = "sha256:" + "ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12"
)

// fakeEngine is a container engine that only remembers. It is shared by several plugins where a test starts a second one,
// as after a crash.
type fakeEngine struct {
	mu       sync.Mutex
	clusters map[string][]nodeContainer
	networks map[string]string
	volumes  map[string]int
	images   map[string]string
	log      []string
	serial   int

	// What a test makes go wrong.
	faults        []string
	unusable      error
	createError   error
	deleteError   error
	deleteLeaves  int
	kubeconfigErr error
	archiveImages map[string]string
	noConfigIDs   bool
	takenRanges   []string

	// upgrades is what an upgrade meets and changes on the nodes.
	upgrades fakeUpgrade

	// creating is called in the middle of a creation, when the control plane's container stands and the worker's does not.
	creating func(ctx context.Context) error
}

var (
	_ client  = (*fakeEngine)(nil)
	_ engines = (*fakeEngine)(nil)
)

func newFakeEngine() *fakeEngine {
	return &fakeEngine{
		clusters: map[string][]nodeContainer{},
		networks: map[string]string{},
		volumes:  map[string]int{},
		images:   map[string]string{testImage: testImageID},
	}
}

func (f *fakeEngine) open(_ context.Context, _ string) (client, error) {
	if f.unusable != nil {
		return nil, f.unusable
	}
	return f, nil
}

func (f *fakeEngine) usable(context.Context) ([]client, error) {
	if f.unusable != nil {
		return nil, f.unusable
	}
	return []client{f}, nil
}

func (f *fakeEngine) record(format string, args ...any) {
	f.log = append(f.log, fmt.Sprintf(format, args...))
}

// recorded returns what the engine was told to do.
func (f *fakeEngine) recorded() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.log)
}

func (f *fakeEngine) name() string { return enginePodman }

func (f *fakeEngine) hostFaults(context.Context, bool) []string { return f.faults }

func (f *fakeEngine) imageID(_ context.Context, reference string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.images[reference], nil
}

func (f *fakeEngine) comparesImageIDs() bool { return !f.noConfigIDs }

func (f *fakeEngine) loadImage(_ context.Context, archive string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.record("load %s", archive)
	for reference, id := range f.archiveImages {
		f.images[reference] = id
	}
	return nil
}

func (f *fakeEngine) tagImage(_ context.Context, id, reference string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, have := range f.images {
		if have == id {
			f.images[reference] = id
			return nil
		}
	}
	return errors.New("no such image")
}

func (f *fakeEngine) pullImage(_ context.Context, reference string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.record("pull %s", reference)
	f.images[reference] = testImageID
	return nil
}

func (f *fakeEngine) imageVersion(_ context.Context, _, reference string) (string, error) {
	if reference == upgradedImage {
		return upgradedVersion, nil
	}
	return testVersion, nil
}

func (f *fakeEngine) networkOwner(_ context.Context, network string) (string, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	owner, found := f.networks[network]
	return owner, found, nil
}

func (f *fakeEngine) createNetwork(_ context.Context, network, owner string, subnet netip.Prefix) ([]netip.Prefix, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !subnet.IsValid() {
		subnet = netip.MustParsePrefix("10.89.0.0/24")
	}
	if slices.Contains(f.takenRanges, subnet.String()) {
		return nil, fmt.Errorf("subnet %s is already used", subnet)
	}
	f.record("create network %s in %s", network, subnet)
	f.networks[network] = owner
	return []netip.Prefix{subnet}, nil
}

func (f *fakeEngine) removeNetwork(_ context.Context, network string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, nodes := range f.clusters {
		for _, node := range nodes {
			if slices.Contains(node.networks, network) {
				return fmt.Errorf("network %s is in use by %s", network, node.Name)
			}
		}
	}
	f.record("remove network %s", network)
	delete(f.networks, network)
	return nil
}

func (f *fakeEngine) nodes(_ context.Context, cluster string) ([]nodeContainer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.clusters[cluster]), nil
}

// addNode puts a node container into the engine.
func (f *fakeEngine) addNode(cluster, role, suffix, network string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.volumes[cluster]++
	f.clusters[cluster] = append(f.clusters[cluster], nodeContainer{
		Node: Node{
			Name: cluster + "-" + role + suffix, Role: role, Image: testImage, Address: "10.89.0.2", Status: nodeRunning,
		},
		networks: []string{network},
	})
}

func (f *fakeEngine) create(ctx context.Context, logger log.Logger, spec createSpec) error {
	args := spec.args
	f.mu.Lock()
	f.record("create %s", args.Name)
	f.serial++
	f.mu.Unlock()
	logger.V(0).Info(" • Preparing nodes 📦  ...\n")
	f.addNode(args.Name, roleControlPlane, "", args.network())
	if f.creating != nil {
		if err := f.creating(ctx); err != nil {
			return err
		}
	}
	if f.createError != nil {
		return f.createError
	}
	for i := range args.workers() {
		suffix := ""
		if i > 0 {
			suffix = fmt.Sprint(i + 1)
		}
		f.addNode(args.Name, roleWorker, suffix, args.network())
	}
	return nil
}

func (f *fakeEngine) deleteNodes(_ context.Context, cluster string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.clusters[cluster]) > 0 {
		f.record("delete nodes of %s", cluster)
	}
	if f.deleteError != nil {
		f.clusters[cluster] = f.clusters[cluster][:f.deleteLeaves]
		return f.deleteError
	}
	delete(f.clusters, cluster)
	delete(f.volumes, cluster)
	return nil
}

// setRole sets the role of all nodes.
func (f *fakeEngine) setRole(cluster, role string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.clusters[cluster] {
		f.clusters[cluster][i].Role = role
	}
}

func (f *fakeEngine) startWorker(_ context.Context, args ClusterArgs, name string) (Node, error) {
	f.addNode(args.Name, roleWorker, strings.TrimPrefix(name, args.Name+"-"+roleWorker), args.network())
	f.mu.Lock()
	defer f.mu.Unlock()
	f.record("start worker %s", name)
	return Node{Name: name, Role: roleWorker, Address: "10.89.0.9"}, nil
}

func (f *fakeEngine) removeNode(_ context.Context, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.upgrades.fails != nil {
		if err := f.upgrades.fails("remove node " + name); err != nil {
			return err
		}
	}
	f.record("remove node %s", name)
	for cluster, nodes := range f.clusters {
		f.clusters[cluster] = slices.DeleteFunc(nodes, func(node nodeContainer) bool { return node.Name == name })
	}
	return nil
}

// setStatus sets the status of all nodes of a role.
func (f *fakeEngine) setStatus(cluster, role, status string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.clusters[cluster] {
		if f.clusters[cluster][i].Role == role {
			f.clusters[cluster][i].Status = status
		}
	}
}

func (f *fakeEngine) startNodes(_ context.Context, names []string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.record("start %v", names)
	for _, nodes := range f.clusters {
		for i := range nodes {
			if slices.Contains(names, nodes[i].Name) {
				nodes[i].Status = nodeRunning
			}
		}
	}
	return nil
}

// kubeconfig differs from creation to creation, as a certificate authority does.
func (f *fakeEngine) kubeconfig(_ context.Context, cluster string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kubeconfigErr != nil {
		return "", f.kubeconfigErr
	}
	ca := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "CA %d of %s", f.serial, cluster))
	return "clusters:\n- cluster:\n    certificate-authority-data: " + ca +
		"\n    server: https://127.0.0.1:36443\n  name: kind-" + cluster + "\n", nil
}

func (f *fakeEngine) nodeFile(_ context.Context, node, path string) (string, error) {
	switch path {
	case versionFile:
		return f.upgrades.versionOf(node), nil
	case manifestFile:
		version := f.upgrades.apiServer
		if version == "" {
			version = testVersion
		}
		return "  image: registry.k8s.io/kube-apiserver:" + version + "\n", nil
	case authorityFile:
		return testAuthority, nil
	case kubeadmConfigFile:
		return "kind: InitConfiguration\n---\nkind: ClusterConfiguration\nnetworking:\n  podSubnet: 10.1.0.0/16\n" +
			"  serviceSubnet: 10.2.0.0/16\n---\n" + testJoinConfiguration, nil
	default:
		return "", errors.New("no such file")
	}
}

func (f *fakeEngine) waitReady(context.Context, string) error { return nil }

func (f *fakeEngine) restartAPIServer(_ context.Context, node, hash string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.record("restart API server on %s with %s", node, hash)
	return nil
}

func (f *fakeEngine) reloadUnits(_ context.Context, node string, change unitChange) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.record("reload units on %s: restart %v, stop %v", node, change.restart, change.stop)
	return nil
}

// fakeHost is a machine with a LAN and one taken port.
type fakeHost struct{}

const takenPort = 6443

func (fakeHost) networks() map[string][]netip.Prefix {
	return map[string][]netip.Prefix{"eth0": {netip.MustParsePrefix("192.168.1.0/24")}}
}

func (fakeHost) portError(port int) error {
	if port == takenPort {
		return errors.New("address already in use")
	}
	return nil
}

// startPlugin starts a plugin on the engine.
func startPlugin(t *testing.T, engine *fakeEngine) integration.Server {
	t.Helper()
	provider, err := newProvider(t.Context(), engine, fakeHost{})
	if err != nil {
		t.Fatal(err)
	}
	server, err := integration.NewServer(t.Context(), PackageName, semver.MustParse("0.1.0"), integration.WithProvider(provider))
	if err != nil {
		t.Fatal(err)
	}
	return server
}

func testURN() resource.URN {
	return resource.NewURN("test", "rampart", "", clusterToken, "cluster")
}

// testInputs are decent inputs of a cluster in a directory.
func testInputs(directory string) property.Map {
	return property.NewMap(map[string]property.Value{
		"name":              property.New(testName),
		"kubernetesVersion": property.New(testVersion),
		"image":             property.New(testImage),
		"podSubnet":         property.New("10.244.0.0/16"),
		"serviceSubnet":     property.New("10.96.0.0/16"),
		"directory":         property.New(directory),
		"controlPlaneFiles": property.New(map[string]property.Value{
			"encryption.yaml":     property.New("the key").WithSecret(true),
			"audit/policy-1.yaml": property.New("rules"),
		}),
		"controlPlaneUnits": property.New(map[string]property.Value{
			"kubelet.service.d/modes.conf": property.New("[Service]\n"),
			"old.service":                  property.New("[Service]\n"),
		}),
		"kubeadmConfigPatches": property.New([]property.Value{property.New("kind: ClusterConfiguration\n")}),
	})
}

// checked runs inputs through Check, as the engine does before everything else.
func checked(t *testing.T, server integration.Server, inputs property.Map) property.Map {
	t.Helper()
	resp, err := server.Check(p.CheckRequest{Urn: testURN(), Inputs: inputs})
	if err != nil {
		t.Fatal(err)
	}
	if len(resp.Failures) > 0 {
		t.Fatalf("the inputs are refused: %v", resp.Failures)
	}
	return resp.Inputs
}

// created makes a cluster and returns its state.
func created(t *testing.T, server integration.Server, inputs property.Map) p.CreateResponse {
	t.Helper()
	resp, err := server.Create(p.CreateRequest{Urn: testURN(), Properties: checked(t, server, inputs)})
	if err != nil {
		t.Fatal(err)
	}
	return resp
}
