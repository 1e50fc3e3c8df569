package attacks

import (
	"slices"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
)

// All returns every attack, for one run: attacks of a run may share what they set up.
func All() []verify.Attack {
	return slices.Concat(
		networkAttacks(), // they wait longest, for pods to start
		etcdAttacks(),
		auditAttacks(),
		portAttacks(),
		apiAttacks(),
		kubeletAttacks(),
		nodeAttacks(),
		accessAttacks(),
		podSecurityAttacks(),
		admissionAttacks(),
		grantAttacks(),
		imageAttacks(),
		policyAttacks(),
		tenantAttacks(),
	)
}

// Elsewhere are the enforced controls that do not show on a running cluster, each with the reason.
func Elsewhere() map[baseline.ControlID]string {
	return map[baseline.ControlID]string{
		"RMP-CPL-020": "it is about the settings of the cloud, which its own API shows",
		"RMP-NOD-013": "it is about the settings of the cloud, which its own API shows",
		"RMP-NOD-014": "it is about the settings of the cloud, which its own API shows",
		"RMP-NET-011": "it is about the settings of the cloud, which its own API shows",
		"RMP-ACC-009": "it is about the settings of the cloud, which its own API shows",
		"RMP-ACC-010": "it is about the settings of the cloud, which its own API shows",
		"RMP-AUD-005": "it is about the settings of the cloud, which its own API shows",
		"RMP-DAT-011": "it is about the settings of the cloud, which its own API shows",
		"RMP-DAT-006": "it is about the files of whoever makes clusters, not about the cluster",
		"RMP-DAT-007": "it is about what can be done with a key, which only doing it shows",
		"RMP-DAT-008": "it is about snapshots, which stand beside the cluster and not in it",
		"RMP-DAT-009": "it is about the state of whoever makes clusters, not about the cluster",
		"RMP-DAT-010": "it is about the stack file and the state of whoever makes clusters, not about the cluster",
		"RMP-ACC-008": "it is about the kubeconfigs that the command line makes, not about the cluster",
		"RMP-IMG-004": "it shows only where a registry asks for credentials; the kubelet's setting is read as an item of CIS",
		"RMP-IMG-005": "it is about the image that a cluster is made from, before there is a cluster",
		"RMP-OPS-001": "it is about what an upgrade leaves, which only upgrading shows",
		"RMP-OPS-002": "it is about what is done once something was changed, which only changing it shows",
		"RMP-OPS-003": "it is about renewing them, which only doing it shows",
		"RMP-OPS-004": "it is about what the product refuses to make",
		"RMP-TEN-002": "it is about the order in which a tenant is made, which nothing shows afterwards",
	}
}
