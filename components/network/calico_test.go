package network

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	corev1sdk "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/rampart-iac/rampart/components/internal/enginetest"
)

func install(t *testing.T, args CalicoArgs) *enginetest.Recorder {
	t.Helper()
	args.CRDs = definitionFiles()
	if args.PodCIDR == "" {
		args.PodCIDR = "10.244.0.0/16"
	}
	return enginetest.MustRun(t, func(ctx *pulumi.Context) error {
		calico, err := NewCalico(ctx, "network", &args)
		if err == nil && len(calico.Ready) != 2 {
			t.Errorf("%d resources tell readiness, want controllers and DNS", len(calico.Ready))
		}
		return err
	})
}

func TestCalicoIsComplete(t *testing.T) {
	t.Parallel()
	recorder := install(t, CalicoArgs{})
	recorder.CheckHouseRules(t, "network")
	summary := recorder.Summary()
	for _, want := range []string{
		"rampart:network:Calico network",
		"kubernetes:apps/v1:DaemonSet network-node",
		"kubernetes:apps/v1:Deployment network-kube-controllers",
		"kubernetes:apps/v1:DeploymentPatch network-dns-ready",
		"kubernetes:core/v1:ConfigMap network-config",
		"kubernetes:crd.projectcalico.org/v1:KubeControllersConfiguration network-kube-controllers-settings",
		"kubernetes:policy/v1:PodDisruptionBudget network-kube-controllers-budget",
		"kubernetes:core/v1:ServiceAccount network-calico-node",
		"kubernetes:rbac.authorization.k8s.io/v1:ClusterRole network-calico-cni-plugin",
		"kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding network-calico-kube-controllers",
	} {
		if !slices.Contains(summary, want) {
			t.Errorf("no %s among\n%s", want, strings.Join(summary, "\n"))
		}
	}
	if count := len(recorder.OfType("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition")); count != len(requiredCRDs) {
		t.Errorf("%d custom resource definitions, want %d", count, len(requiredCRDs))
	}
}

func TestOrderOfLayers(t *testing.T) {
	t.Parallel()
	recorder := enginetest.MustRun(t, func(ctx *pulumi.Context) error {
		calico, err := NewCalico(ctx, "network", &CalicoArgs{CRDs: definitionFiles(), PodCIDR: "10.244.0.0/16"})
		if err != nil {
			return err
		}
		_, err = corev1sdk.NewConfigMap(ctx, "pods", nil, pulumi.DependsOn(calico.Ready))
		return err
	})
	edges := [][2]string{
		{"network-node", "network-config"},
		{"network-kube-controllers", "network-kube-controllers-settings"},
		{"network-kube-controllers-settings", "network-crd-kubecontrollersconfigurations"},
		{"network-dns-ready", "network-node"},
		{"pods", "network-dns-ready"},
		{"pods", "network-kube-controllers"},
	}
	for _, program := range []string{"network-node", "network-kube-controllers"} {
		for _, definition := range requiredCRDs {
			edges = append(edges, [2]string{program, "network-crd-" + definition})
		}
	}
	for _, each := range recorder.All() {
		if strings.HasSuffix(each.TypeToken, ":ServiceAccount") || strings.HasSuffix(each.TypeToken, ":ClusterRole") ||
			strings.HasSuffix(each.TypeToken, ":ClusterRoleBinding") {
			edges = append(edges, [2]string{"network-node", each.Name}, [2]string{"network-kube-controllers", each.Name})
		}
	}
	for _, edge := range edges {
		if !recorder.Waits(edge[0], edge[1]) {
			t.Errorf("%s does not wait for %s", edge[0], edge[1])
		}
	}
}

