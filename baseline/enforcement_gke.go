package baseline

// onGKE is what holds for every control on Google Kubernetes Engine.
func onGKE() map[ControlID]Enforcement {
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
	set(enforcedBy("components/tenant"), "RMP-DAT-010", "RMP-TEN-001", "RMP-TEN-002", "RMP-TEN-003", "RMP-TEN-004")
	set(notPossible("GKE admits to Pod Security \"privileged\" where a namespace has no label, and its admission cannot be "+
		"configured; tenants' namespaces have the label"), "RMP-ADM-001", "RMP-ADM-002")
	set(notPossible("GKE's API server takes no policies but those in the API"), "RMP-ADM-013")

	gkeNetwork(set)
	gkeControlPlane(set)
	gkeNodes(set)

	set(notApplicable("people come with their Google identities: nobody gets a certificate"), "RMP-ACC-008")
	set(byCloud("Cloud Audit Logs: admin activity always, data access by the project's audit configuration of "+
		"container.googleapis.com; the audit policy is GKE's own"), "RMP-AUD-001", "RMP-AUD-002", "RMP-AUD-004")
	set(byCloud("a log bucket of the cluster's own, which keeps logs for logRetentionDays"), "RMP-AUD-003")
	// Settings of ours are there for the first two, and no proof yet.
	set(plannedFor("providers/gke"), "RMP-ACC-009", "RMP-AUD-005", "RMP-DAT-009", "RMP-OPS-001", "RMP-OPS-002", "RMP-OPS-004")
	set(plannedFor("providers/gke"), "RMP-ACC-010", "RMP-CPL-020", "RMP-DAT-011", "RMP-NET-011", "RMP-NOD-013", "RMP-NOD-014")
	return column
}

// gkeNetwork is what plain network policies hold: those of the whole cluster are written in Calico's language, on a Calico
// that is ours.
func gkeNetwork(set func(Enforcement, ...ControlID)) {
	set(byCloud("Dataplane V2 (datapathProvider ADVANCED_DATAPATH), or the Calico that GKE keeps (networkPolicy)"), "RMP-NET-001")
	set(notPossible("neither Dataplane V2 nor GKE's Calico can be told to hold a pod back until its policies are programmed"),
		"RMP-NET-002")
	set(enforcedBy("components/isolation"), "RMP-NET-003", "RMP-NET-004", EgressAnywhere)
	set(plannedFor("components/isolation"), "RMP-NET-005", "RMP-NET-007", "RMP-NET-008", "RMP-NET-009")
	set(notPossible("with Workload Identity, GKE's own server answers pods at the metadata address: a pod gets its own identity "+
		"there, and not the node's"), "RMP-NET-006")
}

// gkeControlPlane is what Google answers for: its machines cannot be seen, and no flag of them can be set.
func gkeControlPlane(set func(Enforcement, ...ControlID)) {
	set(notPossible("GKE sets the floor of its API server itself, TLS 1.2, and it cannot be raised"), "RMP-CPL-001")
	set(byCloud("GKE's own suites"), "RMP-CPL-002")
	set(notApplicable("the API server is not on this machine"), "RMP-CPL-003")
	set(notPossible("version 7 of the provider for gcp has no anonymousAuthenticationConfig, by which GKE keeps anonymous "+
		"requests to the health endpoints"), "RMP-CPL-006")
	set(byCloud("GKE's control plane: no other authenticator can be added, enableLegacyAbac is off"), "RMP-CPL-007", "RMP-CPL-008",
		"RMP-CPL-009", "RMP-CPL-010", "RMP-CPL-013", "RMP-CPL-014", "RMP-CPL-015")
	set(notPossible("GKE honours a token beyond the hour that it was made for, so that old clients go on working"), "RMP-CPL-005")
	set(notPossible("the admission plugins of GKE's API server cannot be chosen"), "RMP-CPL-011")
	set(byCloud("serviceExternalIpsConfig is off"), "RMP-CPL-012")
	set(notApplicable("the machines of the control plane are Google's, which answers for them in its attestations"), "RMP-CPL-004",
		"RMP-CPL-016", "RMP-CPL-017", "RMP-CPL-018", "RMP-CPL-019", "RMP-DAT-002", "RMP-DAT-003", "RMP-DAT-004", "RMP-DAT-005",
		"RMP-DAT-008", "RMP-OPS-003")
	set(byCloud("databaseEncryption with a key of Cloud KMS"), "RMP-DAT-001")
	set(notApplicable("nothing of the cluster is on this machine"), "RMP-DAT-006")
	set(byCloud("rotation of the key in Cloud KMS, which keeps its older versions"), "RMP-DAT-007")
}

// gkeNodes is what Container-Optimized OS and the node pools make of nodes.
func gkeNodes(set func(Enforcement, ...ControlID)) {
	set(byCloud("GKE's kubelet: webhook authentication and authorization, certificates of the cluster's authority that renew "+
		"themselves"), "RMP-NOD-001", "RMP-NOD-003", "RMP-NOD-004", "RMP-NOD-007", "RMP-NOD-008", "RMP-NOD-009")
	set(notPossible("version 7 of the provider for gcp cannot say insecureKubeletReadonlyPortEnabled, by which GKE closes "+
		"the port; what GKE does by itself depends on its version"), "RMP-NOD-002")
	set(notPossible("GKE's node pools have no setting for the kubelet's seccomp default; tenants' pods get the profile from Pod "+
		"Security"), "RMP-NOD-005")
	set(byCloud("kubeletConfig.podPidsLimit of the node pools"), "RMP-NOD-006")
	set(byCloud("Dataplane V2, which has no kube-proxy; beside Calico, GKE's kube-proxy serves metrics on loopback"), "RMP-NOD-010")
	set(byCloud("Container-Optimized OS: the root file system is read-only and checked, /etc is made anew at each start"),
		"RMP-NOD-011")
	set(notApplicable("Dataplane V2 has no kube-proxy; beside Calico it is GKE's, with files that GKE makes at each start"),
		"RMP-NOD-012")
	set(notPossible("GKE's node pools have no setting by which kubelets ask again who may use an image that they have"),
		"RMP-IMG-004")
	set(notApplicable("nodes have no image of ours: GKE gives a node pool Container-Optimized OS for its version"), "RMP-IMG-005")
}
