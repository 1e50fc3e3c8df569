package baseline

// onAKS is what holds for every control on Azure Kubernetes Service.
func onAKS() map[ControlID]Enforcement {
	column := map[ControlID]Enforcement{}
	set := func(enforcement Enforcement, ids ...ControlID) {
		for _, id := range ids {
			column[id] = enforcement
		}
	}

	// The components in the cluster are the same as on any provider.
	set(enforcedBy("components/access"), "RMP-ACC-001", "RMP-ACC-002", "RMP-ACC-003", "RMP-ACC-004", "RMP-ACC-005",
		"RMP-ACC-006", "RMP-ACC-007")
	set(enforcedBy("components/admission"), "RMP-ADM-003", "RMP-ADM-004", "RMP-ADM-005", "RMP-ADM-006", "RMP-ADM-007",
		"RMP-ADM-008", "RMP-ADM-009", "RMP-ADM-010", "RMP-ADM-011", "RMP-ADM-012", "RMP-IMG-001", "RMP-IMG-002",
		"RMP-IMG-003")
	set(enforcedBy("components/isolation"), "RMP-NET-003", "RMP-NET-004", "RMP-NET-005", "RMP-NET-006", "RMP-NET-007",
		"RMP-NET-008", EgressAnywhere)
	set(enforcedBy("components/tenant"), "RMP-DAT-010", "RMP-TEN-001", "RMP-TEN-002", "RMP-TEN-003", "RMP-TEN-004")

	set(byCloud("networkPolicy calico: AKS installs Calico and keeps it up to date"), "RMP-NET-001")
	set(notPossible("Azure CNI starts a pod without asking Calico; until the pod's policy is programmed, its node drops what "+
		"it sends and gets"), "RMP-NET-002")
	set(notPossible("AKS keeps Calico's own configuration, which makes no host endpoints; the nodes' subnet lets nothing in from "+
		"outside the network"), "RMP-NET-009")
	set(notPossible("AKS admits to Pod Security \"privileged\" where a namespace has no label, and its admission cannot be "+
		"configured; tenants' namespaces have the label"), "RMP-ADM-001", "RMP-ADM-002")
	set(notPossible("AKS's API server takes no policies but those in the API"), "RMP-ADM-013")

	aksControlPlane(set)
	aksNodes(set)

	set(provenOnInputs(), "RMP-ACC-009", "RMP-AUD-003", "RMP-AUD-005", "RMP-DAT-001", "RMP-NOD-005", "RMP-NOD-006", "RMP-OPS-004")
	set(plannedFor("providers/aks"), "RMP-DAT-007", "RMP-DAT-009", "RMP-OPS-001", "RMP-OPS-002")
	set(plannedFor("providers/aks"), "RMP-ACC-010", "RMP-CPL-020", "RMP-DAT-011", "RMP-NET-011", "RMP-NOD-013", "RMP-NOD-014")
	set(notApplicable("people come with their groups in Entra ID: local accounts are off, and nobody gets a certificate"),
		"RMP-ACC-008")
	set(byCloud("diagnostic setting, category kube-audit: AKS's own audit policy"), "RMP-AUD-001", "RMP-AUD-002", "RMP-AUD-004")
	return column
}

// provenOnInputs are controls that the inputs of the cluster decide.
func provenOnInputs() Enforcement {
	return Enforcement{State: StateEnforced, Component: "providers/aks", Proof: "providers/aks.TestCISItems"}
}

// aksControlPlane is what Azure answers for: its machines cannot be seen, and no flag of them can be set.
func aksControlPlane(set func(Enforcement, ...ControlID)) {
	set(notPossible("AKS sets the floor of its API server itself, TLS 1.2, and it cannot be raised"), "RMP-CPL-001")
	set(byCloud("AKS's own suites"), "RMP-CPL-002")
	set(notApplicable("the API server is not on this machine"), "RMP-CPL-003")
	set(byCloud("AKS's control plane: no other authenticator or authorizer can be added"), "RMP-CPL-006", "RMP-CPL-007",
		"RMP-CPL-008", "RMP-CPL-009", "RMP-CPL-010", "RMP-CPL-013", "RMP-CPL-014", "RMP-CPL-015")
	set(notPossible("the flags of AKS's API server cannot be set: old clients' tokens live beyond their hour"), "RMP-CPL-005")
	set(notPossible("the admission plugins of AKS's API server cannot be chosen; the policy of exposure refuses external addresses"),
		"RMP-CPL-011", "RMP-CPL-012")
	set(notApplicable("the machines of the control plane are Azure's, which answers for them in its attestations"), "RMP-CPL-004",
		"RMP-CPL-016", "RMP-CPL-017", "RMP-CPL-018", "RMP-CPL-019", "RMP-DAT-002", "RMP-DAT-003", "RMP-DAT-004", "RMP-DAT-005",
		"RMP-DAT-008", "RMP-OPS-003")
	set(notApplicable("nothing of the cluster is on this machine"), "RMP-DAT-006")
}

// aksNodes is what Azure Linux and the settings of node pools make of nodes.
func aksNodes(set func(Enforcement, ...ControlID)) {
	set(byCloud("AKS's kubelet: webhook authentication and authorization, no read-only port, certificates of the cluster's "+
		"authority that renew themselves"), "RMP-NOD-001", "RMP-NOD-002", "RMP-NOD-003", "RMP-NOD-004", "RMP-NOD-007", "RMP-NOD-008",
		"RMP-NOD-009")
	set(byCloud("AKS's kube-proxy, which serves metrics to its nodes"), "RMP-NOD-010")
	set(byCloud("AKS's images of nodes, which are replaced, not changed (node OS upgrade channel NodeImage)"), "RMP-NOD-011")
	set(notPossible("AKS gives kube-proxy the kubelet's own kubeconfig, and keeps the files of its nodes itself"), "RMP-NOD-012")
	set(notPossible("AKS has no setting by which kubelets ask again who may use an image that they have"), "RMP-IMG-004")
	set(notApplicable("nodes have no image of ours: AKS gives a node pool Azure Linux's release for the cluster's version"),
		"RMP-IMG-005")
}
