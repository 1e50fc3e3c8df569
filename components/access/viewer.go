package access

// workloads are what runs in a namespace and what it is reached by, without what is secret or hands out rights.
func workloads(verbs []string) []Rule {
	return []Rule{
		{"", []string{"pods", "services", "configmaps", "persistentvolumeclaims"}, verbs},
		{"apps", []string{"deployments", "statefulsets", "daemonsets"}, verbs},
		{"batch", []string{"jobs", "cronjobs"}, verbs},
		{"autoscaling", []string{"horizontalpodautoscalers"}, verbs},
		{"policy", []string{"poddisruptionbudgets"}, verbs},
		{"networking.k8s.io", []string{"ingresses"}, verbs},
	}
}

// surroundings are what explains why a workload does not do what it should. Others write them.
func surroundings() []Rule {
	return []Rule{
		{"", []string{"events", "resourcequotas", "limitranges", "replicationcontrollers"}, readVerbs},
		{"events.k8s.io", []string{"events"}, readVerbs},
		{"apps", []string{"replicasets", "controllerrevisions"}, readVerbs},
		// To find out why a connection fails.
		{"networking.k8s.io", []string{"networkpolicies"}, readVerbs},
		{"discovery.k8s.io", []string{"endpointslices"}, readVerbs},
	}
}

// machinery is what belongs to no namespace and is no secret.
func machinery() []Rule {
	return []Rule{
		{"", []string{"namespaces", "nodes", "persistentvolumes"}, readVerbs},
		{"storage.k8s.io", []string{"storageclasses", "csidrivers", "csinodes", "volumeattachments"}, readVerbs},
		{"scheduling.k8s.io", []string{"priorityclasses"}, readVerbs},
		{"networking.k8s.io", []string{"ingressclasses"}, readVerbs},
		{"apiextensions.k8s.io", []string{"customresourcedefinitions"}, readVerbs},
		{"apiregistration.k8s.io", []string{"apiservices"}, readVerbs},
	}
}

func logs() Rule { return Rule{"", []string{"pods/log"}, getVerb} }

// viewerNamespaceRules: all but secrets, with the logs of the viewer's own tenant.
func viewerNamespaceRules() []Rule {
	return append(append(workloads(readVerbs), surroundings()...), logs())
}

// viewerClusterRules: all but secrets and, because workloads log what they should not, logs. Who may do what is for the
// auditor.
func viewerClusterRules() []Rule {
	return append(append(workloads(readVerbs), surroundings()...), machinery()...)
}
