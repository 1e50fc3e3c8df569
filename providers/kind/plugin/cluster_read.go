package plugin

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"
	"sigs.k8s.io/yaml"
)

// kubeadmConfigFile is what kind leaves on a node of the configuration that it was made from.
const kubeadmConfigFile = "/kind/kubeadm.conf"

// documentRule is what stands between two documents of a YAML stream.
var documentRule = regexp.MustCompile(`(?m)^---\s*$`)

// Read looks at the cluster as it stands. What has drifted shows in the state, where the next difference is taken from:
// nodes that have stopped or are missing, and control-plane files that were changed by hand. A cluster that is gone, or
// that another one has replaced under its name, is reported as gone. An engine that cannot be asked is an error: that it
// does not answer says nothing about the cluster.
func (c *Cluster) Read(
	ctx context.Context, req infer.ReadRequest[ClusterArgs, ClusterState],
) (infer.ReadResponse[ClusterArgs, ClusterState], error) {
	if req.State.Name == "" {
		return c.importCluster(ctx, req.ID)
	}
	engine, err := c.engines.open(ctx, engineOf(req.State))
	if err != nil {
		return infer.ReadResponse[ClusterArgs, ClusterState]{}, fmt.Errorf("reading cluster %s: %w", req.State.Name, err)
	}
	nodes, err := engine.nodes(ctx, req.State.Name)
	if err != nil {
		return infer.ReadResponse[ClusterArgs, ClusterState]{}, err
	}
	if req.State.halfMade() {
		return readRemains(ctx, engine, req, nodes)
	}
	if len(nodes) == 0 {
		return infer.ReadResponse[ClusterArgs, ClusterState]{}, nil
	}
	state := req.State
	state.Nodes = plainNodes(nodes)
	if runs(nodes, roleControlPlane) {
		if err := readAccess(ctx, engine, &state); err != nil {
			return infer.ReadResponse[ClusterArgs, ClusterState]{}, err
		}
		if err := readVersion(ctx, engine, nodes, &state); err != nil {
			return infer.ReadResponse[ClusterArgs, ClusterState]{}, err
		}
		if req.State.ClusterID != "" && state.ClusterID != req.State.ClusterID {
			progressOf(ctx).Warning(fmt.Sprintf("cluster %s is gone; the cluster that has its name now is another one", state.Name))
			return infer.ReadResponse[ClusterArgs, ClusterState]{}, nil
		}
	}
	if state.Directory != "" {
		if err := readDirectory(&state); err != nil {
			return infer.ReadResponse[ClusterArgs, ClusterState]{}, err
		}
	}
	return infer.ReadResponse[ClusterArgs, ClusterState]{ID: req.ID, Inputs: req.Inputs, State: state}, nil
}

// readRemains says whether anything is left of a cluster that was never made in full. There is nothing to be read of it.
func readRemains(
	ctx context.Context, engine client, req infer.ReadRequest[ClusterArgs, ClusterState], nodes []nodeContainer,
) (infer.ReadResponse[ClusterArgs, ClusterState], error) {
	owner, _, err := engine.networkOwner(ctx, req.State.Network)
	if err != nil || len(nodes) == 0 && owner != req.State.Directory {
		return infer.ReadResponse[ClusterArgs, ClusterState]{}, err
	}
	return infer.ReadResponse[ClusterArgs, ClusterState](req), nil
}

// readDirectory reads what stands in the cluster's directory into its state.
func readDirectory(state *ClusterState) error {
	files, err := readFiles(filesDirectory(state.Directory))
	if err != nil {
		return err
	}
	if len(files) > 0 || len(state.ControlPlaneFiles) > 0 {
		state.ControlPlaneFiles = files
	}
	if state.ControlPlaneUnits, err = readUnits(state.Directory, roleControlPlane, state.ControlPlaneUnits); err != nil {
		return err
	}
	if state.WorkerUnits, err = readUnits(state.Directory, roleWorker, state.WorkerUnits); err != nil {
		return err
	}
	return refreshKubeconfig(*state)
}

// refreshKubeconfig writes the kubeconfig that people use anew if it is not the cluster's: renewed certificates, or somebody
// who removed it. A directory that is gone is not made again: there is nothing to be kept in it.
func refreshKubeconfig(state ClusterState) error {
	path := filepath.Join(state.Directory, kubeconfigName)
	content, err := os.ReadFile(path)
	if err == nil && string(content) == state.Kubeconfig {
		return nil
	}
	if _, err := os.Stat(state.Directory); err != nil || state.Kubeconfig == "" {
		return nil //nolint:nilerr // see above
	}
	return writeFile(path, []byte(state.Kubeconfig))
}

// runs says whether there is a running node of the role.
func runs(nodes []nodeContainer, role string) bool {
	return slices.ContainsFunc(nodes, func(node nodeContainer) bool {
		return node.Role == role && node.Status == nodeRunning
	})
}

// readAccess reads how to talk to the cluster into its state.
func readAccess(ctx context.Context, engine client, state *ClusterState) error {
	kubeconfig, err := engine.kubeconfig(ctx, state.Name)
	if err != nil {
		return fmt.Errorf("reading the kubeconfig of cluster %s: %w", state.Name, err)
	}
	found, err := parseKubeconfig(kubeconfig)
	if err != nil {
		return err
	}
	state.Kubeconfig = kubeconfig
	state.Endpoint = found.endpoint
	state.CACertificate = found.caCertificate
	state.ClusterID = clusterID(state.Name, found.caCertificate)
	return nil
}

