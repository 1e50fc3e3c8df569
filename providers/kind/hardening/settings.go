package hardening

import (
	"fmt"
	"path"

	"github.com/rampart-iac/rampart/baseline"
)

// Where the rendered files stand on a control-plane node. The folder is mounted read-only.
const nodeDir = "/etc/kubernetes/rampart"

// Names of the rendered files, relative to the mounted folder.
const (
	fileEncryption     = "encryption.yaml"
	fileAuditPolicy    = "audit-policy.yaml"
	fileAdmission      = "admission.yaml"
	fileAuthentication = "authentication.yaml"
	fileEtcdPatch      = "patches/etcd+strategic.json"
)

// EncryptionPath is the configuration of the encryption at rest on a control-plane node. It holds the keys.
const EncryptionPath = nodeDir + "/" + fileEncryption

// AuditLogPath is the API server's audit log on a control-plane node.
const AuditLogPath = "/var/log/kubernetes/audit/audit.log"

// Settings are the choices that the hardening leaves open.
type Settings struct {
	// KubernetesVersion decides which forms and defaults apply.
	KubernetesVersion baseline.KubernetesVersion

	// TLSFloor is the lowest TLS version of every control-plane port and of the kubelets: 1.3, or 1.2 with strong suites.
	TLSFloor baseline.TLSVersion

	// Level of the baseline: pods are held to the Pod Security Standard of that name. Empty: restricted.
	Level baseline.Level

	// PodSecurityExemptNamespaces are left out of the cluster-wide Pod Security default, beside those that the
	// cluster itself needs.
	PodSecurityExemptNamespaces []string

	// Deployers may change the policies that Rampart makes, beside the cluster's administrators.
	Deployers Principals
}

// EncryptionKey is the key that Secret objects are encrypted with.
type EncryptionKey struct {
	// Name tells keys apart in etcd: it is part of each encrypted value's prefix.
	Name string
	// Base64 is the standard base64 encoding of 32 random bytes.
	Base64 string
}

// Files returns the files of a control-plane node, by path relative to the mounted folder. Secrets are encrypted with the
// first key; the others, during a rotation, are only read with. The text holds the keys: treat it as a secret.
func Files(settings Settings, keys ...EncryptionKey) (map[string]string, error) {
	renderers := map[string]func() (string, error){
		fileEncryption:     func() (string, error) { return encryptionConfiguration(keys) },
		fileAuditPolicy:    func() (string, error) { return auditPolicyOf(settings.KubernetesVersion) },
		fileAdmission:      func() (string, error) { return admissionConfiguration(settings) },
		fileAuthentication: authenticationConfiguration,
		fileEtcdPatch:      etcdPatch,
	}
	if settings.KubernetesVersion.Has(guardRelease) {
		renderers[fileGuard] = func() (string, error) { return guard(settings.Deployers) }
	}
	files := make(map[string]string, len(renderers))
	for name, render := range renderers {
		text, err := render()
		if err != nil {
			return nil, fmt.Errorf("rendering %s: %w", name, err)
		}
		files[name] = text
	}
	return files, nil
}

// ReloadedFiles are the names of those files that the API server looks at again by itself, within a minute of a change
// (--encryption-provider-config-automatic-reload; policies in files always).
func ReloadedFiles(settings Settings) []string {
	if settings.KubernetesVersion.Has(guardRelease) {
		return []string{fileEncryption, fileGuard}
	}
	return []string{fileEncryption}
}

func nodePath(file string) string { return path.Join(nodeDir, file) }
