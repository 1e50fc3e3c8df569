package cis

import (
	"slices"
	"strings"
	"testing"
)

const (
	manager   = "kube-controller-manager"
	scheduler = "kube-scheduler"
)

// hardened is vanilla kind with all that it lacks.
func hardened(t *testing.T) *fixture {
	t.Helper()
	node := readFixture(t, "vanilla-control-plane")
	for flag, value := range map[string]string{
		"kubelet-certificate-authority": "/etc/kubernetes/pki/ca.crt", "profiling": "false",
		"audit-log-path": "/var/log/audit.log", "audit-log-maxage": "30", "audit-log-maxbackup": "10",
		"audit-log-maxsize": "100", "audit-policy-file": "/etc/policy.yaml",
		"service-account-extend-token-expiration": "false", "request-timeout": "60s", "tls-min-version": "VersionTLS13",
		"enable-admission-plugins": "NodeRestriction,EventRateLimit,DenyServiceExternalIPs",
		"authentication-config":    "/etc/authentication.yaml", "encryption-provider-config": "/etc/encryption.yaml",
	} {
		node.set(apiServerProgram, flag, value)
	}
	node.file("/etc/authentication.yaml").Content = "anonymous: {enabled: true, conditions: [{path: /livez}, {path: /readyz}]}"
	node.file("/etc/encryption.yaml").Content = "resources: [{resources: [secrets], providers: [{secretbox: {}}, {identity: {}}]}]"
	node.set(manager, "profiling", "false")
	node.set(manager, "terminated-pod-gc-threshold", "1000")
	node.set(scheduler, "profiling", "false")
	for i, file := range node.Stored {
		switch {
		case strings.HasPrefix(file.Path, "/var/lib/etcd"):
			node.Stored[i].Owner = "etcd:etcd"
		case file.Path == kubeletConfig || strings.HasPrefix(file.Path, "/etc/cni/") || strings.HasPrefix(file.Path, kubeletService):
			node.Stored[i].Mode = "600"
		}
	}
	for field, value := range map[string]any{
		"streamingConnectionIdleTimeout": "5m", "eventRecordQPS": 50, "serverTLSBootstrap": true,
		"tlsMinVersion": "VersionTLS13", "podPidsLimit": 4096, "seccompDefault": true,
		"imagePullCredentialsVerificationPolicy": "NeverVerifyPreloadedImages",
	} {
		node.configure(t, kubeletConfig, field, value)
	}
	return node
}

func TestHardenedNodePassesEverything(t *testing.T) {
	t.Parallel()
	for _, result := range evaluate(t, hardened(t), ControlPlane) {
		if result.Verdict != Passed {
			t.Error(result)
		}
	}
}

// fault is one thing that is wrong with a hardened node, and the items that must say so.
type fault struct {
	items string
	what  string
	make  func(*testing.T, *fixture)
}

func flagIs(items, program, name, value string) fault {
	return fault{items, program + " --" + name + "=" + value, func(_ *testing.T, node *fixture) { node.set(program, name, value) }}
}

func modeIs(items, path, mode string) fault {
	return fault{items, path + " " + mode, func(_ *testing.T, node *fixture) { node.file(path).Mode = mode }}
}

func ownerIs(items, path, owner string) fault {
	return fault{items, path + " " + owner, func(_ *testing.T, node *fixture) { node.file(path).Owner = owner }}
}

func isGone(items, path string) fault {
	return fault{items, path + " is gone", func(_ *testing.T, node *fixture) { node.remove(path) }}
}

func fieldIs(items, path, field string, value any) fault {
	return fault{items, field, func(t *testing.T, node *fixture) { t.Helper(); node.configure(t, path, field, value) }}
}

func contentIs(items, path, content string) fault {
	return fault{items, path + " is " + content, func(_ *testing.T, node *fixture) { node.file(path).Content = content }}
}

