package cis

import "fmt"

// What kubeadm makes on a control-plane node.
const (
	manifests = "/etc/kubernetes/manifests/"
	pki       = "/etc/kubernetes/pki"
)

// controlPlaneFiles is section 1.1.
func controlPlaneFiles() []check {
	checks := make([]check, 0, 21)
	for i, part := range []struct{ name, path string }{
		{"API server's pod", manifests + "kube-apiserver.yaml"},
		{"controller manager's pod", manifests + "kube-controller-manager.yaml"},
		{"scheduler's pod", manifests + "kube-scheduler.yaml"},
		{"etcd pod", manifests + "etcd.yaml"},
	} {
		checks = append(checks, privateToRoot(1+2*i, part.name+" specification", under(part.path), part.path)...)
	}
	network := only(under("/etc/cni/net.d"), "")
	checks = append(checks,
		check{
			id: "1.1.9", title: "pod network configuration is readable by root only", on: ControlPlane,
			test: permits(network, 0o600), remedy: "chmod 600 /etc/cni/net.d/*",
		}, check{
			id: "1.1.10", title: "pod network configuration belongs to root", on: ControlPlane,
			test: ownedBy(network, "root", "root"), remedy: "chown root:root /etc/cni/net.d/*",
		}, check{
			id: "1.1.11", title: "etcd's data is accessible to its owner only", automated: true, on: ControlPlane,
			test: permits(alone(etcdData), 0o700), remedy: "chmod 700 etcd's --data-dir",
		}, check{
			id: "1.1.12", title: "etcd's data belongs to a user of its own", automated: true, on: ControlPlane,
			test: ownedBy(etcdData, "etcd", "etcd"), remedy: "run etcd as a user etcd that owns its --data-dir",
		})
	checks = append(checks, privateToRoot(13, "administrator's credentials",
		these("/etc/kubernetes/admin.conf", "/etc/kubernetes/super-admin.conf"), "/etc/kubernetes/*admin.conf")...)
	for i, part := range []struct{ name, path string }{
		{"scheduler's credentials", "/etc/kubernetes/scheduler.conf"},
		{"controller manager's credentials", "/etc/kubernetes/controller-manager.conf"},
	} {
		checks = append(checks, privateToRoot(15+2*i, part.name, under(part.path), part.path)...)
	}
	return append(checks, check{
		id: "1.1.19", title: "certificates and keys belong to root", automated: true, on: ControlPlane,
		test: ownedBy(under(pki), "root", "root"), remedy: "chown -R root:root " + pki,
	}, check{
		id: "1.1.20", title: "certificates are writable by root only", on: ControlPlane,
		test: permits(only(under(pki), ".crt"), 0o644), remedy: "chmod 644 " + pki + "/*.crt " + pki + "/*/*.crt",
	}, check{
		id: "1.1.21", title: "keys are readable by root only", on: ControlPlane,
		test: permits(only(under(pki), ".key"), 0o600), remedy: "chmod 600 " + pki + "/*.key " + pki + "/*/*.key",
	})
}

// privateToRoot are the two items that the benchmark has for most files, the second one's number is one higher.
func privateToRoot(number int, what string, of paths, path string) []check {
	return []check{{
		id: fmt.Sprintf("1.1.%d", number), title: what + " is readable by root only", automated: true, on: ControlPlane,
		test: permits(of, 0o600), remedy: "chmod 600 " + path,
	}, {
		id: fmt.Sprintf("1.1.%d", number+1), title: what + " belongs to root", automated: true, on: ControlPlane,
		test: ownedBy(of, "root", "root"), remedy: "chown root:root " + path,
	}}
}

// etcdData is the folder that etcd says it keeps its data in, with all that is in it.
func etcdData(v *view) ([]File, error) {
	var all []File
	for _, process := range v.running("etcd") {
		dir, set := flagsOf(process.Args).get("data-dir")
		if !set {
			return nil, fmt.Errorf("etcd does not say where its data is: --data-dir is not set")
		}
		files, err := v.files(dir)
		if err != nil {
			return nil, err
		}
		all = append(all, files...)
	}
	return all, nil
}