// versionFile says which version a node has: the image's, or that of the last upgrade that came to its end.
const versionFile = "/kind/version"

// readVersion reads which version the control plane has into the state.
func readVersion(ctx context.Context, engine client, nodes []nodeContainer, state *ClusterState) error {
	for _, node := range nodes {
		if node.Role != roleControlPlane {
			continue
		}
		version, err := engine.nodeFile(ctx, node.Name, versionFile)
		if err != nil {
			return fmt.Errorf("reading the Kubernetes version of cluster %s: %w", state.Name, err)
		}
		state.KubernetesVersion = strings.TrimSpace(version)
	}
	return nil
}

// importCluster finds a cluster by nothing but its name.
func (c *Cluster) importCluster(ctx context.Context, name string) (infer.ReadResponse[ClusterArgs, ClusterState], error) {
	engines, err := c.engines.usable(ctx)
	if err != nil {
		return infer.ReadResponse[ClusterArgs, ClusterState]{}, fmt.Errorf("importing cluster %s: %w", name, err)
	}
	for _, engine := range engines {
		nodes, err := engine.nodes(ctx, name)
		if err != nil {
			return infer.ReadResponse[ClusterArgs, ClusterState]{}, err
		}
		if len(nodes) == 0 {
			continue
		}
		if !runs(nodes, roleControlPlane) {
			return infer.ReadResponse[ClusterArgs, ClusterState]{}, fmt.Errorf(
				"importing cluster %s: its control plane does not run: start it first (%s start %s)",
				name, engine.name(), nodes[0].Name)
		}
		state, err := importState(ctx, engine, name, nodes)
		if err != nil {
			return infer.ReadResponse[ClusterArgs, ClusterState]{}, fmt.Errorf("importing cluster %s: %w", name, err)
		}
		return infer.ReadResponse[ClusterArgs, ClusterState]{ID: name, Inputs: state.ClusterArgs, State: state}, nil
	}
	return infer.ReadResponse[ClusterArgs, ClusterState]{}, nil
}

// importState rebuilds a cluster's state: from its journal if it is ours, else from what its nodes show.
func importState(ctx context.Context, engine client, name string, nodes []nodeContainer) (ClusterState, error) {
	state := ClusterState{EngineUsed: engine.name(), Nodes: plainNodes(nodes)}
	state.Name = name
	if len(nodes[0].networks) > 0 {
		state.Network = nodes[0].networks[0]
	}
	if err := readAccess(ctx, engine, &state); err != nil {
		return ClusterState{}, err
	}
	directory, err := directoryOf(ctx, engine, nodes)
	if err != nil {
		return ClusterState{}, err
	}
	if directory != "" {
		found, ok, err := readJournal(directory)
		if err != nil {
			return ClusterState{}, err
		}
		if ok && found.ClusterID == state.ClusterID {
			state.ClusterArgs = found.Inputs
			files, err := readFiles(filesDirectory(directory))
			if len(files) > 0 {
				state.ControlPlaneFiles = files
			}
			return state, err
		}
	}
	progressOf(ctx).Warning("the cluster was not made here: its directory, files, patches and image archive cannot be known")
	return state, knownInputs(ctx, engine, nodes, &state)
}

// directoryOf returns the directory that a cluster of ours was made from, or "": its network says so.
func directoryOf(ctx context.Context, engine client, nodes []nodeContainer) (string, error) {
	for _, network := range nodes[0].networks {
		owner, _, err := engine.networkOwner(ctx, network)
		if err != nil {
			return "", err
		}
		if filepath.IsAbs(owner) {
			return owner, nil
		}
	}
	return "", nil
}

// knownInputs fills in the inputs of a cluster that kind made for somebody else.
func knownInputs(ctx context.Context, engine client, nodes []nodeContainer, state *ClusterState) error {
	workers := 0
	controlPlane := ""
	for _, node := range nodes {
		switch node.Role {
		case roleWorker:
			workers++
		case roleControlPlane:
			controlPlane = node.Name
			state.Image = node.Image
		}
	}
	chosen := engineAuto
	state.Engine, state.Workers = &chosen, &workers
	if err := readVersion(ctx, engine, nodes, state); err != nil {
		return err
	}
	if server, err := url.Parse(state.Endpoint); err == nil {
		if port, err := strconv.Atoi(server.Port()); err == nil {
			state.APIServerPort = &port
		}
	}
	config, err := engine.nodeFile(ctx, controlPlane, kubeadmConfigFile)
	if err != nil {
		return err
	}
	state.PodSubnet, state.ServiceSubnet, err = subnetsOf(config)
	return err
}

// subnetsOf finds the ranges in a stream of kubeadm's configuration documents.
func subnetsOf(config string) (pods, services string, err error) {
	for _, document := range documentRule.Split(config, -1) {
		var cluster struct {
			Kind       string `json:"kind"`
			Networking struct {
				PodSubnet     string `json:"podSubnet"`
				ServiceSubnet string `json:"serviceSubnet"`
			} `json:"networking"`
		}
		if err := yaml.Unmarshal([]byte(document), &cluster); err != nil {
			return "", "", fmt.Errorf("understanding %s on the node: %w", kubeadmConfigFile, err)
		}
		if cluster.Kind == "ClusterConfiguration" {
			return cluster.Networking.PodSubnet, cluster.Networking.ServiceSubnet, nil
		}
	}
	return "", "", fmt.Errorf("%s on the node has no ClusterConfiguration", kubeadmConfigFile)
}