func fileFaults() []fault {
	faults := []fault{
		modeIs("1.1.9", "/etc/cni/net.d/10-kindnet.conflist", "604"),
		ownerIs("1.1.10", "/etc/cni/net.d/10-kindnet.conflist", "root:staff"),
		modeIs("1.1.11", "/var/lib/etcd", "710"),
		isGone("1.1.11 1.1.12", "/var/lib/etcd"),
		ownerIs("1.1.12", "/var/lib/etcd", "root:root"),
		ownerIs("1.1.12", "/var/lib/etcd/member/snap/db", "root:root"),
		modeIs("1.1.13", "/etc/kubernetes/super-admin.conf", "640"),
		ownerIs("1.1.14", "/etc/kubernetes/admin.conf", "root:admins"),
		modeIs("1.1.15", "/etc/kubernetes/scheduler.conf", "644"),
		ownerIs("1.1.16", "/etc/kubernetes/scheduler.conf", "me:root"),
		modeIs("1.1.17", "/etc/kubernetes/controller-manager.conf", "644"),
		ownerIs("1.1.18", "/etc/kubernetes/controller-manager.conf", "me:root"),
		ownerIs("1.1.19", "/etc/kubernetes/pki/etcd/server.key", "etcd:etcd"),
		ownerIs("1.1.19", "/etc/kubernetes/pki/etcd", "etcd:etcd"),
		modeIs("1.1.20", "/etc/kubernetes/pki/apiserver.crt", "664"),
		modeIs("1.1.21", "/etc/kubernetes/pki/sa.key", "640"),
		modeIs("4.1.1", kubeletService, "644"),
		modeIs("4.1.1", kubeletService+".d/10-kubeadm.conf", "644"),
		ownerIs("4.1.2", kubeletService+".d/11-kind.conf", "me:me"),
		modeIs("4.1.3", "/etc/kubernetes/proxy.conf", "644"),
		ownerIs("4.1.4", "/etc/kubernetes/proxy.conf", "me:me"),
		modeIs("4.1.5", "/etc/kubernetes/kubelet.conf", "640"),
		ownerIs("4.1.6", "/etc/kubernetes/kubelet.conf", "me:root"),
		isGone("4.1.5 4.1.6", "/etc/kubernetes/kubelet.conf"),
		modeIs("1.1.20 4.1.7", "/etc/kubernetes/pki/ca.crt", "666"),
		ownerIs("1.1.19 4.1.8", "/etc/kubernetes/pki/ca.crt", "me:root"),
		modeIs("4.1.9", kubeletConfig, "640"),
		ownerIs("4.1.10", kubeletConfig, "me:root"),
	}
	for i, pod := range []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"} {
		faults = append(faults,
			modeIs("1.1."+string(rune('1'+2*i)), manifests+pod+".yaml", "601"),
			ownerIs("1.1."+string(rune('2'+2*i)), manifests+pod+".yaml", "root:me"))
	}
	return faults
}