// TestPodsWaitForTheirPolicy checks both ends of the wait: where Felix writes and where the plugin reads, through the same
// folder of the node, and a time that the kubelet does not sit out.
func TestPodsWaitForTheirPolicy(t *testing.T) {
	t.Parallel()
	recorder := install(t, CalicoArgs{})
	config := &corev1.ConfigMap{}
	recorder.Decode(t, "network-config", config)
	var cni struct {
		Plugins []struct {
			Type                      string `json:"type"`
			PolicySetupTimeoutSeconds int    `json:"policy_setup_timeout_seconds"`
			EndpointStatusDir         string `json:"endpoint_status_dir"`
			Kubernetes                struct {
				Kubeconfig string `json:"kubeconfig"`
				APIRoot    string `json:"k8s_api_root"`
			} `json:"kubernetes"`
		} `json:"plugins"`
	}
	if err := json.Unmarshal([]byte(config.Data["cni_network_config"]), &cni); err != nil {
		t.Fatal(err)
	}
	const kubeletSandboxTimeout = 240
	plugin := cni.Plugins[0]
	if plugin.Type != "calico" || plugin.PolicySetupTimeoutSeconds <= kubeletSandboxTimeout {
		t.Errorf("plugin %+v gives up waiting before the kubelet does", plugin)
	}
	if plugin.Kubernetes.Kubeconfig != "__KUBECONFIG_FILEPATH__" {
		t.Errorf("kubeconfig %q", plugin.Kubernetes.Kubeconfig)
	}
	if plugin.Kubernetes.APIRoot != "https://__KUBERNETES_SERVICE_HOST__:__KUBERNETES_SERVICE_PORT__" {
		t.Errorf("the API server's address is %q", plugin.Kubernetes.APIRoot)
	}

	daemonSet := &appsv1.DaemonSet{}
	recorder.Decode(t, "network-node", daemonSet)
	pod := daemonSet.Spec.Template.Spec
	written := environment(pod.Containers[0])["FELIX_ENDPOINTSTATUSPATHPREFIX"]
	if plugin.EndpointStatusDir != written+"/endpoint-status" {
		t.Errorf("felix writes below %s, the plugin reads %s", written, plugin.EndpointStatusDir)
	}
	shared := slices.ContainsFunc(pod.Volumes, func(volume corev1.Volume) bool {
		return volume.HostPath != nil && volume.HostPath.Path == written
	}) && slices.ContainsFunc(pod.Containers[0].VolumeMounts, func(mount corev1.VolumeMount) bool {
		return mount.MountPath == written && !mount.ReadOnly
	})
	if !shared {
		t.Errorf("%s is not shared with the node", written)
	}
}

func environment(container corev1.Container) map[string]string {
	values := map[string]string{}
	for _, variable := range container.Env {
		values[variable.Name] = variable.Value
	}
	return values
}

func TestNode(t *testing.T) {
	t.Parallel()
	recorder := install(t, CalicoArgs{PodCIDR: "172.20.0.0/14", MTU: 1400})
	daemonSet := &appsv1.DaemonSet{}
	recorder.Decode(t, "network-node", daemonSet)
	pod := daemonSet.Spec.Template.Spec
	for name, want := range map[string]string{
		"CALICO_IPV4POOL_CIDR": "172.20.0.0/14", "CALICO_IPV4POOL_VXLAN": "Always", "CALICO_IPV4POOL_IPIP": "Never",
		"CALICO_NETWORKING_BACKEND": "vxlan", "FELIX_IPV6SUPPORT": "false", "FELIX_HEALTHHOST": "127.0.0.1",
		"FELIX_USAGEREPORTINGENABLED": "false", "FELIX_PROMETHEUSMETRICSENABLED": "false", "FELIX_VXLANMTU": "1400",
		"FELIX_FAILSAFEINBOUNDHOSTPORTS": "tcp:22,udp:68,tcp:6443",
		"IP_AUTODETECTION_METHOD":        "kubernetes-internal-ip", "DATASTORE_TYPE": "kubernetes",
	} {
		if got := environment(pod.Containers[0])[name]; got != want {
			t.Errorf("%s=%q, want %q", name, got, want)
		}
	}
	if pod.PriorityClassName != "system-node-critical" || !pod.HostNetwork {
		t.Errorf("priority %q, host network %v", pod.PriorityClassName, pod.HostNetwork)
	}
	var before []string
	for _, container := range pod.InitContainers {
		before = append(before, container.Name)
		held := container.SecurityContext
		if held.Privileged != nil && *held.Privileged || *held.AllowPrivilegeEscalation || !*held.ReadOnlyRootFilesystem ||
			!slices.Equal(held.Capabilities.Drop, []corev1.Capability{"ALL"}) {
			t.Errorf("the security context of %s is %+v", container.Name, held)
		}
	}
	// The CNI configuration says to the kubelet that pods can start: what they need is there before.
	if want := []string{"startup", "install-cni"}; !slices.Equal(before, want) {
		t.Errorf("before calico-node run %v, want %v", before, want)
	}
	for _, container := range append(pod.InitContainers, pod.Containers...) {
		if container.Resources.Requests.Cpu().IsZero() || container.Resources.Requests.Memory().IsZero() {
			t.Errorf("%s requests no resources", container.Name)
		}
	}
	for _, mount := range pod.Containers[0].VolumeMounts {
		if mount.MountPath == "/host/opt/cni/bin" {
			t.Error("calico-node can write programs onto the node")
		}
	}
	if other := install(t, CalicoArgs{MTU: 1500}); podAnnotations(t, other) == podAnnotations(t, recorder) {
		t.Error("a changed CNI configuration does not restart the installers")
	}
}

