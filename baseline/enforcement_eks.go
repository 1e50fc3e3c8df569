package baseline

// onEKS is what holds for every control on Amazon EKS.
func onEKS() column {
	c := ofCloud("EKS", "AWS")
	c.set(enforcedBy("components/isolation"), "RMP-NET-005", "RMP-NET-006", "RMP-NET-007", "RMP-NET-008", "RMP-NET-009")
	c.set(enforcedBy("components/network"), "RMP-NET-001")
	c.set(notPossible("the VPC CNI starts a pod without asking Calico; until the pod's policy is programmed, its node drops what "+
		"it sends and gets"), "RMP-NET-002")
	c.set(provenBy(ProviderEKS, "providers/eks.TestCISItems"), "RMP-ACC-009", "RMP-AUD-003", "RMP-AUD-005", "RMP-CPL-020",
		"RMP-DAT-001", "RMP-NOD-013")
	c.set(provenBy(ProviderEKS, "providers/eks.TestNodesGiveNothingAway"), "RMP-NOD-005", "RMP-NOD-006", "RMP-NOD-014")
	c.set(provenBy(ProviderEKS, "providers/eks.TestKeysServeOnlyTheirs"), "RMP-DAT-007", "RMP-DAT-011")
	c.set(provenBy(ProviderEKS, "providers/eks.TestKubeconfigHoldsNoCredential"), "RMP-DAT-009")
	c.set(provenBy(ProviderEKS, "providers/eks.TestInvariantsOfAnyCluster"), "RMP-ACC-010", "RMP-NET-011")
	c.set(provenBy(ProviderEKS, "providers/eks/spec.TestBadClustersAreRefused"), "RMP-OPS-004")
	c.set(provenBy(ProviderEKS, "tests/engine/eks.TestLifecycle"), "RMP-OPS-002")
	c.set(plannedFor("providers/eks"), "RMP-OPS-001")
	c.set(notApplicable("people come with their roles of AWS IAM: nobody gets a certificate"), "RMP-ACC-008")
	c.set(byCloud("EKS's own audit policy decides what the log of type audit says"), "RMP-AUD-001", "RMP-AUD-002", "RMP-AUD-004")
	eksControlPlane(c)
	eksNodes(c)
	return c
}

// eksControlPlane is what AWS answers for: its machines cannot be seen, and no flag of them can be set.
func eksControlPlane(c column) {
	c.set(byCloud("EKS's control plane: no other authenticator or authorizer can be added"), "RMP-CPL-006", "RMP-CPL-007",
		"RMP-CPL-008", "RMP-CPL-009", "RMP-CPL-010", "RMP-CPL-013", "RMP-CPL-014", "RMP-CPL-015")
	c.set(notPossible("EKS honours a token beyond the hour that it was made for, so that old clients go on working"), "RMP-CPL-005")
	c.set(notPossible("the admission plugins of EKS's API server cannot be chosen; the policy of exposure refuses external "+
		"addresses"), "RMP-CPL-011", "RMP-CPL-012")
}

// eksNodes is what Bottlerocket makes of nodes.
func eksNodes(c column) {
	c.set(byCloud("Bottlerocket's kubelet: webhook authentication and authorization, no read-only port, certificates of the "+
		"cluster's authority that renew themselves"), "RMP-NOD-001", "RMP-NOD-002", "RMP-NOD-003", "RMP-NOD-004", "RMP-NOD-007",
		"RMP-NOD-008", "RMP-NOD-009")
	c.set(notPossible("the add-on kube-proxy has no setting for it: its metrics are on loopback, and its health answers on all "+
		"addresses of a node, where load balancers ask for it"), "RMP-NOD-010")
	c.set(byCloud("Bottlerocket: the root file system is read-only and checked, /etc is made anew at each start"), "RMP-NOD-011")
	c.set(notApplicable("the add-on kube-proxy has its kubeconfig in a ConfigMap"), "RMP-NOD-012")
	c.set(notPossible("Bottlerocket has no setting by which kubelets ask again who may use an image that they have"), "RMP-IMG-004")
	c.set(notApplicable("nodes have no image of ours: EKS gives a node group Bottlerocket's release for the cluster's version"),
		"RMP-IMG-005")
}