func flagFaults() []fault {
	const server, none = apiServerProgram, "-"
	return []fault{
		flagIs("1.2.1", server, "authentication-config", none),
		contentIs("1.2.1", "/etc/authentication.yaml", "anonymous: {enabled: true}"),
		contentIs("1.2.1", "/etc/authentication.yaml", "anonymous: {enabled: true, conditions: [{path: /livez}, {path: /version}]}"),
		contentIs("1.2.1", "/etc/authentication.yaml", "jwt: []"),
		isGone("1.2.1", "/etc/authentication.yaml"),
		flagIs("1.2.2", server, "token-auth-file", "/etc/tokens"),
		flagIs("1.2.3", server, "enable-admission-plugins", "NodeRestriction,EventRateLimit"),
		flagIs("1.2.4", server, "kubelet-client-key", none),
		flagIs("1.2.5", server, "kubelet-certificate-authority", ""),
		flagIs("1.2.6", server, "authorization-mode", "Node,RBAC,AlwaysAllow"),
		flagIs("1.2.6 1.2.7 1.2.8", server, "authorization-mode", none),
		flagIs("1.2.7", server, "authorization-mode", "RBAC"),
		flagIs("1.2.8", server, "authorization-mode", "Node"),
		flagIs("1.2.9", server, "enable-admission-plugins", "NodeRestriction,DenyServiceExternalIPs"),
		flagIs("1.2.10", server, "enable-admission-plugins", "NodeRestriction,EventRateLimit,DenyServiceExternalIPs,AlwaysAdmit"),
		fieldIs("1.2.11", kubeletConfig, "imagePullCredentialsVerificationPolicy", "NeverVerify"),
		flagIs("1.2.12", server, "disable-admission-plugins", "ServiceAccount"),
		flagIs("1.2.13", server, "disable-admission-plugins", "Priority,NamespaceLifecycle"),
		flagIs("1.2.14", server, "enable-admission-plugins", "EventRateLimit,DenyServiceExternalIPs"),
		flagIs("1.2.15", server, "profiling", "true"),
		flagIs("1.2.16", server, "audit-log-path", none),
		flagIs("1.2.17", server, "audit-log-maxage", "29"),
		flagIs("1.2.18", server, "audit-log-maxbackup", "9"),
		flagIs("1.2.19", server, "audit-log-maxsize", "many"),
		flagIs("1.2.20", server, "request-timeout", none),
		flagIs("1.2.21", server, "service-account-lookup", "false"),
		flagIs("1.2.22", server, "service-account-key-file", none),
		flagIs("1.2.23", server, "etcd-certfile", none),
		flagIs("1.2.24", server, "tls-private-key-file", none),
		flagIs("1.2.25", server, "client-ca-file", none),
		flagIs("1.2.26", server, "etcd-cafile", none),
		flagIs("1.2.27 1.2.28", server, "encryption-provider-config", none),
		contentIs("1.2.28", "/etc/encryption.yaml", "resources: [{resources: [secrets], providers: [{identity: {}}, {secretbox: {}}]}]"),
		contentIs("1.2.28", "/etc/encryption.yaml", "resources: [{providers: [{secretbox: {}}]}, {providers: [{aesgcm: {}}]}]"),
		flagIs("1.2.29", server, "tls-min-version", "VersionTLS12"),
		{"1.2.29", "a weak suite", func(_ *testing.T, node *fixture) {
			node.set(server, "tls-min-version", "VersionTLS12")
			node.set(server, "tls-cipher-suites", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_128_CBC_SHA")
		}},
		flagIs("1.2.30", server, "service-account-extend-token-expiration", "true"),
		flagIs("1.3.1", manager, "terminated-pod-gc-threshold", none),
		flagIs("1.3.2", manager, "profiling", none),
		flagIs("1.3.3", manager, "use-service-account-credentials", "false"),
		flagIs("1.3.4", manager, "service-account-private-key-file", none),
		flagIs("1.3.5", manager, "root-ca-file", none),
		flagIs("1.3.6", manager, "feature-gates", "A=true,RotateKubeletServerCertificate=false"),
		flagIs("1.3.7", manager, "bind-address", "::"),
		flagIs("1.4.1", scheduler, "profiling", "true"),
		flagIs("1.4.2", scheduler, "bind-address", "0.0.0.0"),
		flagIs("2.1", "etcd", "key-file", none),
		flagIs("2.2", "etcd", "client-cert-auth", "false"),
		flagIs("2.3", "etcd", "auto-tls", "true"),
		flagIs("2.4", "etcd", "peer-cert-file", none),
		flagIs("2.5", "etcd", "peer-client-cert-auth", none),
		flagIs("2.6", "etcd", "peer-auto-tls", "true"),
		flagIs("2.7", "etcd", "trusted-ca-file", none),
		contentIs("2.7", "/etc/kubernetes/pki/etcd/ca.crt", "the cluster's authority"),
		flagIs("3.2.1", server, "audit-policy-file", none),
		{"1.2.2", "a second process of the name", func(_ *testing.T, node *fixture) {
			args := append(slices.Clone(node.Listed[2].Args), "--token-auth-file", "/tokens")
			node.Listed = append(node.Listed, Process{PID: 7, Args: args})
		}},
	}
}

func kubeletFaults() []fault {
	const config, program, none = kubeletConfig, kubeletProgram, "-"
	return []fault{
		fieldIs("4.2.1", config, "authentication.anonymous.enabled", true),
		flagIs("4.2.1", program, "anonymous-auth", "true"),
		fieldIs("4.2.2", config, "authorization.mode", "AlwaysAllow"),
		fieldIs("4.1.7 4.1.8 4.2.3", config, "authentication.x509.clientCAFile", nil),
		fieldIs("4.2.4", config, "readOnlyPort", 10255),
		fieldIs("4.2.5", config, "streamingConnectionIdleTimeout", "0s"),
		fieldIs("4.2.6", config, "makeIPTablesUtilChains", false),
		flagIs("4.2.7", program, "hostname-override", "me"),
		fieldIs("4.2.8", config, "eventRecordQPS", -1),
		fieldIs("4.2.9", config, "serverTLSBootstrap", false),
		fieldIs("4.2.10", config, "rotateCertificates", false),
		fieldIs("4.2.11", config, "featureGates.RotateKubeletServerCertificate", false),
		fieldIs("4.2.12", config, "tlsMinVersion", "VersionTLS12"),
		{"4.2.12", "a weak suite", func(t *testing.T, node *fixture) {
			t.Helper()
			node.configure(t, config, "tlsMinVersion", nil)
			node.configure(t, config, "tlsCipherSuites", []string{"TLS_RSA_WITH_AES_256_GCM_SHA384"})
		}},
		fieldIs("4.2.13", config, "podPidsLimit", -1),
		fieldIs("4.2.14", config, "seccompDefault", nil),
		fieldIs("4.3.1", "/var/lib/kube-proxy/config.conf", "metricsBindAddress", "0.0.0.0:10249"),
		{"4.3.1", "kube-proxy's flag", func(_ *testing.T, node *fixture) {
			node.set(proxyProgram, "config", none)
			node.set(proxyProgram, "metrics-bind-address", "0.0.0.0")
		}},
	}
}

// TestEachFaultIsFound makes one thing wrong at a time: just the items that are about it must fail. An item without a
// fault here would be one that nobody has seen fail.
func TestEachFaultIsFound(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, fault := range slices.Concat(fileFaults(), flagFaults(), kubeletFaults()) {
		for id := range strings.SplitSeq(fault.items, " ") {
			seen[id] = true
		}
		t.Run(fault.items+" "+strings.ReplaceAll(fault.what, "/", "_"), func(t *testing.T) {
			t.Parallel()
			node := hardened(t)
			fault.make(t, node)
			results := evaluate(t, node, ControlPlane)
			got := append(notPassed(results, true), notPassed(results, false)...)
			slices.Sort(got)
			want := strings.Fields(fault.items)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("these do not pass: %v, want %v", got, want)
			}
		})
	}
	automated, manual := Checks(ControlPlane)
	for _, id := range append(automated, manual...) {
		if !seen[id] {
			t.Errorf("no fault here makes %s fail", id)
		}
	}
}

