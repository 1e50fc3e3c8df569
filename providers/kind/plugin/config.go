package plugin

import (
	"fmt"

	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"
	"sigs.k8s.io/yaml"
)

// localAddress is the only address that an API server is published on.
const localAddress = "127.0.0.1"

// renderConfig returns the kind configuration of a cluster on a host.
func renderConfig(args ClusterArgs, quirks hostQuirks) ([]byte, error) {
	config := v1alpha4.Cluster{
		TypeMeta: v1alpha4.TypeMeta{Kind: "Cluster", APIVersion: "kind.x-k8s.io/v1alpha4"},
		Name:     args.Name,
		Networking: v1alpha4.Networking{
			IPFamily:         v1alpha4.IPv4Family,
			APIServerAddress: localAddress,
			APIServerPort:    int32(args.apiServerPort()), //nolint:gosec // Check holds it to 65535.
			PodSubnet:        args.PodSubnet,
			ServiceSubnet:    args.ServiceSubnet,
			// kindnet enforces policies fail-open; a component of Rampart's installs the pod network.
			DisableDefaultCNI: true,
			KubeProxyMode:     v1alpha4.IPTablesProxyMode,
		},
		// A later patch wins, so what the host needs comes last: without it no node would start.
		KubeadmConfigPatches:    append(append([]string{}, args.KubeadmConfigPatches...), quirks.kubeadmPatches()...),
		ContainerdConfigPatches: quirks.containerdPatches(),
	}
	controlPlane := v1alpha4.Node{Role: v1alpha4.ControlPlaneRole, Image: args.Image}
	mount := func(node *v1alpha4.Node, files map[string]string, host, container string) {
		if len(files) > 0 {
			node.ExtraMounts = append(node.ExtraMounts, v1alpha4.Mount{HostPath: host, ContainerPath: container, Readonly: true})
		}
	}
	mount(&controlPlane, args.ControlPlaneFiles, filesDirectory(args.Directory), containerFilesDirectory)
	mount(&controlPlane, args.ControlPlaneUnits, unitsDirectory(args.Directory, roleControlPlane), containerUnitsDirectory)
	mount(&controlPlane, args.ControlPlanePrograms, programsDirectory(args.Directory), containerProgramsDirectory)
	config.Nodes = append(config.Nodes, controlPlane)
	for range args.workers() {
		worker := v1alpha4.Node{Role: v1alpha4.WorkerRole, Image: args.Image}
		mount(&worker, args.WorkerUnits, unitsDirectory(args.Directory, roleWorker), containerUnitsDirectory)
		config.Nodes = append(config.Nodes, worker)
	}
	rendered, err := yaml.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("rendering the kind configuration: %w", err)
	}
	return rendered, nil
}
