package baseline

// onAKS is what holds for every control on Azure Kubernetes Service.
func onAKS() column {
	c := ofCloud("AKS", "Azure")
	c.set(enforcedBy("components/isolation"), "RMP-NET-005", "RMP-NET-006", "RMP-NET-007", "RMP-NET-008")
	c.set(notPossible("Azure CNI starts a pod without asking Calico; until the pod's policy is programmed, its node drops what "+
		"it sends and gets"), "RMP-NET-002")
	c.set(notPossible("AKS keeps Calico's own configuration, which makes no host endpoints; the nodes' subnet lets nothing in from "+
		"outside the network"), "RMP-NET-009")
	c.set(provenBy(ProviderAKS, "providers/aks.TestCISItems"), "RMP-ACC-009", "RMP-AUD-003", "RMP-AUD-005", "RMP-CPL-020",
		"RMP-DAT-001", "RMP-NET-001", "RMP-NOD-005", "RMP-NOD-006", "RMP-NOD-014")
	c.set(provenBy(ProviderAKS, "providers/aks.TestKubeconfigHoldsNoCredential"), "RMP-DAT-009")
	c.set(provenBy(ProviderAKS, "providers/aks/spec.TestBadClustersAreRefused"), "RMP-OPS-004")
	c.set(provenBy(ProviderAKS, "tests/engine/aks.TestLifecycle"), "RMP-OPS-002")
	c.set(plannedFor("providers/aks"), "RMP-DAT-007", "RMP-NET-011", "RMP-NOD-013", "RMP-OPS-001")
	c.set(notPossible("AKS is told a version of the key of Secrets, which is therefore rotated by hand (docs/aks.md); the key of "+
		"disks is rotated by itself, and each of them serves one identity"), "RMP-DAT-011")
	c.set(notPossible("whoever Azure RBAC makes an administrator of clusters in the subscription, or above it, is one of this "+
		"cluster, too; in the cluster, the groups that the stack names are and nobody else"), "RMP-ACC-010")
	c.set(notApplicable("people come with their groups in Entra ID: local accounts are off, and nobody gets a certificate"),
		"RMP-ACC-008")
	c.set(byCloud("AKS's own audit policy decides what the category kube-audit says"), "RMP-AUD-001", "RMP-AUD-002", "RMP-AUD-004")
	aksControlPlane(c)
	aksNodes(c)
	return c
}

// aksControlPlane is what Azure answers for: its machines cannot be seen, and no flag of them can be set.
func aksControlPlane(c column) {
	c.set(byCloud("AKS's control plane: no other authenticator or authorizer can be added"), "RMP-CPL-006", "RMP-CPL-007",
		"RMP-CPL-008", "RMP-CPL-009", "RMP-CPL-010", "RMP-CPL-013", "RMP-CPL-014", "RMP-CPL-015")
	c.set(notPossible("the flags of AKS's API server cannot be set: old clients' tokens live beyond their hour"), "RMP-CPL-005")
	c.set(notPossible("the admission plugins of AKS's API server cannot be chosen; the policy of exposure refuses external "+
		"addresses"), "RMP-CPL-011", "RMP-CPL-012")
}

// aksNodes is what Azure Linux makes of nodes.
func aksNodes(c column) {
	c.set(byCloud("AKS's kubelet: webhook authentication and authorization, no read-only port, certificates of the cluster's "+
		"authority that renew themselves"), "RMP-NOD-001", "RMP-NOD-002", "RMP-NOD-003", "RMP-NOD-004", "RMP-NOD-007", "RMP-NOD-008",
		"RMP-NOD-009")
	c.set(notPossible("AKS keeps kube-proxy's configuration, by which its metrics and its health answer on the addresses of a node"),
		"RMP-NOD-010")
	c.set(byCloud("AKS's images of nodes, which are replaced, not changed (node OS upgrade channel NodeImage)"), "RMP-NOD-011")
	c.set(notPossible("AKS gives kube-proxy the kubelet's own kubeconfig, and keeps the files of its nodes itself"), "RMP-NOD-012")
	c.set(notPossible("AKS has no setting by which kubelets ask again who may use an image that they have"), "RMP-IMG-004")
	c.set(notApplicable("nodes have no image of ours: AKS gives a node pool Azure Linux's release for the cluster's version"),
		"RMP-IMG-005")
}
