package hardening

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	apiserverv1 "k8s.io/apiserver/pkg/apis/apiserver/v1"
	podsecurityv1 "k8s.io/pod-security-admission/admission/api/v1"
	"sigs.k8s.io/yaml"

	"github.com/rampart-iac/rampart/baseline"
)

func settings() Settings {
	return Settings{KubernetesVersion: "v1.37.0", TLSFloor: baseline.TLS13}
}

// TestTheFirstKeyWrites: during a rotation the order of the keys is what says which one encrypts.
func TestTheFirstKeyWrites(t *testing.T) {
	t.Parallel()
	other := EncryptionKey{Name: "key2", Base64: base64.StdEncoding.EncodeToString([]byte(strings.Repeat("o", 32)))}
	for _, keys := range [][]EncryptionKey{{testKey()}, {testKey(), other}, {other, testKey()}} {
		files, err := Files(settings(), keys...)
		if err != nil {
			t.Fatal(err)
		}
		var config apiserverv1.EncryptionConfiguration
		if err := yaml.UnmarshalStrict([]byte(files[fileEncryption]), &config); err != nil {
			t.Fatal(err)
		}
		providers := config.Resources[0].Providers
		if len(providers) != 2 || providers[1].Identity == nil {
			t.Fatalf("providers %v, want secretbox and, last, identity", providers)
		}
		var got []EncryptionKey
		for _, key := range providers[0].Secretbox.Keys {
			got = append(got, EncryptionKey{Name: key.Name, Base64: key.Secret})
		}
		if !slices.Equal(got, keys) {
			t.Errorf("keys in the file %v, want %v", got, keys)
		}
	}
	if _, err := Files(settings()); err == nil {
		t.Error("a configuration without a key was rendered: nothing would be encrypted")
	}
}

func testKey() EncryptionKey {
	return EncryptionKey{Name: "key1", Base64: base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))}
}

func TestEncryptionWritesWithSecretboxAndReadsPlainLast(t *testing.T) {
	t.Parallel()
	files, err := Files(settings(), testKey())
	if err != nil {
		t.Fatal(err)
	}
	var config apiserverv1.EncryptionConfiguration
	if err := yaml.UnmarshalStrict([]byte(files["encryption.yaml"]), &config); err != nil {
		t.Fatal(err)
	}
	if len(config.Resources) != 1 || strings.Join(config.Resources[0].Resources, ",") != "secrets" {
		t.Fatalf("resources: %+v", config.Resources)
	}
	used := config.Resources[0].Providers
	if used[0].Secretbox == nil || used[0].Secretbox.Keys[0].Secret != testKey().Base64 {
		t.Errorf("the first provider is not secretbox with the cluster's key")
	}
	if used[len(used)-1].Identity == nil {
		t.Errorf("the last provider is not identity")
	}
}

func TestBadKeysAreRefusedWithoutBeingQuoted(t *testing.T) {
	t.Parallel()
	for name, secret := range map[string]string{
		"not base64": "c2VjcmV0!",
		"too short":  base64.StdEncoding.EncodeToString([]byte("sixteen bytes..!")),
		"empty":      "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Files(settings(), EncryptionKey{Name: "key1", Base64: secret})
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), `"key1"`) {
				t.Errorf("does not name the key: %v", err)
			}
			if secret != "" && strings.Contains(err.Error(), secret) {
				t.Errorf("quotes the secret: %v", err)
			}
		})
	}
}

func TestPodSecurityDefaultsToRestricted(t *testing.T) {
	t.Parallel()
	chosen := settings()
	chosen.PodSecurityExemptNamespaces = []string{"storage", "kube-system"}
	files, err := Files(chosen, testKey())
	if err != nil {
		t.Fatal(err)
	}
	var config apiserverv1.AdmissionConfiguration
	if err := yaml.UnmarshalStrict([]byte(files["admission.yaml"]), &config); err != nil {
		t.Fatal(err)
	}
	if len(config.Plugins) != 3 || config.Plugins[0].Name != "EventRateLimit" || config.Plugins[1].Name != "PodSecurity" {
		t.Fatalf("plugins: %+v", config.Plugins)
	}
	var podSecurity podsecurityv1.PodSecurityConfiguration
	if err := yaml.UnmarshalStrict(config.Plugins[1].Configuration.Raw, &podSecurity); err != nil {
		t.Fatal(err)
	}
	want := podsecurityv1.PodSecurityDefaults{
		Enforce: "restricted", EnforceVersion: "v1.37", Audit: "restricted", AuditVersion: "v1.37",
		Warn: "restricted", WarnVersion: "v1.37",
	}
	if podSecurity.Defaults != want {
		t.Errorf("defaults: %+v", podSecurity.Defaults)
	}
	if got := strings.Join(podSecurity.Exemptions.Namespaces, " "); got != "kube-system local-path-storage storage" {
		t.Errorf("exempt namespaces: %s", got)
	}
}

