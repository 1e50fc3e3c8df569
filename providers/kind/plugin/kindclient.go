package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"sigs.k8s.io/kind/pkg/cluster"
	"sigs.k8s.io/kind/pkg/cluster/constants"
	kindexec "sigs.k8s.io/kind/pkg/exec"
	"sigs.k8s.io/kind/pkg/log"
)

// Labels that kind puts on node containers. They are kind's interface to itself, and unchanged since its first release.
const (
	kindClusterLabel = "io.x-k8s.kind.cluster"
	kindRoleLabel    = "io.x-k8s.kind.role"
)

const (
	roleControlPlane = constants.ControlPlaneNodeRoleValue
	roleWorker       = constants.WorkerNodeRoleValue

	// nodeRunning is the status of a container that runs, for all engines.
	nodeRunning = "running"
)

const (
	// minFreeBytes is what a node image, two nodes' writable layers and their images take, with some room: 6 GiB.
	minFreeBytes = 6 << 30

	// goneTimeout bounds the wait until deleted containers are gone.
	goneTimeout = time.Minute

	// stopInterval is how often nodes are deleted while a cancelled creation still runs.
	stopInterval = time.Second
)

// kindEnvironment serialises creations: kind takes the network's name from the process's environment.
var kindEnvironment sync.Mutex

// kindClient drives one engine of this machine, directly and by the kind library.
type kindClient struct {
	engine command
	info   engineInfo
}

var _ client = (*kindClient)(nil)

func (k *kindClient) name() string {
	return k.engine.program
}

// quirks returns what a cluster on this engine's host has to be fitted to. Only podman has no daemon: its containers are
// this process's children and bound by its limits.
func (k *kindClient) quirks() hostQuirks {
	return hostQuirks{cgroupV1: k.info.cgroupV1, boundedLimits: k.name() == enginePodman && boundedLimits()}
}

func (k *kindClient) hostFaults(_ context.Context, repair bool) []string {
	var faults []string
	if free, ok := freeBytes(k.info.storage); ok && free < minFreeBytes {
		faults = append(faults, fmt.Sprintf("only %.1f GiB are free where %s keeps its containers (%s): a cluster needs %d GiB",
			float64(free)/(1<<30), k.name(), k.info.storage, minFreeBytes>>30))
	}
	if k.name() == enginePodman {
		if fault := modulesFault(modulesDirectory, repair); fault != "" {
			faults = append(faults, fault)
		}
	}
	return faults
}

// limited returns the engine with limits that it can set. A newer podman adds them to its own configuration, an older
// one knows only how to read another file instead.
func (k *kindClient) limited(directory string) (command, error) {
	engine := k.engine
	if !k.quirks().boundedLimits {
		return engine, nil
	}
	files, processes, err := hardLimits()
	if err != nil {
		return command{}, fmt.Errorf("reading this process's limits: %w", err)
	}
	_, noRunc := exec.LookPath("runc")
	limits := podmanLimits(files, processes, k.info.cgroupV1 && noRunc == nil)
	path := filepath.Join(directory, limitsName)
	if err := writeFile(path, []byte(limits)); err != nil {
		return command{}, err
	}
	variable := "CONTAINERS_CONF"
	if addsConfiguration(k.info.version) {
		variable = "CONTAINERS_CONF_OVERRIDE"
	}
	engine.env = append(slices.Clone(engine.env), variable+"="+path)
	return engine, nil
}

// addsConfiguration says whether a podman of that version knows CONTAINERS_CONF_OVERRIDE, which came with 4.6.
func addsConfiguration(version string) bool {
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	majorNumber, errMajor := strconv.Atoi(major)
	minorNumber, errMinor := strconv.Atoi(minor)
	return errMajor == nil && errMinor == nil && (majorNumber > 4 || (majorNumber == 4 && minorNumber >= 6))
}

// containerDescription is what the engines tell about a container.
type containerDescription struct {
	Name  string
	State struct{ Status string }

	Config struct {
		Image  string
		Labels map[string]string
	}

	NetworkSettings struct {
		Networks map[string]struct{ IPAddress string }
	}
}

func (k *kindClient) nodes(ctx context.Context, cluster string) ([]nodeContainer, error) {
	names, err := k.engine.run(ctx, "ps", "--all", "--filter", "label="+kindClusterLabel+"="+cluster, "--format", "{{.Names}}")
	if err != nil {
		return nil, fmt.Errorf("listing the nodes of cluster %s: %w", cluster, err)
	}
	if names == "" {
		return nil, nil
	}
	out, err := k.engine.run(ctx, append([]string{"container", "inspect"}, strings.Fields(names)...)...)
	if err != nil {
		return nil, fmt.Errorf("looking at the nodes of cluster %s: %w", cluster, err)
	}
	return parseNodes(out)
}

