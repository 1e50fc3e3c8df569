package plugin

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"
)

// joinConfiguration renders what kubeadm needs on a worker: kind's own document for the control plane, with the worker's name and
// address in it, and with a token and an authority in place of those that anybody knows.
func joinConfiguration(kubeadmConfig string, controlPlane, worker Node, token, authority string) (string, error) {
	for _, document := range documentRule.Split(kubeadmConfig, -1) {
		var join map[string]any
		if err := yaml.Unmarshal([]byte(document), &join); err != nil {
			return "", fmt.Errorf("understanding %s: %w", kubeadmConfigFile, err)
		}
		if join["kind"] != "JoinConfiguration" {
			continue
		}
		delete(join, "controlPlane")
		join["nodeRegistration"] = replaceNames(join["nodeRegistration"],
			strings.NewReplacer(controlPlane.Name, worker.Name, controlPlane.Address, worker.Address))
		discovery, _ := join["discovery"].(map[string]any)
		bootstrap, ok := discovery["bootstrapToken"].(map[string]any)
		if !ok {
			return "", fmt.Errorf("%s does not say how nodes find the cluster", kubeadmConfigFile)
		}
		hash, err := authorityHash(authority)
		if err != nil {
			return "", err
		}
		bootstrap["token"], bootstrap["caCertHashes"] = token, []string{hash}
		delete(bootstrap, "unsafeSkipCAVerification")
		// What kubeadm adds when it rewrites the document: the token once more, and what keeps pods off a control plane.
		delete(discovery, "tlsBootstrapToken")
		if registration, ok := join["nodeRegistration"].(map[string]any); ok {
			delete(registration, "taints")
		}
		rendered, err := yaml.Marshal(join)
		return string(rendered), err
	}
	return "", fmt.Errorf("%s has no JoinConfiguration", kubeadmConfigFile)
}

// replaceNames replaces in all texts of a document.
func replaceNames(value any, names *strings.Replacer) any {
	switch value := value.(type) {
	case string:
		return names.Replace(value)
	case []any:
		for i := range value {
			value[i] = replaceNames(value[i], names)
		}
	case map[string]any:
		for key := range value {
			value[key] = replaceNames(value[key], names)
		}
	}
	return value
}

// authorityHash is the form in which kubeadm takes an authority: the hash of its public key.
func authorityHash(certificate string) (string, error) {
	block, _ := pem.Decode([]byte(certificate))
	if block == nil {
		return "", errors.New("the cluster's certificate authority is not in PEM form")
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return "", fmt.Errorf("the cluster's certificate authority: %w", err)
	}
	sum := sha256.Sum256(parsed.RawSubjectPublicKeyInfo)
	return "sha256:" + hex.EncodeToString(sum[:]), nil
}
