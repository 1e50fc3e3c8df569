package baseline

// onGKE is what holds for every control on Google Kubernetes Engine.
func onGKE() column {
	c := ofCloud("GKE", "Google")
	c.set(provenBy(ProviderGKE, "providers/gke.TestCISItems"), "RMP-ACC-009", "RMP-CPL-020", "RMP-DAT-001", "RMP-NOD-013",
		"RMP-NOD-014")
	c.set(provenBy(ProviderGKE, "providers/gke.TestBesideTheBenchmark"), "RMP-CPL-012", "RMP-NOD-006")
	c.set(provenBy(ProviderGKE, "providers/gke.TestCalicoOrDataplane"), "RMP-NET-001")
	c.set(provenBy(ProviderGKE, "providers/gke.TestKeysServeOnlyTheirs"), "RMP-DAT-007", "RMP-DAT-011")
	c.set(provenBy(ProviderGKE, "providers/gke.TestKubeconfigHoldsNoCredential"), "RMP-DAT-009")
	c.set(provenBy(ProviderGKE, "providers/gke.TestInvariantsOfAnyCluster"), "RMP-AUD-003", "RMP-AUD-005", "RMP-NET-011")
	c.set(provenBy(ProviderGKE, "providers/gke/spec.TestBadClustersAreRefused"), "RMP-OPS-004")
	c.set(provenBy(ProviderGKE, "tests/engine/gke.TestLifecycle"), "RMP-OPS-002")
	c.set(plannedFor("providers/gke"), "RMP-OPS-001")
	c.set(notApplicable("people come with their Google identities: nobody gets a certificate"), "RMP-ACC-008")
	c.set(notPossible("whoever IAM makes an administrator of clusters in the project, or above it, is one of this cluster, too"),
		"RMP-ACC-010")
	c.set(byCloud("GKE's own audit policy decides what Cloud Audit Logs say"), "RMP-AUD-001", "RMP-AUD-002", "RMP-AUD-004")
	gkeNetwork(c)
	gkeControlPlane(c)
	gkeNodes(c)
	return c
}

// gkeNetwork is what plain network policies do not hold: those of the whole cluster are written in Calico's language, for a
// Calico that is ours.
func gkeNetwork(c column) {
	c.set(notPossible("neither Dataplane V2 nor GKE's Calico can be told to hold a pod back until its policies are programmed"),
		"RMP-NET-002")
	c.set(notPossible("GKE runs add-ons in namespaces that come with its releases; a denial in all namespaces cuts them off, "+
		"and Cilium cannot leave out namespaces by how their names begin (decision 21)"), "RMP-NET-005")
	c.set(plannedFor("components/isolation"), "RMP-NET-007", "RMP-NET-008", "RMP-NET-009")
	c.set(notPossible("with Workload Identity, GKE's own server answers pods at the metadata address: a pod gets its own identity "+
		"there, and not the node's"), "RMP-NET-006")
}

// gkeControlPlane is what Google answers for: its machines cannot be seen, and no flag of them can be set.
func gkeControlPlane(c column) {
	c.set(notPossible("version 7 of the provider for gcp has no anonymousAuthenticationConfig, by which GKE keeps anonymous "+
		"requests to the health endpoints"), "RMP-CPL-006")
	c.set(byCloud("GKE's control plane: no other authenticator can be added"), "RMP-CPL-007", "RMP-CPL-008",
		"RMP-CPL-009", "RMP-CPL-010", "RMP-CPL-013", "RMP-CPL-014", "RMP-CPL-015")
	c.set(notPossible("GKE honours a token beyond the hour that it was made for, so that old clients go on working"), "RMP-CPL-005")
	c.set(notPossible("the admission plugins of GKE's API server cannot be chosen"), "RMP-CPL-011")
}

// gkeNodes is what Container-Optimized OS makes of nodes.
func gkeNodes(c column) {
	c.set(byCloud("GKE's kubelet: webhook authentication and authorization, certificates of the cluster's authority that renew "+
		"themselves"), "RMP-NOD-001", "RMP-NOD-003", "RMP-NOD-004", "RMP-NOD-007", "RMP-NOD-008", "RMP-NOD-009")
	c.set(notPossible("version 7 of the provider for gcp cannot say insecureKubeletReadonlyPortEnabled, by which GKE closes "+
		"the port; what GKE does by itself depends on its version"), "RMP-NOD-002")
	c.set(notPossible("GKE's node pools have no setting for the kubelet's seccomp default; tenants' pods get the profile from Pod "+
		"Security"), "RMP-NOD-005")
	c.set(notApplicable("Dataplane V2 has no kube-proxy; beside Calico it is GKE's, whose health answers load balancers on all "+
		"addresses of a node"), "RMP-NOD-010")
	c.set(byCloud("Container-Optimized OS: the root file system is read-only and checked, /etc is made anew at each start"),
		"RMP-NOD-011")
	c.set(notApplicable("Dataplane V2 has no kube-proxy; beside Calico it is GKE's, with files that GKE makes at each start"),
		"RMP-NOD-012")
	c.set(notPossible("GKE's node pools have no setting by which kubelets ask again who may use an image that they have"),
		"RMP-IMG-004")
	c.set(notApplicable("nodes have no image of ours: GKE gives a node pool Container-Optimized OS for its version"), "RMP-IMG-005")
}
