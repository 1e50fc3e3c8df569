package network

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"

	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/components/internal/objects"
)

const (
	configMapName   = "calico-config"
	cniConfigKey    = "cni_network_config"
	nodeApp         = "calico-node"
	cniBinVolume    = "cni-bin"
	cniConfigVolume = "cni-config"
	calicoVolume    = "lib"
	calicoDirectory = "/var/lib/calico"

	// Where Felix says how it is: to its own node, and to nobody else.
	felixHealthHost = "127.0.0.1"
	felixHealthPort = 9099
)

// hostPaths are what calico-node shares with the node: no more than programming its network takes. Upstream's mounts
// for the eBPF data plane, the policy sync API and the CNI log are left out.
var hostPaths = []struct{ volume, path, kind, mount string }{
	{"lib-modules", "/lib/modules", "", "/lib/modules"},
	{"run", runDirectory, "DirectoryOrCreate", runDirectory},
	{calicoVolume, calicoDirectory, "DirectoryOrCreate", calicoDirectory},
	{"xtables-lock", "/run/xtables.lock", "FileOrCreate", "/run/xtables.lock"},
	{cniConfigVolume, "/etc/cni/net.d", "DirectoryOrCreate", "/host/etc/cni/net.d"},
	{cniBinVolume, "/opt/cni/bin", "DirectoryOrCreate", "/host/opt/cni/bin"},
}

// createNode registers the DaemonSet that programs each node, and before it, if Calico is the pod network, the
// configuration that it installs there. The DaemonSet comes after the given resources.
func createNode(
	ctx *pulumi.Context, name string, args CalicoArgs, after []pulumi.Resource, child pulumi.ResourceOption,
) (*appsv1.DaemonSet, error) {
	if args.policyOnly() {
		return createDaemonSet(ctx, name, args, nil, child, pulumi.DependsOn(after))
	}
	config, err := renderCNIConfig(args.MTU)
	if err != nil {
		return nil, err
	}
	configMap, err := corev1.NewConfigMap(ctx, name+"-config", &corev1.ConfigMapArgs{
		Metadata: metadata(configMapName),
		Data:     pulumi.StringMap{cniConfigKey: pulumi.String(config)},
	}, child)
	if err != nil {
		return nil, fmt.Errorf("config map %s: %w", configMapName, err)
	}
	digest := sha256.Sum256([]byte(config))
	// A changed CNI configuration reaches the nodes: the installer runs at a pod's start only.
	annotations := pulumi.StringMap{"rampart.dev/cni-config-sha256": pulumi.String(hex.EncodeToString(digest[:]))}
	return createDaemonSet(ctx, name, args, annotations, child, pulumi.DependsOn(append(slices.Clone(after), configMap)))
}

