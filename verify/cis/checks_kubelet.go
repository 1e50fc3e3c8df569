package cis

import (
	"fmt"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

const (
	kubeletProgram = "kubelet"
	kubeletService = "/etc/systemd/system/kubelet.service"
	kubeletConfig  = "/var/lib/kubelet/config.yaml"
	proxyProgram   = "kube-proxy"
)

// kubeletFiles is section 4.1.
func kubeletFiles() []check {
	// The folder beside it holds drop-ins, which are as good as the service file itself.
	service := only(these(kubeletService, kubeletService+".d"), "")
	credentials := kubeletFile("kubeconfig", nil, "/etc/kubernetes/kubelet.conf")
	config := kubeletFile("config", nil, kubeletConfig)
	authority := kubeletFile("client-ca-file", []string{"authentication", "x509", "clientCAFile"}, "")
	proxy := under("/etc/kubernetes/proxy.conf")
	private := func(id, what string, automated bool, of paths, remedy string) check {
		return check{
			id: id, title: what + " is readable by root only", automated: automated, on: Worker,
			test: permits(of, 0o600), remedy: "chmod 600 " + remedy,
		}
	}
	roots := func(id, what string, automated bool, of paths, remedy string) check {
		return check{
			id: id, title: what + " belongs to root", automated: automated, on: Worker,
			test: ownedBy(of, "root", "root"), remedy: "chown root:root " + remedy,
		}
	}
	proxyPrivate := private("4.1.3", "kube-proxy's kubeconfig on the node", false, proxy, "/etc/kubernetes/proxy.conf")
	proxyPrivate.test = ifAny(proxy, proxyPrivate.test)
	proxyRoots := roots("4.1.4", "kube-proxy's kubeconfig on the node", false, proxy, "/etc/kubernetes/proxy.conf")
	proxyRoots.test = ifAny(proxy, proxyRoots.test)
	return []check{
		private("4.1.1", "the kubelet's service file", true, service, kubeletService+" and what is in "+kubeletService+".d"),
		roots("4.1.2", "the kubelet's service file", true, service, kubeletService+" and what is in "+kubeletService+".d"),
		proxyPrivate,
		proxyRoots,
		private("4.1.5", "the kubelet's kubeconfig", true, credentials, "/etc/kubernetes/kubelet.conf"),
		roots("4.1.6", "the kubelet's kubeconfig", true, credentials, "/etc/kubernetes/kubelet.conf"),
		{
			id: "4.1.7", title: "the authority for the kubelet's clients is writable by root only", on: Worker,
			test: permits(authority, 0o644), remedy: "chmod 644 " + pki + "/ca.crt",
		},
		roots("4.1.8", "the authority for the kubelet's clients", false, authority, pki+"/ca.crt"),
		private("4.1.9", "the kubelet's configuration", true, config, kubeletConfig),
		roots("4.1.10", "the kubelet's configuration", true, config, kubeletConfig),
	}
}

// kubelet is sections 4.2 and 4.3.
func kubelet() []check {
	item := func(id, title string, automated bool, is settingTest, remedy string) check {
		return check{id: id, title: title, automated: automated, on: Worker, test: kubeletSetting(is), remedy: remedy}
	}
	return []check{
		item("4.2.1", "the kubelet refuses anonymous requests", true,
			setting("anonymous-auth", "authentication.anonymous.enabled").is("false"), "authentication.anonymous.enabled: false"),
		item("4.2.2", "the kubelet does not authorize everything", true,
			setting("authorization-mode", "authorization.mode").isNot("AlwaysAllow"), "authorization.mode: Webhook"),
		item("4.2.3", "the kubelet checks its clients' certificates", true,
			setting("client-ca-file", "authentication.x509.clientCAFile").isSet(), "authentication.x509.clientCAFile"),
		item("4.2.4", "the kubelet has no port without authentication", false,
			setting("read-only-port", "readOnlyPort").isOrAbsent("0"), "readOnlyPort: 0"),
		item("4.2.5", "idle streams end", false,
			setting("streaming-connection-idle-timeout", "streamingConnectionIdleTimeout").isNotOrAbsent("0", "0s"),
			"streamingConnectionIdleTimeout: 5m"),
		item("4.2.6", "the kubelet keeps its packet filter rules", true,
			setting("make-iptables-util-chains", "makeIPTablesUtilChains").isOrAbsent("true"), "makeIPTablesUtilChains: true"),
		item("4.2.7", "the node's name is its host's", false, setting("hostname-override", "").isAbsent(),
			"remove --hostname-override"),
		item("4.2.8", "how many events a second are recorded is set", false,
			setting("event-qps", "eventRecordQPS").isNumber(0), "eventRecordQPS: 50"),
		item("4.2.9", "the kubelet's serving certificate is signed", false, servingCertificate,
			"serverTLSBootstrap: true, or tlsCertFile and tlsPrivateKeyFile"),
		item("4.2.10", "the kubelet's client certificate is rotated", true,
			setting("rotate-certificates", "rotateCertificates").isOrAbsent("true"), "rotateCertificates: true"),
		item("4.2.11", "the kubelet's serving certificate may be rotated", false,
			setting("", "featureGates.RotateKubeletServerCertificate").isOrAbsent("true"),
			"remove the feature gate RotateKubeletServerCertificate"),
		item("4.2.12", "the kubelet accepts strong ciphers only", false, kubeletSuites,
			"tlsMinVersion: VersionTLS13, or tlsCipherSuites with strong suites only"),
		item("4.2.13", "a pod's processes are limited", false, setting("pod-max-pids", "podPidsLimit").isNumber(1),
			"podPidsLimit: 4096"),
		item("4.2.14", "pods get a seccomp profile", false, setting("seccomp-default", "seccompDefault").is("true"),
			"seccompDefault: true"),
		{
			id: "4.3.1", title: "kube-proxy's metrics are on loopback only", automated: true, on: Worker, test: proxyMetrics,
			remedy: "metricsBindAddress: 127.0.0.1:10249",
		},
	}
}

// settings are what a program runs with: its flags, and below them its configuration file.
type settings struct {
	flags  flags
	config map[string]any
}

// get returns what a flag or else a field of the configuration says. The field is a path with dots.
func (s settings) get(flag, field string) (value string, set bool) {
	if value, set = s.flags.get(flag); set || field == "" {
		return value, set
	}
	var found any = s.config
	for key := range strings.SplitSeq(field, ".") {
		level, ok := found.(map[string]any)
		if !ok {
			return "", false
		}
		found = level[key]
	}
	if found == nil {
		return "", false
	}
	return fmt.Sprint(found), true
}

// settingTest decides an item by a program's settings.
type settingTest func(settings) (ok bool, evidence string)

// named is a setting: a flag, and what it is called in the configuration.
type named struct{ flag, field string }

func setting(flag, field string) named { return named{flag, field} }

func (n named) test(is func(value string, set bool) bool) settingTest {
	return func(s settings) (bool, string) {
		value, set := s.get(n.flag, n.field)
		name := n.field
		if name == "" {
			name = "--" + n.flag
		}
		if !set {
			return is("", false), name + " is not set"
		}
		return is(value, true), name + " is " + value
	}
}

func (n named) is(want string) settingTest {
	return n.test(func(value string, set bool) bool { return set && sameValue(value, want) })
}

func (n named) isOrAbsent(want string) settingTest {
	return n.test(func(value string, set bool) bool { return !set || sameValue(value, want) })
}

func (n named) isNot(bad string) settingTest {
	return n.test(func(value string, set bool) bool { return set && value != bad })
}

func (n named) isNotOrAbsent(bad ...string) settingTest {
	return n.test(func(value string, _ bool) bool {
		for _, each := range bad {
			if value == each {
				return false
			}
		}
		return true
	})
}

func (n named) isSet() settingTest {
	return n.test(func(value string, set bool) bool { return set && value != "" })
}

func (n named) isAbsent() settingTest {
	return n.test(func(_ string, set bool) bool { return !set })
}

func (n named) isNumber(least int) settingTest {
	return n.test(func(value string, _ bool) bool {
		number, err := strconv.Atoi(value)
		return err == nil && number >= least
	})
}

// servingCertificate accepts files, and a certificate that the kubelet asks its cluster for.
func servingCertificate(s settings) (bool, string) {
	if ok, evidence := setting("rotate-server-certificates", "serverTLSBootstrap").is("true")(s); ok {
		return true, evidence
	}
	if ok, evidence := setting("tls-cert-file", "tlsCertFile").isSet()(s); !ok {
		return false, evidence
	}
	return setting("tls-private-key-file", "tlsPrivateKeyFile").isSet()(s)
}

func kubeletSuites(s settings) (bool, string) {
	floor, _ := s.get("tls-min-version", "tlsMinVersion")
	suites := s.flags.list("tls-cipher-suites")
	if listed, ok := s.config["tlsCipherSuites"].([]any); ok && len(suites) == 0 {
		for _, suite := range listed {
			suites = append(suites, fmt.Sprint(suite))
		}
	}
	return strongSuites(floor, suites)
}

// kubeletSetting passes if a kubelet runs and its settings pass.
func kubeletSetting(is settingTest) test {
	return everyProcess(kubeletProgram, func(v *view, process Process) (bool, string, error) {
		found, err := v.settingsOf(process, kubeletConfig)
		if err != nil {
			return false, "", err
		}
		if dir, set := found.flags.get("config-dir"); set {
			return false, "", fmt.Errorf("the kubelet merges its configuration with what is in %s (--config-dir), "+
				"which is not read here", dir)
		}
		ok, evidence := is(found)
		return ok, evidence, nil
	})
}

// settingsOf reads a process's flags and its configuration, which is a file that --config names.
func (v *view) settingsOf(process Process, otherwise string) (settings, error) {
	found := settings{flags: flagsOf(process.Args)}
	file, set := found.flags.get("config")
	if !set {
		file = otherwise
	}
	if file == "" {
		return found, nil
	}
	text, err := v.contentOf(process, file)
	if err != nil {
		return found, err
	}
	if err := yaml.Unmarshal([]byte(text), &found.config); err != nil {
		return found, fmt.Errorf("reading %s: %w", file, err)
	}
	return found, nil
}

// kubeletFile is a file that a flag of the kubelet's, or its configuration, names.
func kubeletFile(flag string, field []string, otherwise string) paths {
	return func(v *view) ([]File, error) {
		var all []File
		for _, process := range v.running(kubeletProgram) {
			found, err := v.settingsOf(process, kubeletConfig)
			if err != nil {
				return nil, err
			}
			file, set := found.get(flag, strings.Join(field, "."))
			if !set {
				file = otherwise
			}
			if file == "" {
				return nil, nil
			}
			files, err := v.files(file)
			if err != nil {
				return nil, err
			}
			all = append(all, files...)
		}
		return all, nil
	}
}

// pulledImagesVerified: the kubelet asks for credentials before it runs an image that somebody else's credentials pulled.
func pulledImagesVerified(v *view) (bool, string, error) {
	return kubeletSetting(setting("", "imagePullCredentialsVerificationPolicy").isNot("NeverVerify"))(v)
}

// proxyMetrics passes where no kube-proxy runs, because the pod network does its work: there are no metrics then.
func proxyMetrics(v *view) (bool, string, error) {
	if len(v.running(proxyProgram)) == 0 {
		return true, "kube-proxy does not run here", nil
	}
	return everyProcess(proxyProgram, func(v *view, process Process) (bool, string, error) {
		found, err := v.settingsOf(process, "")
		if err != nil {
			return false, "", err
		}
		ok, evidence := setting("metrics-bind-address", "metricsBindAddress").test(func(value string, set bool) bool {
			// Empty is the default, which is loopback.
			return !set || value == "" || strings.HasPrefix(value, "127.0.0.1:") || value == "127.0.0.1"
		})(found)
		return ok, evidence, nil
	})(v)
}