// TestLevelDecidesPodSecurity: what is below restricted is refused by no one, and still warned of and audited.
func TestLevelDecidesPodSecurity(t *testing.T) {
	t.Parallel()
	for level, want := range map[baseline.Level]string{
		"": "restricted", baseline.LevelRestricted: "restricted", baseline.LevelBaseline: "baseline",
	} {
		chosen := settings()
		chosen.Level = level
		text, err := admissionConfiguration(chosen)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"enforce: " + want, "audit: restricted", "warn: restricted"} {
			if !strings.Contains(text, line+"\n") {
				t.Errorf("level %q: no %q in\n%s", level, line, text)
			}
		}
	}
}

func hostPath(name, path string) corev1.Volume {
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: path}}}
}

// patchedEtcd applies the patch to a pod like kubeadm's, as kubeadm does.
func patchedEtcd(t *testing.T) corev1.Pod {
	t.Helper()
	files, err := Files(settings(), testKey())
	if err != nil {
		t.Fatal(err)
	}
	plain := func() *corev1.Probe {
		return &corev1.Probe{
			ProbeHandler:     corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/health", Host: "127.0.0.1"}},
			FailureThreshold: 8,
		}
	}
	original, err := json.Marshal(corev1.Pod{Spec: corev1.PodSpec{
		SecurityContext: &corev1.PodSecurityContext{SeccompProfile: &corev1.SeccompProfile{Type: "RuntimeDefault"}},
		Containers: []corev1.Container{{
			Name: "etcd", Image: "etcd:1", LivenessProbe: plain(), ReadinessProbe: plain(), StartupProbe: plain(),
			VolumeMounts: []corev1.VolumeMount{
				{Name: "etcd-data", MountPath: "/var/lib/etcd"}, {Name: "etcd-certs", MountPath: "/etc/kubernetes/pki/etcd"},
			},
		}},
		Volumes: []corev1.Volume{hostPath("etcd-certs", "/etc/kubernetes/pki/etcd"), hostPath("etcd-data", "/var/lib/etcd")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	patched, err := strategicpatch.StrategicMergePatch(original, []byte(files["patches/etcd+strategic.json"]), corev1.Pod{})
	if err != nil {
		t.Fatal(err)
	}
	var pod corev1.Pod
	if err := json.Unmarshal(patched, &pod); err != nil {
		t.Fatal(err)
	}
	return pod
}

func TestEtcdProbesNeedNoPlainPort(t *testing.T) {
	t.Parallel()
	container := patchedEtcd(t).Spec.Containers[0]
	if container.Image != "etcd:1" {
		t.Errorf("the patch changed the image: %q", container.Image)
	}
	for name, row := range map[string]struct {
		probe    *corev1.Probe
		patience int32
	}{"liveness": {container.LivenessProbe, 90}, "startup": {container.StartupProbe, 80}} {
		probe := row.probe
		if probe.HTTPGet != nil || probe.Exec == nil || probe.FailureThreshold*probe.PeriodSeconds != row.patience {
			t.Errorf("%s probe: %+v, want a command, and %d s in vain at most", name, probe, row.patience)
		}
	}
	if container.ReadinessProbe != nil {
		t.Errorf("readiness starts a program for nobody: %+v", container.ReadinessProbe)
	}
}

func TestEtcdRunsAsAUserOfItsOwn(t *testing.T) {
	t.Parallel()
	spec := patchedEtcd(t).Spec
	own := spec.SecurityContext
	if own.RunAsUser == nil || *own.RunAsUser != etcdUser || own.RunAsGroup == nil || *own.RunAsGroup != etcdUser ||
		own.RunAsNonRoot == nil || !*own.RunAsNonRoot {
		t.Errorf("it runs as %+v", own)
	}
	if own.SeccompProfile == nil {
		t.Error("kubeadm's seccomp profile is lost")
	}
	paths := map[string]string{}
	for _, volume := range spec.Volumes {
		paths[volume.Name] = volume.HostPath.Path
	}
	if len(paths) != 2 || paths["etcd-certs"] != etcdCertificates || paths["etcd-data"] != "/var/lib/etcd" {
		t.Errorf("volumes: %v", paths)
	}
	container := spec.Containers[0]
	if len(container.VolumeMounts) != 2 || len(container.SecurityContext.Capabilities.Drop) != 1 {
		t.Errorf("mounts %v, capabilities %v", container.VolumeMounts, container.SecurityContext.Capabilities)
	}
	// What the pod runs as, the unit has to make.
	controlPlane, _, err := Units("")
	if err != nil {
		t.Fatal(err)
	}
	unit := controlPlane["rampart-etcd.service"]
	for _, want := range []string{fmt.Sprintf("u etcd %d ", etcdUser), "-m 700 " + etcdCertificates, "-t " + etcdCertificates} {
		if !strings.Contains(unit, want) {
			t.Errorf("the unit does not say %q", want)
		}
	}
}

// TestUnitsNeverGiveUp: the kubelet requires some of them and is started over and over when something is wrong with it, and
// watches end for good with what they start. Systemd gives up on a unit that is started more than five times in ten seconds.
func TestUnitsNeverGiveUp(t *testing.T) {
	t.Parallel()
	controlPlane, workers, err := Units("")
	if err != nil {
		t.Fatal(err)
	}
	services := 0
	for _, units := range []map[string]string{controlPlane, workers} {
		for name, text := range units {
			if !strings.HasSuffix(name, ".service") {
				continue
			}
			services++
			if !strings.Contains(text, "\nStartLimitIntervalSec=0\n") {
				t.Errorf("%s gives up", name)
			}
		}
	}
	if services == 0 {
		t.Error("there are no services")
	}
}

// TestApproverUnitIsOfItsProgram keeps the unit's text and what Go knows of it together.
func TestApproverUnitIsOfItsProgram(t *testing.T) {
	t.Parallel()
	controlPlane, workers, err := Units("1234")
	if err != nil {
		t.Fatal(err)
	}
	unit := controlPlane[ApproverProgram+".service"]
	for _, want := range []string{"/usr/local/libexec/rampart/" + ApproverProgram, "--client-name " + ApproverUser + " "} {
		if !strings.Contains(unit, want) {
			t.Errorf("the unit does not say %q", want)
		}
	}
	if drop := controlPlane[ApproverProgram+".service.d/10-program.conf"]; !strings.Contains(drop, "1234") {
		t.Errorf("another program makes no other unit: %q", drop)
	}
	for name := range workers {
		if strings.Contains(name, "approver") || strings.Contains(name, "etcd") {
			t.Errorf("a worker gets %s", name)
		}
	}
}

func TestAnonymousRequestsReachFewPaths(t *testing.T) {
	t.Parallel()
	files, err := Files(settings(), testKey())
	if err != nil {
		t.Fatal(err)
	}
	var config apiserverv1.AuthenticationConfiguration
	if err := yaml.UnmarshalStrict([]byte(files["authentication.yaml"]), &config); err != nil {
		t.Fatal(err)
	}
	if config.Anonymous == nil || !config.Anonymous.Enabled || len(config.Anonymous.Conditions) != 4 {
		t.Fatalf("anonymous: %+v", config.Anonymous)
	}
	for _, condition := range config.Anonymous.Conditions {
		if !slices.Contains(anonymousPaths, condition.Path) {
			t.Errorf("path %q", condition.Path)
		}
	}
}

// TestPatchesSuitOlderKubelets, which refuse fields that they do not know.
func TestPatchesSuitOlderKubelets(t *testing.T) {
	t.Parallel()
	for version, want := range map[baseline.KubernetesVersion]any{
		"v1.34.2": nil, "v1.35.0": "NeverVerifyPreloadedImages", "v1.37.0": "NeverVerifyPreloadedImages",
	} {
		chosen := settings()
		chosen.KubernetesVersion = version
		kubelet := patchOf(t, chosen, "KubeletConfiguration")
		if got := kubelet["imagePullCredentialsVerificationPolicy"]; got != want {
			t.Errorf("%s: %v, want %v", version, got, want)
		}
	}
}

func patchOf(t *testing.T, chosen Settings, kind string) map[string]any {
	t.Helper()
	patches, err := KubeadmPatches(chosen)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range patches {
		var document map[string]any
		if err := yaml.Unmarshal([]byte(text), &document); err != nil {
			t.Fatal(err)
		}
		if _, pinned := document["apiVersion"]; pinned {
			t.Errorf("%v names an apiVersion: kind would skip it on other Kubernetes versions", document["kind"])
		}
		if document["kind"] == kind {
			return document
		}
	}
	t.Fatalf("no patch of %s", kind)
	return nil
}

func lookup(t *testing.T, document map[string]any, path ...string) any {
	t.Helper()
	var value any = document
	for _, key := range path {
		fields, ok := value.(map[string]any)
		if !ok {
			t.Fatalf("%v: no field %q", path, key)
		}
		value = fields[key]
	}
	return value
}

func TestTLSFloorIsOnEveryComponent(t *testing.T) {
	t.Parallel()
	for floor, want := range map[baseline.TLSVersion]struct {
		kubernetes, etcd string
		suites           bool
	}{
		baseline.TLS13: {"VersionTLS13", "TLS1.3", false},
		baseline.TLS12: {"VersionTLS12", "TLS1.2", true},
	} {
		t.Run(string(floor), func(t *testing.T) {
			t.Parallel()
			chosen := settings()
			chosen.TLSFloor = floor
			cluster := patchOf(t, chosen, "ClusterConfiguration")
			for _, component := range []string{"apiServer", "controllerManager", "scheduler"} {
				if got := lookup(t, cluster, component, "extraArgs", "tls-min-version"); got != want.kubernetes {
					t.Errorf("%s: tls-min-version %v, want %s", component, got, want.kubernetes)
				}
				if got := lookup(t, cluster, component, "extraArgs", "tls-cipher-suites"); (got != nil) != want.suites {
					t.Errorf("%s: tls-cipher-suites %v", component, got)
				}
			}
			if got := lookup(t, cluster, "etcd", "local", "extraArgs", "tls-min-version"); got != want.etcd {
				t.Errorf("etcd: tls-min-version %v, want %s", got, want.etcd)
			}
			if got := lookup(t, cluster, "etcd", "local", "extraArgs", "cipher-suites"); (got != nil) != want.suites {
				t.Errorf("etcd: cipher-suites %v", got)
			}
			kubelet := patchOf(t, chosen, "KubeletConfiguration")
			if kubelet["tlsMinVersion"] != want.kubernetes || (kubelet["tlsCipherSuites"] != nil) != want.suites {
				t.Errorf("kubelet: %v %v", kubelet["tlsMinVersion"], kubelet["tlsCipherSuites"])
			}
		})
	}
}

func TestUnknownTLSFloorIsRefused(t *testing.T) {
	t.Parallel()
	chosen := settings()
	chosen.TLSFloor = "1.1"
	_, err := KubeadmPatches(chosen)
	if err == nil || !strings.Contains(err.Error(), `tlsMinVersion "1.1"`) {
		t.Errorf("got %v", err)
	}
}

// TestEveryFlagThatNamesAFileNamesOneThatIsRendered keeps flags, files and mounts together: a policy file that is made
// but not mounted keeps the API server from starting.
func TestEveryFlagThatNamesAFileNamesOneThatIsRendered(t *testing.T) {
	t.Parallel()
	files, err := Files(settings(), testKey())
	if err != nil {
		t.Fatal(err)
	}
	cluster := patchOf(t, settings(), "ClusterConfiguration")
	mounts := map[string]bool{}
	for _, volume := range lookup(t, cluster, "apiServer", "extraVolumes").([]any) {
		mounts[volume.(map[string]any)["mountPath"].(string)] = true
	}
	if !mounts["/etc/kubernetes/rampart"] || !mounts["/var/log/kubernetes/audit"] {
		t.Errorf("mounts: %v", mounts)
	}
	for _, flag := range []string{
		"encryption-provider-config", "audit-policy-file", "admission-control-config-file", "authentication-config",
	} {
		value := lookup(t, cluster, "apiServer", "extraArgs", flag).(string)
		name, inside := strings.CutPrefix(value, "/etc/kubernetes/rampart/")
		if _, rendered := files[name]; !inside || !rendered {
			t.Errorf("--%s=%s is not among the rendered files", flag, value)
		}
	}
	if got := lookup(t, patchOf(t, settings(), "InitConfiguration"), "patches", "directory"); got != "/etc/kubernetes/rampart/patches" {
		t.Errorf("kubeadm's patch folder: %v", got)
	}
}
