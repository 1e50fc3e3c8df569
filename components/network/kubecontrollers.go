package network

import (
	"fmt"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	policyv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/policy/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/components/internal/objects"
)

const (
	kubeControllersApp  = "calico-kube-controllers"
	kubeControllersUser = 999 // the user that the published image is made for
)

// createKubeControllers registers the controllers that give back the addresses of pods and nodes that are gone, and that
// make host endpoints of nodes if there are to be any. The Deployment comes after the given resources.
func createKubeControllers(
	ctx *pulumi.Context, name string, args CalicoArgs, after []pulumi.Resource, child pulumi.ResourceOption,
) (*appsv1.Deployment, error) {
	selector := pulumi.StringMap{"k8s-app": pulumi.String(kubeControllersApp)}
	if _, err := policyv1.NewPodDisruptionBudget(ctx, name+"-kube-controllers-budget", &policyv1.PodDisruptionBudgetArgs{
		Metadata: metadata(kubeControllersApp),
		Spec: &policyv1.PodDisruptionBudgetSpecArgs{
			MaxUnavailable: pulumi.Int(1),
			Selector:       &metav1.LabelSelectorArgs{MatchLabels: selector},
		},
	}, child); err != nil {
		return nil, fmt.Errorf("pod disruption budget %s: %w", kubeControllersApp, err)
	}
	deployment, err := appsv1.NewDeployment(ctx, name+"-kube-controllers", &appsv1.DeploymentArgs{
		Metadata: metadata(kubeControllersApp),
		Spec: &appsv1.DeploymentSpecArgs{
			// Only one of them may be active, so that a new one starts after the old one is gone.
			Replicas: pulumi.Int(1),
			Strategy: &appsv1.DeploymentStrategyArgs{Type: pulumi.String("Recreate")},
			Selector: &metav1.LabelSelectorArgs{MatchLabels: selector},
			Template: &corev1.PodTemplateSpecArgs{
				Metadata: &metav1.ObjectMetaArgs{Labels: objects.Labels("k8s-app", kubeControllersApp)},
				Spec:     kubeControllersPod(args.Images.KubeControllers),
			},
		},
	}, child, pulumi.DependsOn(after))
	if err != nil {
		return nil, fmt.Errorf("deployment %s: %w", kubeControllersApp, err)
	}
	return deployment, nil
}

// createSettings registers the controllers' own settings. Without it they would make one that serves metrics over plain
// HTTP on every address of the pod.
func createSettings(
	ctx *pulumi.Context, name string, hostEndpoints bool, opts ...pulumi.ResourceOption,
) (*apiextensions.CustomResource, error) {
	autoCreate := "Disabled"
	if hostEndpoints {
		autoCreate = "Enabled"
	}
	settings, err := apiextensions.NewCustomResource(ctx, name+"-kube-controllers-settings",
		&apiextensions.CustomResourceArgs{
			ApiVersion: pulumi.String(crdGroup + "/v1"),
			Kind:       pulumi.String("KubeControllersConfiguration"),
			// No labels: when the controllers add their status they write the object without them.
			Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String("default")},
			OtherFields: kubernetes.UntypedArgs{"spec": map[string]any{
				"healthChecks":          "Enabled",
				"prometheusMetricsPort": 0,
				"controllers": map[string]any{"node": map[string]any{
					"hostEndpoint": map[string]any{"autoCreate": autoCreate},
				}},
			}},
		}, opts...)
	if err != nil {
		return nil, fmt.Errorf("settings of %s: %w", kubeControllersApp, err)
	}
	return settings, nil
}

func kubeControllersPod(image string) *corev1.PodSpecArgs {
	return &corev1.PodSpecArgs{
		NodeSelector: pulumi.StringMap{"kubernetes.io/os": pulumi.String("linux")},
		Tolerations: corev1.TolerationArray{
			&corev1.TolerationArgs{Key: pulumi.String("CriticalAddonsOnly"), Operator: pulumi.String("Exists")},
			&corev1.TolerationArgs{
				Key: pulumi.String("node-role.kubernetes.io/control-plane"), Effect: pulumi.String("NoSchedule"),
			},
		},
		PriorityClassName:  pulumi.String("system-cluster-critical"),
		ServiceAccountName: pulumi.String(kubeControllersAccount),
		SecurityContext: &corev1.PodSecurityContextArgs{
			RunAsNonRoot:   pulumi.Bool(true),
			RunAsUser:      pulumi.Int(kubeControllersUser),
			RunAsGroup:     pulumi.Int(kubeControllersUser),
			FsGroup:        pulumi.Int(kubeControllersUser),
			SeccompProfile: &corev1.SeccompProfileArgs{Type: pulumi.String("RuntimeDefault")},
		},
		Containers: corev1.ContainerArray{&corev1.ContainerArgs{
			Name:            pulumi.String("calico-kube-controllers"),
			Image:           pulumi.String(image),
			ImagePullPolicy: pulumi.String("IfNotPresent"),
			Env: corev1.EnvVarArray{
				variable("DATASTORE_TYPE", "kubernetes"),
				variable("ENABLED_CONTROLLERS", "node"),
			},
			Resources: requests("25m", "64Mi"),
			SecurityContext: &corev1.SecurityContextArgs{
				AllowPrivilegeEscalation: pulumi.Bool(false),
				ReadOnlyRootFilesystem:   pulumi.Bool(true),
				Capabilities:             &corev1.CapabilitiesArgs{Drop: pulumi.ToStringArray([]string{"ALL"})},
			},
			// Each question starts a program. It is started again after a minute, as upstream's is.
			LivenessProbe: &corev1.ProbeArgs{
				Exec:             execute("/usr/bin/check-status", "-l"),
				PeriodSeconds:    pulumi.Int(30),
				TimeoutSeconds:   pulumi.Int(10),
				FailureThreshold: pulumi.Int(2),
			},
			// Asked often until it has started: later layers wait for it. Without a readiness probe, it is ready from then on. No
			// service leads to it, so that one would start a program every few seconds for nobody, and its first answer comes up to a
			// period later than this one.
			StartupProbe: &corev1.ProbeArgs{
				Exec:             execute("/usr/bin/check-status", "-r"),
				PeriodSeconds:    pulumi.Int(1),
				TimeoutSeconds:   pulumi.Int(10),
				FailureThreshold: pulumi.Int(120),
			},
			// The file that the probes read; the rest of the file system is read-only.
			VolumeMounts: corev1.VolumeMountArray{
				&corev1.VolumeMountArgs{Name: pulumi.String("status"), MountPath: pulumi.String("/status")},
			},
		}},
		Volumes: corev1.VolumeArray{&corev1.VolumeArgs{
			Name:     pulumi.String("status"),
			EmptyDir: &corev1.EmptyDirVolumeSourceArgs{},
		}},
	}
}
