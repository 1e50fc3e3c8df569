package admission

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	corev1 "k8s.io/api/core/v1"

	"github.com/rampart-iac/rampart/tests/framework/examples"
)

func TestWorkloads(t *testing.T) {
	t.Parallel()
	runExamples(t, "testdata/workloads.yaml", 150, WorkloadPolicyArgs{
		TokenAudiences:     []string{"sts.example.com"},
		HostPathNamespaces: []string{"host"},
		VolumeProvisioners: []string{"system:serviceaccount:storage:provisioner"},
	}.definition())
}

// TestCostOfWorkloads: the API server stops counting at a limit, and then refuses. Every container and volume is compared
// with every one of before.
func TestCostOfWorkloads(t *testing.T) {
	t.Parallel()
	g := newGate(t, map[string]map[string]string{"blue": nil}, func(ctx *pulumi.Context) error {
		_, err := NewWorkloadPolicy(ctx, "workloads", nil)
		return err
	})
	large := func(name string) *corev1.Pod {
		spec := examples.DecentPod()
		for i := range 50 {
			container := *spec.Containers[0].DeepCopy()
			container.Name = fmt.Sprintf("%s-%d", name, i)
			for range 20 {
				container.Env = append(container.Env, corev1.EnvVar{Name: "A", Value: strings.Repeat("b", 100)})
			}
			spec.Containers = append(spec.Containers, container)
			spec.Volumes = append(spec.Volumes, corev1.Volume{Name: container.Name,
				VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{}}})
		}
		return examples.Bearer("Pod", "blue", spec).(*corev1.Pod)
	}
	if err := g.create(large("a")); err != nil {
		t.Error(err)
	}
	if err := g.update(large("b"), large("a"), ""); err != nil {
		t.Error(err)
	}
}

func TestWorkloadFaults(t *testing.T) {
	t.Parallel()
	err := WorkloadPolicyArgs{
		Resources: "most", TokenAudiences: []string{"*", "a\nb"}, TokenLifetime: time.Second,
		HostPathNamespaces: []string{"Blue"}, VolumeProvisioners: []string{"system:authenticated"}, ExemptNamespaces: []string{"a", "a"},
	}.Validate()
	for _, want := range []string{
		`resources "most": use all, without-cpu-limit or none`, `tokenAudiences[0] "*"`, `tokenAudiences[1] "a\nb"`,
		`tokenLifetime 1s is out of range: use 10m to 24h`, `hostPathNamespaces[0] "Blue"`,
		`volumeProvisioners[0] "system:authenticated" is anybody`, `exemptNamespaces[1] "a" is named twice`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

// TestBounds: what each setting asks for, and no more.
func TestBounds(t *testing.T) {
	t.Parallel()
	without := func(kind *corev1.ResourceList, resource corev1.ResourceName) { delete(*kind, resource) }
	for bounds, wantRefused := range map[ResourceBounds][]bool{
		BoundsAll:             {true, true, true},
		BoundsWithoutCPULimit: {false, true, true},
		BoundsNone:            {false, false, false},
	} {
		g := newGate(t, map[string]map[string]string{"blue": nil}, func(ctx *pulumi.Context) error {
			_, err := NewWorkloadPolicy(ctx, "workloads", &WorkloadPolicyArgs{Resources: bounds})
			return err
		})
		for i, change := range []func(*corev1.ResourceRequirements){
			func(r *corev1.ResourceRequirements) { without(&r.Limits, corev1.ResourceCPU) },
			func(r *corev1.ResourceRequirements) { without(&r.Limits, corev1.ResourceMemory) },
			func(r *corev1.ResourceRequirements) { *r = corev1.ResourceRequirements{} },
		} {
			spec := examples.DecentPod()
			change(&spec.Containers[0].Resources)
			if err := g.create(examples.Bearer("Deployment", "blue", spec)); (err != nil) != wantRefused[i] {
				t.Errorf("%s, change %d: %v, want refused: %t", bounds, i, err, wantRefused[i])
			}
		}
	}
}

// TestUnaskedTokens is the same pod with and without the option.
func TestUnaskedTokens(t *testing.T) {
	t.Parallel()
	spec := examples.DecentPod()
	spec.AutomountServiceAccountToken = nil
	spec.Volumes = []corev1.Volume{{Name: "kube-api-access-x", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{}}}}
	for _, allowed := range []bool{true, false} {
		g := newGate(t, map[string]map[string]string{"blue": nil}, func(ctx *pulumi.Context) error {
			_, err := NewWorkloadPolicy(ctx, "workloads", &WorkloadPolicyArgs{UnaskedTokens: allowed})
			return err
		})
		if err := g.create(examples.Bearer("Pod", "blue", spec)); (err == nil) != allowed {
			t.Errorf("allowed: %t: %v", allowed, err)
		}
	}
}

// TestExemptWorkloads: the system, and what else is named.
func TestExemptWorkloads(t *testing.T) {
	t.Parallel()
	g := newGate(t, map[string]map[string]string{"blue": nil, "kube-system": nil, "storage": nil}, func(ctx *pulumi.Context) error {
		_, err := NewWorkloadPolicy(ctx, "workloads", &WorkloadPolicyArgs{ExemptNamespaces: []string{"storage"}})
		return err
	})
	spec := examples.DecentPod()
	spec.Containers[0].Resources = corev1.ResourceRequirements{}
	spec.Volumes = []corev1.Volume{{Name: "host", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}}}
	for namespace, refused := range map[string]bool{"blue": true, "kube-system": false, "storage": false} {
		if err := g.create(examples.Bearer("DaemonSet", namespace, spec)); (err != nil) != refused {
			t.Errorf("%s: %v, want refused: %t", namespace, err, refused)
		}
	}
}
