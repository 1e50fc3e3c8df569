package admission

// systemNamespace is always exempt from what pods are held to: what runs there is the cluster itself.
const systemNamespace = "kube-system"

var (
	writes     = []string{"CREATE", "UPDATE"}
	everything = []string{"CREATE", "UPDATE", "DELETE"}
)

// podBearing are all requests that bring in a pod specification: everything built in that is or has one, and the ways to
// change that of a pod that runs. A scale subresource brings in none.
func podBearing() []requests {
	return []requests{
		{"", []string{"pods", "pods/ephemeralcontainers", "pods/resize", "replicationcontrollers", "podtemplates"}, writes},
		{"apps", []string{"deployments", "replicasets", "statefulsets", "daemonsets"}, writes},
		{"batch", []string{"jobs", "cronjobs"}, writes},
	}
}

// podSteps find the pod specification in any of podBearing, as it is to be and as it was.
func podSteps() []variable { return steps("pods/pod-spec", "pods/old-pod-spec") }
