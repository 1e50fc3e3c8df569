package hardening

import (
	"encoding/json"
	"path"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	apiserverv1 "k8s.io/apiserver/pkg/apis/apiserver/v1"
	podsecurityv1 "k8s.io/pod-security-admission/admission/api/v1"
	"sigs.k8s.io/yaml"

	"github.com/rampart-iac/rampart/baseline"
)

// podSecurityExempt are the namespaces whose pods cannot run under any Pod Security level but privileged.
var podSecurityExempt = []string{
	"kube-system",        // kube-proxy and Calico program the nodes' network
	"local-path-storage", // the provisioner's helper pods make folders on the node
}

// admissionPlugins are switched on beside the API server's default ones. NodeRestriction is kubeadm's own choice, which
// this list replaces (CIS 1.2.3, 1.2.9, 1.2.14).
const admissionPlugins = "NodeRestriction,DenyServiceExternalIPs,EventRateLimit"

// admissionConfiguration renders the API server's admission configuration: Pod Security for every namespace that says
// nothing else (CIS 5.2.1 to 5.2.12), so that a new namespace is never without it. What is less than "restricted" is at
// least said to whoever does it, and audited. And it says how many events are taken, and where the guard's policy is.
func admissionConfiguration(settings Settings) (string, error) {
	exempt := slices.Concat(podSecurityExempt, settings.PodSecurityExemptNamespaces)
	slices.Sort(exempt)

	level := settings.Level
	if level == "" {
		level = baseline.LevelRestricted
	}
	// Pinned to the cluster's minor release: with "latest" a newer API server would change what old manifests may do.
	version := minorOf(string(settings.KubernetesVersion))
	podSecurity, err := json.Marshal(podsecurityv1.PodSecurityConfiguration{
		TypeMeta: metav1.TypeMeta{
			APIVersion: podsecurityv1.SchemeGroupVersion.String(),
			Kind:       "PodSecurityConfiguration",
		},
		Defaults: podsecurityv1.PodSecurityDefaults{
			Enforce: string(level), EnforceVersion: version,
			Audit: "restricted", AuditVersion: version,
			Warn: "restricted", WarnVersion: version,
		},
		Exemptions: podsecurityv1.PodSecurityExemptions{Namespaces: slices.Compact(exempt)},
	})
	if err != nil {
		return "", err
	}
	events, err := eventRateLimit()
	if err != nil {
		return "", err
	}
	plugins := []apiserverv1.AdmissionPluginConfiguration{
		{Name: "EventRateLimit", Configuration: &runtime.Unknown{Raw: events}},
		{Name: "PodSecurity", Configuration: &runtime.Unknown{Raw: podSecurity}},
	}
	if settings.KubernetesVersion.Has(guardRelease) {
		fromFiles, err := json.Marshal(policyFiles{
			TypeMeta: metav1.TypeMeta{APIVersion: "apiserver.config.k8s.io/v1", Kind: "ValidatingAdmissionPolicyConfiguration"},
			Folder:   path.Dir(nodePath(fileGuard)),
		})
		if err != nil {
			return "", err
		}
		plugins = append(plugins, apiserverv1.AdmissionPluginConfiguration{
			Name: "ValidatingAdmissionPolicy", Configuration: &runtime.Unknown{Raw: fromFiles},
		})
	}
	text, err := yaml.Marshal(apiserverv1.AdmissionConfiguration{
		TypeMeta: metav1.TypeMeta{APIVersion: apiserverv1.SchemeGroupVersion.String(), Kind: "AdmissionConfiguration"},
		Plugins:  plugins,
	})
	return string(text), err
}

// policyFiles is the configuration of the admission plugin ValidatingAdmissionPolicy, whose Go type is not in a package that
// one would import for it.
type policyFiles struct {
	metav1.TypeMeta `json:",inline"`

	// Folder of policies and bindings that are in force beside those of the API.
	Folder string `json:"staticManifestsDir"`
}

// minorOf cuts a version to its minor release: v1.37.0 becomes v1.37.
func minorOf(version string) string {
	return strings.Join(strings.SplitN(version, ".", 3)[:2], ".")
}