func podAnnotations(t *testing.T, recorder *enginetest.Recorder) string {
	t.Helper()
	daemonSet := &appsv1.DaemonSet{}
	recorder.Decode(t, "network-node", daemonSet)
	return daemonSet.Spec.Template.Annotations["rampart.dev/cni-config-sha256"]
}

func TestKubeControllersAreRestricted(t *testing.T) {
	t.Parallel()
	recorder := install(t, CalicoArgs{})
	deployment := &appsv1.Deployment{}
	recorder.Decode(t, "network-kube-controllers", deployment)
	pod := deployment.Spec.Template.Spec
	container := pod.Containers[0].SecurityContext
	if !*pod.SecurityContext.RunAsNonRoot || pod.SecurityContext.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault ||
		*container.AllowPrivilegeEscalation || !*container.ReadOnlyRootFilesystem ||
		!slices.Equal(container.Capabilities.Drop, []corev1.Capability{"ALL"}) {
		t.Errorf("pod %+v, container %+v", pod.SecurityContext, container)
	}
	settings := recorder.OfType("kubernetes:crd.projectcalico.org/v1:KubeControllersConfiguration")[0]
	if port := settings.Inputs["spec"].ObjectValue()["prometheusMetricsPort"]; port.NumberValue() != 0 {
		t.Errorf("metrics are served on port %v", port)
	}
}

// TestHostEndpoints: the controllers make them only if they are told to, and only then may they.
func TestHostEndpoints(t *testing.T) {
	t.Parallel()
	for enabled, want := range map[bool]string{true: "Enabled", false: "Disabled"} {
		recorder := install(t, CalicoArgs{HostEndpoints: enabled})
		settings := struct {
			Spec struct {
				Controllers struct {
					Node struct{ HostEndpoint struct{ AutoCreate string } }
				}
			}
		}{}
		recorder.Decode(t, "network-kube-controllers-settings", &settings)
		if got := settings.Spec.Controllers.Node.HostEndpoint.AutoCreate; got != want {
			t.Errorf("host endpoints %s, want %s", got, want)
		}
		mayCreate := slices.ContainsFunc(clusterRole(t, recorder, kubeControllersAccount).Rules, func(rule rbacv1.PolicyRule) bool {
			return slices.Contains(rule.Resources, "hostendpoints") && slices.Contains(rule.Verbs, "create")
		})
		if mayCreate != enabled {
			t.Errorf("may create host endpoints: %t, want %t", mayCreate, enabled)
		}
	}
}

func TestNoWildcardsInClusterRoles(t *testing.T) {
	t.Parallel()
	recorder := install(t, CalicoArgs{HostEndpoints: true})
	for _, account := range accounts {
		for _, rule := range clusterRole(t, recorder, account.name).Rules {
			if slices.Contains(slices.Concat(rule.APIGroups, rule.Resources, rule.Verbs), "*") {
				t.Errorf("%s: wildcard in %+v", account.name, rule)
			}
			if slices.Contains(rule.Resources, "secrets") || slices.Contains(rule.Resources, "configmaps") {
				t.Errorf("%s reads what it does not need: %+v", account.name, rule)
			}
			if slices.Contains(rule.Resources, "serviceaccounts/token") && !slices.Equal(rule.ResourceNames, []string{cniAccount}) {
				t.Errorf("%s makes tokens of %v", account.name, rule.ResourceNames)
			}
		}
	}
}

// clusterRole returns the role of an account; the account itself and the binding have the same name.
func clusterRole(t *testing.T, recorder *enginetest.Recorder, account string) *rbacv1.ClusterRole {
	t.Helper()
	role := &rbacv1.ClusterRole{}
	for _, made := range recorder.OfType("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole") {
		if made.Name != "network-"+account {
			continue
		}
		text, err := json.Marshal(made.Inputs.Mappable())
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, role); err != nil {
			t.Fatal(err)
		}
	}
	if len(role.Rules) == 0 {
		t.Fatalf("%s has no cluster role with rules", account)
	}
	return role
}

