package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// nodeSettings are what kind has found a node to need on this host, and a further node needs too.
type nodeSettings struct {
	Config     struct{ Env []string }
	HostConfig struct {
		Binds      []string
		Devices    []struct{ PathOnHost string }
		UsernsMode string
	}
}

// startWorker runs a container as kind does for a worker: the kind library can add none to a cluster that stands.
func (k *kindClient) startWorker(ctx context.Context, args ClusterArgs, name string) (Node, error) {
	engine, err := k.limited(args.Directory)
	if err != nil {
		return Node{}, err
	}
	settings, err := k.settingsOf(ctx, args.Name+"-"+roleControlPlane)
	if err != nil {
		return Node{}, err
	}
	volume := "/var"
	if k.name() == enginePodman {
		// A volume made beforehand can have mount options; its label says whose it is.
		made, err := k.engine.run(ctx, "volume", "create", "--label", name+"=true")
		if err != nil {
			return Node{}, err
		}
		volume = made + ":/var:suid,exec,dev"
	}
	if _, err := engine.run(ctx, workerCommand(k.name(), args, name, volume, settings)...); err != nil {
		return Node{}, err
	}
	if err := k.prepareContainerd(ctx, name); err != nil {
		return Node{}, err
	}
	nodes, err := k.nodes(ctx, args.Name)
	if err != nil {
		return Node{}, err
	}
	i := slices.IndexFunc(nodes, func(node nodeContainer) bool { return node.Name == name })
	if i < 0 {
		return Node{}, fmt.Errorf("the container %s is gone right after it was made", name)
	}
	return nodes[i].Node, nil
}

func (k *kindClient) settingsOf(ctx context.Context, node string) (nodeSettings, error) {
	text, err := k.engine.run(ctx, "container", "inspect", node)
	if err != nil {
		return nodeSettings{}, err
	}
	var found []nodeSettings
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		return nodeSettings{}, fmt.Errorf("understanding the description of %s: %w", node, err)
	}
	if len(found) != 1 {
		return nodeSettings{}, fmt.Errorf("understanding the description of %s: it is of %d containers", node, len(found))
	}
	return found[0], nil
}

// nodeVariables begin the names of variables that kind gives to nodes. The others are the image's and the engine's.
var nodeVariables = []string{
	"container=", "KIND_", "HTTP_PROXY=", "HTTPS_PROXY=", "NO_PROXY=", "http_proxy=", "https_proxy=", "no_proxy=",
}

// workerCommand is the engine's command that runs a worker.
func workerCommand(engine string, args ClusterArgs, name, volume string, settings nodeSettings) []string {
	command := []string{
		"run", "--detach", "--tty", "--name", name, "--hostname", name, "--net", args.network(),
		"--label", kindClusterLabel + "=" + args.Name, "--label", kindRoleLabel + "=" + roleWorker,
		"--privileged", "--cgroupns=private", "--tmpfs", "/tmp", "--tmpfs", "/run",
		"--volume", volume, "--volume", modulesDirectory + ":" + modulesDirectory + ":ro",
	}
	if engine != enginePodman {
		command = append(command, "--restart=on-failure:1", "--init=false",
			"--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined")
	}
	if len(args.WorkerUnits) > 0 {
		command = append(command,
			"--volume", unitsDirectory(args.Directory, roleWorker)+":"+containerUnitsDirectory+":ro")
	}
	for _, variable := range settings.Config.Env {
		if slices.ContainsFunc(nodeVariables, func(prefix string) bool { return strings.HasPrefix(variable, prefix) }) {
			command = append(command, "--env", variable)
		}
	}
	for _, bind := range settings.HostConfig.Binds {
		if strings.HasPrefix(bind, "/dev/mapper:") {
			command = append(command, "--volume", bind)
		}
	}
	for _, device := range settings.HostConfig.Devices {
		if device.PathOnHost == "/dev/fuse" {
			command = append(command, "--device", device.PathOnHost)
		}
	}
	if settings.HostConfig.UsernsMode == "host" {
		command = append(command, "--userns=host")
	}
	return append(command, kindReference(args.Image))
}

func (k *kindClient) removeNode(ctx context.Context, name string) error {
	args := []string{"rm", "--force", "--volumes"}
	if k.name() == enginePodman {
		args = append(args, "--time", "0")
	}
	if _, err := k.engine.run(ctx, append(args, name)...); err != nil {
		return fmt.Errorf("removing node %s: %w", name, err)
	}
	return k.removeVolumesOf(ctx, name)
}

// removeVolumesOf removes the volumes that were made beforehand for a node on podman, labelled by its name.
func (k *kindClient) removeVolumesOf(ctx context.Context, node string) error {
	if k.name() != enginePodman {
		return nil
	}
	volumes, err := k.engine.run(ctx, "volume", "ls", "--filter", "label="+node+"=true", "--format", "{{.Name}}")
	if err != nil {
		return fmt.Errorf("listing the volumes of node %s: %w", node, err)
	}
	if volumes == "" {
		return nil
	}
	if _, err := k.engine.run(ctx, append([]string{"volume", "rm", "--force"}, strings.Fields(volumes)...)...); err != nil {
		return fmt.Errorf("removing the volumes of node %s: %w", node, err)
	}
	return nil
}
