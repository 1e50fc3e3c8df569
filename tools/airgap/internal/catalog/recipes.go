package catalog

import (
	"strings"
	"time"

	"github.com/rampart-iac/rampart/tools/airgap/internal/gobuild"
	"github.com/rampart-iac/rampart/tools/airgap/internal/image"
)

func kubernetesRecipe(r Release) gobuild.Recipe {
	major, rest, _ := strings.Cut(strings.TrimPrefix(r.Kubernetes, "v"), ".")
	minor, _, _ := strings.Cut(rest, ".")
	recipe := gobuild.Recipe{Dir: "kubernetes-" + r.Kubernetes}
	for _, name := range []string{
		"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet", "kubeadm", "kubectl",
	} {
		recipe.Binaries = append(recipe.Binaries, gobuild.Binary{Name: name, Package: "k8s.io/kubernetes/cmd/" + name})
	}
	recipe.Binaries = append(recipe.Binaries, gobuild.Binary{Name: "agnhost", Package: "k8s.io/kubernetes/test/images/agnhost"})
	// Without these the programs call themselves v0.0.0-master, and kubeadm refuses to work. A module does not know its
	// commit.
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		for _, s := range [][2]string{
			{"gitVersion", r.Kubernetes}, {"gitMajor", major}, {"gitMinor", minor}, {"gitCommit", "unknown"}, {"gitTreeState", "archive"},
			{"buildDate", image.Epoch().Format(time.RFC3339)},
		} {
			recipe.Stamps = append(recipe.Stamps, gobuild.Stamp{Variable: pkg + "." + s[0], Value: s[1]})
		}
	}
	return recipe
}

func etcdRecipe(r Release) gobuild.Recipe {
	return gobuild.Recipe{Dir: "etcd-" + r.Etcd, Binaries: []gobuild.Binary{
		{Name: "etcd", Package: "go.etcd.io/etcd/server/v3"},
		{Name: "etcdctl", Package: "go.etcd.io/etcd/etcdctl/v3"},
		{Name: "etcdutl", Package: "go.etcd.io/etcd/etcdutl/v3"}, // makes a data directory of a snapshot
	}}
}

func corednsRecipe(r Release) gobuild.Recipe {
	return gobuild.Recipe{Dir: "coredns-" + r.CoreDNS, Binaries: []gobuild.Binary{
		{Name: "coredns", Package: "github.com/coredns/coredns"},
	}}
}

func containerdRecipe(r Release) gobuild.Recipe {
	const module = "github.com/containerd/containerd/v2/"
	recipe := gobuild.Recipe{
		Dir: "containerd-" + r.Containerd,
		// Snapshotters that need C libraries or file systems that a kind node never has.
		Tags:   []string{"no_aufs", "no_zfs", "no_btrfs", "no_devmapper"},
		Stamps: []gobuild.Stamp{{Variable: module + "version.Version", Value: r.Containerd}},
	}
	for _, name := range []string{"containerd", "containerd-shim-runc-v2", "ctr"} {
		recipe.Binaries = append(recipe.Binaries, gobuild.Binary{Name: name, Package: module + "cmd/" + name})
	}
	return recipe
}

func calicoRecipe() gobuild.Recipe {
	return gobuild.Recipe{
		Dir: "calico-" + calicoVersion,
		Binaries: []gobuild.Binary{
			{Name: "calico-node", Package: calicoModule + "/node/cmd/calico-node"},
			{Name: "calico", Package: calicoModule + "/cni-plugin/cmd/calico"},
			{Name: "install", Package: calicoModule + "/cni-plugin/cmd/install"},
			{Name: "kube-controllers", Package: calicoModule + "/kube-controllers/cmd/kube-controllers"},
			{Name: "check-status", Package: calicoModule + "/kube-controllers/cmd/check-status"},
		},
		Stamps: []gobuild.Stamp{
			{Variable: "main.VERSION", Value: calicoVersion},
			{Variable: calicoModule + "/node/pkg/lifecycle/startup.VERSION", Value: calicoVersion},
			{Variable: calicoModule + "/node/buildinfo.GitVersion", Value: calicoVersion},
			{Variable: calicoModule + "/node/buildinfo.BuildDate", Value: image.Epoch().Format(time.RFC3339)},
		},
	}
}

func pauseRecipe() gobuild.Recipe {
	return gobuild.Recipe{Dir: "pause-" + pauseProgram, Binaries: []gobuild.Binary{{Name: "pause", Package: "."}}}
}

func localPathRecipe() gobuild.Recipe {
	return gobuild.Recipe{
		Dir:      "local-path-provisioner-" + localPathVersion,
		Binaries: []gobuild.Binary{{Name: "local-path-provisioner", Package: localPathModule}},
		Stamps:   []gobuild.Stamp{{Variable: "main.VERSION", Value: localPathVersion}},
	}
}

func pulumiRecipe() gobuild.Recipe {
	return gobuild.Recipe{
		Dir:      "pulumi-" + pulumiVersion,
		Binaries: []gobuild.Binary{{Name: "pulumi", Package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"}},
		Stamps:   []gobuild.Stamp{{Variable: versionVariable, Value: pulumiVersion}},
	}
}

// languageRecipe builds the Go language host, from the last version of the SDK's module that had it inside.
func languageRecipe() gobuild.Recipe {
	return gobuild.Recipe{
		Dir: "pulumi-language-go-" + languageVersion,
		Binaries: []gobuild.Binary{{
			Name: "pulumi-language-go-" + languageVersion, Package: "github.com/pulumi/pulumi/sdk/v3/go/pulumi-language-go",
		}},
		Stamps: []gobuild.Stamp{{Variable: versionVariable, Value: languageVersion}},
	}
}

func kubernetesPluginRecipe() gobuild.Recipe {
	const files = "cmd/pulumi-resource-kubernetes/"
	return gobuild.Recipe{
		Dir:      "pulumi-kubernetes-" + kubernetesPlugin,
		Binaries: []gobuild.Binary{{Name: "pulumi-resource-kubernetes", Package: "."}},
		Stamps: []gobuild.Stamp{{
			Variable: kubePluginModule + "/pkg/version.Version", Value: strings.TrimPrefix(kubernetesPlugin, "v"),
		}},
		Overlay: []gobuild.Overlay{
			{Name: "schema.json", Module: kubePluginModule, Path: files + "schema.json"},
			{Name: "terraform-mapping.json", Module: kubePluginModule, Path: files + "terraform-mapping.json"},
		},
	}
}