func parseNodes(text string) ([]nodeContainer, error) {
	var found []containerDescription
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		return nil, fmt.Errorf("understanding the description of the nodes: %w", err)
	}
	nodes := make([]nodeContainer, 0, len(found))
	for _, container := range found {
		node := nodeContainer{Node: Node{
			Name:   strings.TrimPrefix(container.Name, "/"),
			Role:   container.Config.Labels[kindRoleLabel],
			Image:  container.Config.Image,
			Status: container.State.Status,
		}}
		for _, network := range sortedKeys(container.NetworkSettings.Networks) {
			node.networks = append(node.networks, network)
			if node.Address == "" {
				node.Address = container.NetworkSettings.Networks[network].IPAddress
			}
		}
		nodes = append(nodes, node)
	}
	slices.SortFunc(nodes, func(a, b nodeContainer) int { return strings.Compare(a.Name, b.Name) })
	return nodes, nil
}

func (k *kindClient) create(ctx context.Context, logger log.Logger, spec createSpec) error {
	config, err := renderConfig(spec.args, k.quirks())
	if err != nil {
		return err
	}
	engine, err := k.limited(spec.args.Directory)
	if err != nil {
		return err
	}
	// kind always exports a kubeconfig. It goes to a file that is thrown away, so that the user's own is never touched.
	kubeconfig, err := os.CreateTemp(spec.args.Directory, ".kubeconfig-")
	if err != nil {
		return fmt.Errorf("making a temporary kubeconfig: %w", err)
	}
	defer func() { _ = os.Remove(kubeconfig.Name()) }()
	if err := kubeconfig.Close(); err != nil {
		return fmt.Errorf("making a temporary kubeconfig: %w", err)
	}
	// kind locks a kubeconfig by a file beside it, and waits for a stale one.
	defer func() { _ = os.Remove(kubeconfig.Name() + ".lock") }()

	kindEnvironment.Lock()
	defer kindEnvironment.Unlock()
	restore, err := setEnvironment(append(engine.env,
		"KIND_EXPERIMENTAL_DOCKER_NETWORK="+spec.args.network(),
		"KIND_EXPERIMENTAL_PODMAN_NETWORK="+spec.args.network(),
	))
	if err != nil {
		return err
	}
	defer restore()

	done := make(chan error, 1)
	go func() {
		done <- k.provider(logger).Create(spec.args.Name,
			cluster.CreateWithRawConfig(config),
			cluster.CreateWithKubeconfigPath(kubeconfig.Name()),
			// Whoever calls cleans up more than kind would, and does so even when ctx has ended.
			cluster.CreateWithRetain(true),
			cluster.CreateWithDisplayUsage(false),
			cluster.CreateWithDisplaySalutation(false),
		)
	}()
	select {
	case err := <-done:
		if err != nil && kindexec.RunErrorForError(err) == nil {
			// No command failed: a node did not do what kind waited for, and only the node can say why.
			return fmt.Errorf("%w%s", err, k.nodeWords(ctx, spec.args.Name))
		}
		return explain(err)
	case <-ctx.Done():
	}
	// kind cannot be told to stop. Without its nodes every command of its fails, and so it does stop.
	for {
		cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), goneTimeout)
		// What cannot be deleted now is tried again, here and by the caller.
		_ = k.deleteNodes(cleanup, spec.args.Name)
		cancel()
		select {
		case <-done:
			return ctx.Err()
		case <-time.After(stopInterval):
		}
	}
}

// nodeWords returns the last lines of what each node of a cluster has said, for an error.
func (k *kindClient) nodeWords(ctx context.Context, cluster string) string {
	nodes, err := k.nodes(ctx, cluster)
	if err != nil {
		return fmt.Sprintf("; and its nodes cannot be looked at: %v", err)
	}
	var words strings.Builder
	for _, node := range nodes {
		logs, err := k.engine.run(ctx, "logs", "--tail", "15", node.Name)
		if err != nil {
			logs = err.Error()
		}
		fmt.Fprintf(&words, "\n%s is %s; its last words:\n%s", node.Name, node.Status, lastWords([]byte(logs)))
	}
	return words.String()
}

// setEnvironment sets variables of this process and returns what puts the old ones back.
func setEnvironment(variables []string) (restore func(), err error) {
	var undo []func()
	restore = func() {
		for _, step := range slices.Backward(undo) {
			step()
		}
	}
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		old, had := os.LookupEnv(name)
		if err := os.Setenv(name, value); err != nil {
			restore()
			return nil, fmt.Errorf("setting %s: %w", name, err)
		}
		undo = append(undo, func() {
			// Neither can fail for a name that could be set.
			if had {
				_ = os.Setenv(name, old)
			} else {
				_ = os.Unsetenv(name)
			}
		})
	}
	return restore, nil
}

