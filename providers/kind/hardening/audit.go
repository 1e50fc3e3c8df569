package hardening

import (
	_ "embed" // for the audit policy
	"errors"
	"strings"

	"github.com/rampart-iac/rampart/baseline"
)

// auditPolicy says what the API server records (CIS 3.2.1, 3.2.2). The file has its reasons in it, and
// testdata/audit-requests.yaml holds requests with the level that each must get.
//
//go:embed audit-policy.yaml
var auditPolicy string

// auditPatches are the first rules of the policy of an API server that cannot write down every patch.
//
//go:embed audit-patches.yaml
var auditPatches string

// patchesAreTranscoded is the release from which on an API server writes the content of any patch into the audit log. Older
// ones write what came, and if that is no JSON, which YAML is not and a malformed patch neither, they drop the event
// (kubernetes/kubernetes#139419).
const patchesAreTranscoded baseline.MinorRelease = "v1.37"

// auditPolicyOf is the policy for API servers of a version.
func auditPolicyOf(version baseline.KubernetesVersion) (string, error) {
	if version.Has(patchesAreTranscoded) {
		return auditPolicy, nil
	}
	const rules = "\nrules:\n"
	head, tail, found := strings.Cut(auditPolicy, rules)
	if !found {
		return "", errors.New("the audit policy has no rules")
	}
	return head + rules + auditPatches + "\n" + tail, nil
}