// TestOtherWaysToPass are what a cluster may do instead of what ours does.
func TestOtherWaysToPass(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(*testing.T, *fixture){
		"no anonymous requests by flag": func(_ *testing.T, node *fixture) {
			node.set(apiServerProgram, "authentication-config", "-")
			node.set(apiServerProgram, "anonymous-auth", "false")
		},
		"no anonymous requests by file": func(_ *testing.T, node *fixture) {
			node.file("/etc/authentication.yaml").Content = "anonymous: {enabled: false}"
		},
		"images always pulled": func(t *testing.T, node *fixture) {
			t.Helper()
			node.configure(t, kubeletConfig, "imagePullCredentialsVerificationPolicy", nil)
			node.set(apiServerProgram, "enable-admission-plugins", "NodeRestriction,EventRateLimit,DenyServiceExternalIPs,AlwaysPullImages")
		},
		"TLS 1.2 with strong suites": func(t *testing.T, node *fixture) {
			t.Helper()
			const suite = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
			node.set(apiServerProgram, "tls-min-version", "VersionTLS12")
			node.set(apiServerProgram, "tls-cipher-suites", suite)
			node.configure(t, kubeletConfig, "tlsMinVersion", "VersionTLS12")
			node.configure(t, kubeletConfig, "tlsCipherSuites", []string{suite})
		},
		"no kube-proxy": func(_ *testing.T, node *fixture) {
			node.Listed = slices.DeleteFunc(node.Listed, func(process Process) bool {
				return strings.HasSuffix(process.Args[0], proxyProgram)
			})
		},
		"the kubelet's certificate from files": func(t *testing.T, node *fixture) {
			t.Helper()
			node.configure(t, kubeletConfig, "serverTLSBootstrap", nil)
			node.configure(t, kubeletConfig, "tlsCertFile", "/a")
			node.configure(t, kubeletConfig, "tlsPrivateKeyFile", "/b")
		},
		"flags with a space": func(_ *testing.T, node *fixture) {
			node.set("etcd", "data-dir", "-")
			node.Listed[1].Args = append(node.Listed[1].Args, "--data-dir", "/var/lib/etcd", "--auto-tls=false")
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			node := hardened(t)
			change(t, node)
			for _, result := range evaluate(t, node, ControlPlane) {
				if result.Verdict != Passed {
					t.Error(result)
				}
			}
		})
	}
}

// TestKubeletWithMergedConfigurationIsUndecided: what it runs with does not stand in one file.
func TestKubeletWithMergedConfigurationIsUndecided(t *testing.T) {
	t.Parallel()
	node := hardened(t)
	node.set(kubeletProgram, "config-dir", "/etc/kubelet.d")
	for _, result := range evaluate(t, node, Worker) {
		if result.ID == "4.2.1" && result.Verdict != Undecided {
			t.Error(result)
		}
	}
}