// provider returns the kind library's handle on this engine.
func (k *kindClient) provider(logger log.Logger) *cluster.Provider {
	option := cluster.ProviderWithDocker()
	switch k.name() {
	case enginePodman:
		option = cluster.ProviderWithPodman()
	case engineNerdctl:
		option = cluster.ProviderWithNerdctl(engineNerdctl)
	}
	return cluster.NewProvider(option, cluster.ProviderWithLogger(logger))
}

// explain adds to an error of kind's what the command that failed said: kind's own text says only that it did.
func explain(err error) error {
	if err == nil {
		return nil
	}
	if failed := kindexec.RunErrorForError(err); failed != nil {
		if words := lastWords(failed.Output); words != "" {
			return fmt.Errorf("%w\n%s", err, words)
		}
	}
	return err
}

func (k *kindClient) deleteNodes(ctx context.Context, cluster string) error {
	ctx, cancel := context.WithTimeout(ctx, goneTimeout)
	defer cancel()
	for {
		nodes, err := k.nodes(ctx, cluster)
		if err != nil {
			return err
		}
		if len(nodes) == 0 {
			break
		}
		args := []string{"rm", "--force", "--volumes"}
		if k.name() == enginePodman {
			// Docker kills at once; podman would first wait ten seconds for a node to shut down in order.
			args = append(args, "--time", "0")
		}
		for _, node := range nodes {
			args = append(args, node.Name)
		}
		// A container that is just being made or unmade cannot always be removed at the first attempt.
		_, err = k.engine.run(ctx, args...)
		if err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("deleting the nodes of cluster %s: %w", cluster, err)
		case <-time.After(stopInterval):
		}
	}
	if err := k.deleteMonitors(ctx, cluster); err != nil {
		return err
	}
	return k.deleteVolumes(ctx, cluster)
}

// deleteVolumes deletes the volumes that kind makes for podman, labelled by the name of the node they are for. A run that
// was killed at the wrong moment leaves one whose node never came to be.
func (k *kindClient) deleteVolumes(ctx context.Context, cluster string) error {
	if k.name() != enginePodman {
		return nil
	}
	out, err := k.engine.run(ctx, "volume", "ls", "--format", "{{.Name}} {{.Labels}}")
	if err != nil {
		return fmt.Errorf("listing volumes: %w", err)
	}
	volumes := nodeVolumes(out, cluster)
	if len(volumes) == 0 {
		return nil
	}
	if _, err := k.engine.run(ctx, append([]string{"volume", "rm", "--force"}, volumes...)...); err != nil {
		return fmt.Errorf("deleting the volumes of cluster %s: %w", cluster, err)
	}
	return nil
}

// nodeVolumes picks the cluster's volumes out of lines of "name labels". A volume is a node's if a label of it is the
// node's name: <cluster>-control-plane, <cluster>-worker, <cluster>-worker2, ... with the value true.
func nodeVolumes(lines, cluster string) []string {
	var volumes []string
	for line := range strings.Lines(lines) {
		name, labels, _ := strings.Cut(strings.TrimSpace(line), " ")
		labels = strings.TrimSuffix(strings.TrimPrefix(labels, "map["), "]")
		for _, label := range strings.FieldsFunc(labels, func(r rune) bool { return r == ' ' || r == ',' }) {
			key, value, _ := strings.Cut(strings.Replace(label, ":", "=", 1), "=")
			if value == "true" && isNodeName(key, cluster) {
				volumes = append(volumes, name)
				break
			}
		}
	}
	return volumes
}

// isNodeName says whether kind would give the name to a node of the cluster.
func isNodeName(name, cluster string) bool {
	rest, ok := strings.CutPrefix(name, cluster+"-")
	if !ok {
		return false
	}
	for _, role := range []string{roleControlPlane, roleWorker} {
		if number, ok := strings.CutPrefix(rest, role); ok {
			_, err := strconv.Atoi(number)
			return number == "" || err == nil
		}
	}
	return false
}

func (k *kindClient) startNodes(ctx context.Context, names []string) error {
	_, err := k.engine.run(ctx, append([]string{"start"}, names...)...)
	return err
}

func (k *kindClient) kubeconfig(_ context.Context, cluster string) (string, error) {
	text, err := k.provider(log.NoopLogger{}).KubeConfig(cluster, false)
	return text, explain(err)
}

func (k *kindClient) nodeFile(ctx context.Context, node, path string) (string, error) {
	return k.engine.run(ctx, "exec", "--privileged", node, "cat", path)
}
