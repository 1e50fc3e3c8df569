package authority

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/clientcmd"
)

const info = `apiVersion: v1
kind: Config
clusters:
- name: ""
  cluster: {server: "https://control-plane:6443", certificate-authority-data: YmVmb3Jl}
`

func configMap(namespace, name string, data map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Data: data}
}

func namespace(name string, deleted bool) *corev1.Namespace {
	made := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if deleted {
		now := metav1.Now()
		made.DeletionTimestamp, made.Finalizers = &now, []string{"kubernetes"}
	}
	return made
}

func TestPublish(t *testing.T) {
	t.Parallel()
	client := fake.NewClientset(
		namespace("kube-public", false), namespace("blue", false), namespace("new", false), namespace("going", true),
		configMap("kube-public", "kube-root-ca.crt", map[string]string{"ca.crt": "now"}),
		configMap("blue", "kube-root-ca.crt", map[string]string{"ca.crt": "before"}),
		configMap("going", "kube-root-ca.crt", map[string]string{"ca.crt": "before"}),
		configMap("kube-public", "cluster-info", map[string]string{"kubeconfig": info, "jws-kubeconfig-abcdef": "signature"}),
	)
	count, err := Publish(t.Context(), client, []byte("now"))
	if err != nil || count != 3 {
		t.Errorf("%d namespaces, %v, want 3", count, err)
	}
	for in, want := range map[string]string{"kube-public": "now", "blue": "now", "going": "before"} {
		found, err := client.CoreV1().ConfigMaps(in).Get(t.Context(), "kube-root-ca.crt", metav1.GetOptions{})
		if err != nil || found.Data["ca.crt"] != want {
			t.Errorf("%s knows %q, %v, want %q", in, found.Data["ca.crt"], err, want)
		}
	}
	found, err := client.CoreV1().ConfigMaps("kube-public").Get(t.Context(), "cluster-info", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.Load([]byte(found.Data["kubeconfig"]))
	if err != nil {
		t.Fatal(err)
	}
	if got := config.Clusters[""]; string(got.CertificateAuthorityData) != "now" || got.Server != "https://control-plane:6443" {
		t.Errorf("nodes that join are told %q at %s", got.CertificateAuthorityData, got.Server)
	}
	if len(found.Data) != 1 {
		t.Errorf("signatures of what stood there before are left: %v", found.Data)
	}
}

func TestPublishNeedsAnAuthority(t *testing.T) {
	t.Parallel()
	if _, err := Publish(t.Context(), fake.NewClientset(namespace("blue", false)), nil); err == nil {
		t.Error("no authority was published")
	}
	_, err := Publish(t.Context(), fake.NewClientset(), []byte("now"))
	if err == nil || !strings.Contains(err.Error(), "nodes that join") {
		t.Errorf("without cluster-info: %v", err)
	}
}

func TestRestart(t *testing.T) {
	t.Parallel()
	yes := true
	pod := func(name, ownedBy string, phase corev1.PodPhase) runtime.Object {
		made := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: "blue", Name: name}, Status: corev1.PodStatus{Phase: phase},
		}
		if ownedBy != "" {
			made.OwnerReferences = []metav1.OwnerReference{{Kind: ownedBy, Name: "owner", Controller: &yes}}
		}
		return made
	}
	client := fake.NewClientset(
		pod("of-a-set", "ReplicaSet", corev1.PodRunning), pod("on-each-node", "DaemonSet", corev1.PodPending),
		pod("static", "Node", corev1.PodRunning), pod("alone", "", corev1.PodRunning), pod("over", "Job", corev1.PodSucceeded),
	)
	restarted, left, err := Restart(t.Context(), client)
	if err != nil || restarted != 2 || !slices.Equal(left, []string{"blue/alone"}) {
		t.Errorf("%d restarted, %q left, %v", restarted, left, err)
	}
	pods, err := client.CoreV1().Pods("blue").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, each := range pods.Items {
		names = append(names, each.Name)
	}
	slices.Sort(names)
	if want := []string{"alone", "over", "static"}; !slices.Equal(names, want) {
		t.Errorf("%q are still there, want %q", names, want)
	}
}
