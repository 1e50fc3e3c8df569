package access

// restarts are what an operator may change about workloads. A pod template is not among them: whoever may patch a
// Deployment may run anything as its service account. A restart is the deletion of pods, which their owner replaces.
func restarts() []Rule {
	return []Rule{
		{"", []string{"pods"}, []string{"delete"}},
		{"", []string{"pods/eviction"}, []string{"create"}},
		{"apps", []string{"deployments/scale", "statefulsets/scale", "replicasets/scale"}, scaleVerbs},
	}
}

// operatorNamespaceRules: what the viewer sees, and restarts.
func operatorNamespaceRules() []Rule { return append(viewerNamespaceRules(), restarts()...) }

// operatorClusterRules: what the viewer sees, logs, drains and restarts. To drain a node takes to cordon it, which is an
// update of the node. The kubelet's own subresources stand in for nodes/proxy, which would let an operator run commands in
// every pod (CIS 5.1.10).
func operatorClusterRules() []Rule {
	rules := append(append(viewerClusterRules(), restarts()...), logs())
	return append(rules,
		Rule{"", []string{"nodes"}, []string{"update", "patch"}},
		Rule{"", []string{"nodes/metrics", "nodes/stats", "nodes/healthz"}, getVerb},
		Rule{"coordination.k8s.io", []string{"leases"}, readVerbs},
		Rule{"certificates.k8s.io", []string{"certificatesigningrequests"}, readVerbs},
		Rule{"flowcontrol.apiserver.k8s.io", []string{"flowschemas", "prioritylevelconfigurations"}, readVerbs},
		Rule{calicoGroup, calicoPolicies(), readVerbs},
	)
}

// calicoGroup is the API group that Calico keeps its objects in.
const calicoGroup = "crd.projectcalico.org"

func calicoPolicies() []string {
	return []string{"networkpolicies", "globalnetworkpolicies", "networksets", "globalnetworksets", "hostendpoints"}
}
