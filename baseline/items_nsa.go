package baseline

// nsaItems are what the Kubernetes Hardening Guide of NSA and CISA asks for. The guide numbers nothing: the letters stand
// for its chapters (pods, network, authentication and authorization, logs, upgrades).
func nsaItems() []Item {
	return []Item{
		{ID: "P1", Title: "Applications run without root"},
		{ID: "P2", Title: "Containers have an immutable file system",
			Uncovered: "not part of Pod Security, and most published software writes into its own file system"},
		{ID: "P3", Title: "Images are scanned for vulnerabilities",
			Uncovered: "scanning belongs to where images are built; what the cluster does is to run known ones only"},
		{ID: "P4", Title: "Privileged containers are refused"},
		{ID: "P5", Title: "The host's namespaces and folders are refused"},
		{ID: "P6", Title: "Root, and gaining privileges, are refused"},
		{ID: "P7", Title: "Kernel protections (seccomp, AppArmor, SELinux) stay on"},
		{ID: "P8", Title: "Service accounts' tokens are not mounted where nobody needs them"},
		{ID: "P9", Title: "Images come from trusted places, checked at admission"},

		{ID: "N1", Title: "Namespaces separate teams and applications"},
		{ID: "N2", Title: "Network policies, on a pod network that enforces them"},
		{ID: "N3", Title: "Everything is denied in both directions unless something allows it"},
		{ID: "N4", Title: "Quotas and limits of resources and processes"},
		{ID: "N5", Title: "The control plane is behind a firewall"},
		{ID: "N6", Title: "etcd is for the API server alone, with an authority of its own"},
		{ID: "N7", Title: "Kubeconfig files are protected"},
		{ID: "N8", Title: "Nodes are reached by those who need them only"},
		{ID: "N9", Title: "Traffic of the control plane is encrypted and authenticated"},
		{ID: "N10", Title: "Secrets are in Secret objects, encrypted at rest"},
		{ID: "N11", Title: "The cloud's metadata service is out of reach of pods"},

		{ID: "A1", Title: "Anonymous requests are off"},
		{ID: "A2", Title: "People authenticate strongly"},
		{ID: "A3", Title: "Roles for each kind of person and account, with least privilege"},

		{ID: "L1", Title: "Audit logging is on"},
		{ID: "L2", Title: "Logs outlive a failure of what they tell about"},
		{ID: "L3", Title: "Logs at every level: API, nodes, applications",
			Uncovered: "nodes and pods write logs, as on any cluster, and nobody gathers them (L4); the API's are L1"},
		{ID: "L4", Title: "Logs are gathered outside the cluster"},
		{ID: "L5", Title: "Somebody watches the logs and is alerted"},

		{ID: "U1", Title: "Patches are applied soon"},
		{ID: "U2", Title: "Settings are looked through, and the cluster is attacked, regularly"},
		{ID: "U3", Title: "What nobody uses is removed",
			Uncovered: "what a cluster is for is its owner's to know; what we install is listed in the plan of the stack"},
	}
}