func TestImages(t *testing.T) {
	t.Parallel()
	for _, image := range []string{PublishedImages().Node, PublishedImages().CNI, PublishedImages().KubeControllers} {
		if !strings.Contains(image, "@sha256:") {
			t.Errorf("the published image %s is not pinned by digest", image)
		}
	}
	given := Images{Node: "localhost/node:v1", CNI: "localhost/cni:v1", KubeControllers: "localhost/kube-controllers:v1"}
	recorder := install(t, CalicoArgs{Images: given})
	daemonSet := &appsv1.DaemonSet{}
	recorder.Decode(t, "network-node", daemonSet)
	if got := daemonSet.Spec.Template.Spec; got.Containers[0].Image != given.Node || got.InitContainers[1].Image != given.CNI {
		t.Errorf("images %s and %s", got.Containers[0].Image, got.InitContainers[1].Image)
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args CalicoArgs
		want []string
	}{
		{CalicoArgs{}, []string{"crds is required", `podCIDR ""`}},
		{CalicoArgs{PodCIDR: "10.244.1.0/16"}, []string{"did you mean 10.244.0.0/16"}},
		{CalicoArgs{PodCIDR: "fd00::/64"}, []string{"only IPv4"}},
		{CalicoArgs{PodCIDR: "10.0.0.0/27"}, []string{"/26 or larger"}},
		{CalicoArgs{MTU: 100, Images: Images{Node: "localhost:5000/node", CNI: "calico/cni:latest"}}, []string{
			"mtu 100", `images.node "localhost:5000/node": add a tag`, `images.cni "calico/cni:latest": the tag latest`,
			"images.kubeControllers is required",
		}},
	} {
		recorder, err := enginetest.Run(func(ctx *pulumi.Context) error {
			_, err := NewCalico(ctx, "network", &test.args)
			return err
		})
		for _, want := range test.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v does not say %q", err, want)
			}
		}
		if made := recorder.Summary(); len(made) > 0 {
			t.Errorf("made %v", made)
		}
	}
}

// TestPolicyOnlyLeavesTheNetworkAlone: beside another pod network Calico writes nothing onto nodes and gives no addresses.
func TestPolicyOnlyLeavesTheNetworkAlone(t *testing.T) {
	t.Parallel()
	recorder := install(t, CalicoArgs{PodInterfaces: "eni", HostEndpoints: true})
	for _, line := range recorder.Summary() {
		if strings.Contains(line, "cni") || strings.Contains(line, "ConfigMap") {
			t.Errorf("there is %s", line)
		}
	}
	var node appsv1.DaemonSet
	recorder.Decode(t, "network-node", &node)
	pod := node.Spec.Template.Spec
	if len(pod.InitContainers) > 0 {
		t.Errorf("%d installers", len(pod.InitContainers))
	}
	for _, volume := range pod.Volumes {
		if strings.Contains(volume.HostPath.Path, "cni") {
			t.Errorf("the node's %s is mounted", volume.HostPath.Path)
		}
	}
	environment := map[string]string{}
	for _, variable := range pod.Containers[0].Env {
		environment[variable.Name] = variable.Value
	}
	for name, want := range map[string]string{
		"CALICO_NETWORKING_BACKEND": "none", "FELIX_INTERFACEPREFIX": "eni", "NO_DEFAULT_POOLS": "true", "IP": "none",
		"FELIX_USAGEREPORTINGENABLED": "false",
	} {
		if environment[name] != want {
			t.Errorf("%s is %q, want %q", name, environment[name], want)
		}
	}
	for name := range environment {
		if strings.Contains(name, "VXLAN") || strings.Contains(name, "IPV4POOL") {
			t.Errorf("%s is set", name)
		}
	}
}

func TestImagesOfAMirror(t *testing.T) {
	t.Parallel()
	got := PublishedImages().From("registry.example/mirror")
	if !strings.HasPrefix(got.Node, "registry.example/mirror/calico/node:") || !strings.HasSuffix(got.Node, PublishedImages().Node[len(PublishedImages().Node)-64:]) {
		t.Errorf("got %s", got.Node)
	}
}