func createDaemonSet(
	ctx *pulumi.Context, name string, args CalicoArgs, annotations pulumi.StringMap, opts ...pulumi.ResourceOption,
) (*appsv1.DaemonSet, error) {
	selector := pulumi.StringMap{"k8s-app": pulumi.String(nodeApp)}
	daemonSet, err := appsv1.NewDaemonSet(ctx, name+"-node", &appsv1.DaemonSetArgs{
		Metadata: metadata(nodeApp),
		Spec: &appsv1.DaemonSetSpecArgs{
			Selector: &metav1.LabelSelectorArgs{MatchLabels: selector},
			UpdateStrategy: &appsv1.DaemonSetUpdateStrategyArgs{
				Type:          pulumi.String("RollingUpdate"),
				RollingUpdate: &appsv1.RollingUpdateDaemonSetArgs{MaxUnavailable: pulumi.Int(1)},
			},
			Template: &corev1.PodTemplateSpecArgs{
				Metadata: &metav1.ObjectMetaArgs{Labels: objects.Labels("k8s-app", nodeApp), Annotations: annotations},
				Spec:     nodePod(args),
			},
		},
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("daemon set %s: %w", nodeApp, err)
	}
	return daemonSet, nil
}

func nodePod(args CalicoArgs) *corev1.PodSpecArgs {
	volumes := corev1.VolumeArray{}
	mounts := corev1.VolumeMountArray{}
	for _, host := range hostPaths {
		if args.policyOnly() && (host.volume == cniBinVolume || host.volume == cniConfigVolume) {
			continue // another network's
		}
		source := &corev1.HostPathVolumeSourceArgs{Path: pulumi.String(host.path)}
		if host.kind != "" {
			source.Type = pulumi.String(host.kind)
		}
		volumes = append(volumes, &corev1.VolumeArgs{Name: pulumi.String(host.volume), HostPath: source})
		if host.volume == cniBinVolume {
			continue // only the installer writes programs onto the node
		}
		mount := &corev1.VolumeMountArgs{Name: pulumi.String(host.volume), MountPath: pulumi.String(host.mount)}
		if host.volume == "lib-modules" {
			mount.ReadOnly = pulumi.Bool(true)
		}
		mounts = append(mounts, mount)
	}
	installers := corev1.ContainerArray{}
	if !args.policyOnly() {
		installers = append(installers, startupContainer(args), installContainer(args.Images.CNI))
	}
	return &corev1.PodSpecArgs{
		NodeSelector: pulumi.StringMap{"kubernetes.io/os": pulumi.String("linux")},
		HostNetwork:  pulumi.Bool(true),
		// A node without it has no network: nothing keeps it off a node.
		Tolerations: corev1.TolerationArray{
			&corev1.TolerationArgs{Effect: pulumi.String("NoSchedule"), Operator: pulumi.String("Exists")},
			&corev1.TolerationArgs{Effect: pulumi.String("NoExecute"), Operator: pulumi.String("Exists")},
			&corev1.TolerationArgs{Key: pulumi.String("CriticalAddonsOnly"), Operator: pulumi.String("Exists")},
		},
		PriorityClassName:  pulumi.String("system-node-critical"),
		ServiceAccountName: pulumi.String(nodeAccount),
		SecurityContext: &corev1.PodSecurityContextArgs{
			SeccompProfile: &corev1.SeccompProfileArgs{Type: pulumi.String("RuntimeDefault")},
		},
		// A new version takes over at once: what the old one programmed stays in the kernel meanwhile.
		TerminationGracePeriodSeconds: pulumi.Int(0),
		InitContainers:                installers,
		Containers:                    corev1.ContainerArray{nodeContainer(args, mounts)},
		Volumes:                       volumes,
	}
}

// startupContainer tells the node its name in Calico, and makes the address pool, before there is a network that pods could be
// given: the kubelet starts them when it sees the CNI configuration, and after a first attempt that fails it waits for some
// twelve seconds. calico-node does the same again when it starts, a second or two after that configuration is there.
func startupContainer(args CalicoArgs) *corev1.ContainerArgs {
	return &corev1.ContainerArgs{
		Name:            pulumi.String("startup"),
		Image:           pulumi.String(args.Images.Node),
		ImagePullPolicy: pulumi.String("IfNotPresent"),
		Command:         pulumi.ToStringArray([]string{"/bin/calico-node", "-startup"}),
		Env:             nodeEnvironment(args),
		Resources:       requests("25m", "64Mi"),
		SecurityContext: rootWithoutCapabilities(),
		VolumeMounts: corev1.VolumeMountArray{
			&corev1.VolumeMountArgs{Name: pulumi.String(calicoVolume), MountPath: pulumi.String(calicoDirectory)},
		},
	}
}

// rootWithoutCapabilities may write what is root's, and no more.
func rootWithoutCapabilities() *corev1.SecurityContextArgs {
	return &corev1.SecurityContextArgs{
		RunAsUser:                pulumi.Int(0),
		AllowPrivilegeEscalation: pulumi.Bool(false),
		ReadOnlyRootFilesystem:   pulumi.Bool(true),
		Capabilities:             &corev1.CapabilitiesArgs{Drop: pulumi.ToStringArray([]string{"ALL"})},
	}
}

// installContainer copies the CNI programs and their configuration onto the node. It is root on files that root owns,
// and needs no capability for that.
func installContainer(image string) *corev1.ContainerArgs {
	return &corev1.ContainerArgs{
		Name:            pulumi.String("install-cni"),
		Image:           pulumi.String(image),
		ImagePullPolicy: pulumi.String("IfNotPresent"),
		Command:         pulumi.ToStringArray([]string{"/opt/cni/bin/install"}),
		Env: corev1.EnvVarArray{
			variable("CNI_CONF_NAME", "10-calico.conflist"),
			&corev1.EnvVarArgs{
				Name: pulumi.String("CNI_NETWORK_CONFIG"),
				ValueFrom: &corev1.EnvVarSourceArgs{ConfigMapKeyRef: &corev1.ConfigMapKeySelectorArgs{
					Name: pulumi.String(configMapName), Key: pulumi.String(cniConfigKey),
				}},
			},
			nodeNameVariable("KUBERNETES_NODE_NAME"),
			variable("SLEEP", "false"), // install once and end
		},
		Resources:       requests("25m", "32Mi"),
		SecurityContext: rootWithoutCapabilities(),
		VolumeMounts: corev1.VolumeMountArray{
			&corev1.VolumeMountArgs{Name: pulumi.String(cniBinVolume), MountPath: pulumi.String("/host/opt/cni/bin")},
			&corev1.VolumeMountArgs{Name: pulumi.String(cniConfigVolume), MountPath: pulumi.String("/host/etc/cni/net.d")},
		},
	}
}

// nodeEnvironment is calico-node's configuration. FELIX_ variables win over what stands in a FelixConfiguration object.
func nodeEnvironment(args CalicoArgs) corev1.EnvVarArray {
	environment := corev1.EnvVarArray{
		variable("DATASTORE_TYPE", "kubernetes"),
		variable("WAIT_FOR_DATASTORE", "true"),
		nodeNameVariable("NODENAME"),
		variable("CLUSTER_TYPE", "k8s"),
		variable("CALICO_DISABLE_FILE_LOGGING", "true"),
		variable("FELIX_IPV6SUPPORT", "false"),
	}
	if args.policyOnly() {
		environment = append(environment, policyOnlyEnvironment(args)...)
	} else {
		environment = append(environment, networkEnvironment(args)...)
	}
	return append(environment, corev1.EnvVarArray{
		// Traffic from a pod to its own node has passed the pod's egress policy; then the node's own rules decide. DROP
		// would cut pods on a control-plane node off its API server.
		variable("FELIX_DEFAULTENDPOINTTOHOSTACTION", "RETURN"),

		// Health is asked for by the probes below, inside the node.
		variable("FELIX_HEALTHENABLED", "true"),
		variable("FELIX_HEALTHHOST", felixHealthHost),
		variable("FELIX_HEALTHPORT", strconv.Itoa(felixHealthPort)),
		variable("FELIX_PROMETHEUSMETRICSENABLED", "false"),
		// Nothing is reported to Calico's makers.
		variable("FELIX_USAGEREPORTINGENABLED", "false"),
		// Ports of a node that stay open whatever a policy on host endpoints says, so that a mistake can be mended: SSH,
		// DHCP, the API server. Calico's own list has etcd and BGP on it as well, and no policy could close those.
		variable("FELIX_FAILSAFEINBOUNDHOSTPORTS", "tcp:22,udp:68,tcp:6443"),
		// XDP speeds up policies on host endpoints that are not tracked, which we have none of, and wants the BPF file system.
		variable("FELIX_XDPENABLED", "false"),
	}...)
}

// networkEnvironment is what Calico needs to be the pod network.
func networkEnvironment(args CalicoArgs) corev1.EnvVarArray {
	return corev1.EnvVarArray{
		variable("CALICO_NETWORKING_BACKEND", "vxlan"),

		// A kind node has several interfaces, and the kubelet knows which one is the cluster's.
		variable("IP", "autodetect"),
		variable("IP_AUTODETECTION_METHOD", "kubernetes-internal-ip"),

		// Always, not only between subnets: Docker's hosts drop what is forwarded without encapsulation.
		variable("CALICO_IPV4POOL_CIDR", args.PodCIDR),
		variable("CALICO_IPV4POOL_VXLAN", "Always"),
		variable("CALICO_IPV4POOL_IPIP", "Never"),
		variable("FELIX_VXLANMTU", strconv.Itoa(args.MTU)),

		// Felix tells the CNI plugin when a pod's policy is programmed.
		variable("FELIX_ENDPOINTSTATUSPATHPREFIX", runDirectory),
	}
}

// policyOnlyEnvironment keeps Calico from everything but policies, beside a network of another's.
func policyOnlyEnvironment(args CalicoArgs) corev1.EnvVarArray {
	return corev1.EnvVarArray{
		variable("CALICO_NETWORKING_BACKEND", "none"),
		// By these it knows pods' interfaces. What such an interface sends and gets before its policy is programmed is dropped.
		variable("FELIX_INTERFACEPREFIX", args.PodInterfaces),
		variable("NO_DEFAULT_POOLS", "true"),
		variable("IP", "none"),
		// The VPC CNI marks packets after Felix has accepted them: they go on to its rules.
		variable("FELIX_IPTABLESMANGLEALLOWACTION", "Return"),
	}
}

func nodeContainer(args CalicoArgs, mounts corev1.VolumeMountArray) *corev1.ContainerArgs {
	return &corev1.ContainerArgs{
		Name:            pulumi.String("calico-node"),
		Image:           pulumi.String(args.Images.Node),
		ImagePullPolicy: pulumi.String("IfNotPresent"),
		Env:             nodeEnvironment(args),
		Resources:       requests("100m", "128Mi"),
		// It writes /proc/sys, which only a privileged container has read-write.
		SecurityContext: &corev1.SecurityContextArgs{Privileged: pulumi.Bool(true)},
		LivenessProbe: &corev1.ProbeArgs{
			HttpGet:             felixHealth("/liveness"),
			InitialDelaySeconds: pulumi.Int(10),
			PeriodSeconds:       pulumi.Int(10),
			TimeoutSeconds:      pulumi.Int(10),
			FailureThreshold:    pulumi.Int(6),
		},
		ReadinessProbe: &corev1.ProbeArgs{
			HttpGet:          felixHealth("/readiness"),
			PeriodSeconds:    pulumi.Int(2),
			TimeoutSeconds:   pulumi.Int(10),
			FailureThreshold: pulumi.Int(5),
		},
		VolumeMounts: mounts,
	}
}

// felixHealth asks Felix itself. The pod is in the node's network, where the kubelet reaches its loopback; a command in the
// container would start a program of many megabytes every few seconds, to ask the same.
func felixHealth(path string) *corev1.HTTPGetActionArgs {
	return &corev1.HTTPGetActionArgs{
		Host: pulumi.String(felixHealthHost), Path: pulumi.String(path), Port: pulumi.Int(felixHealthPort),
	}
}

func variable(name, value string) *corev1.EnvVarArgs {
	return &corev1.EnvVarArgs{Name: pulumi.String(name), Value: pulumi.String(value)}
}

func nodeNameVariable(name string) *corev1.EnvVarArgs {
	return &corev1.EnvVarArgs{
		Name: pulumi.String(name),
		ValueFrom: &corev1.EnvVarSourceArgs{
			FieldRef: &corev1.ObjectFieldSelectorArgs{FieldPath: pulumi.String("spec.nodeName")},
		},
	}
}

func execute(command ...string) *corev1.ExecActionArgs {
	return &corev1.ExecActionArgs{Command: pulumi.ToStringArray(command)}
}

func requests(cpu, memory string) *corev1.ResourceRequirementsArgs {
	return &corev1.ResourceRequirementsArgs{
		Requests: pulumi.StringMap{"cpu": pulumi.String(cpu), "memory": pulumi.String(memory)},
	}
}
