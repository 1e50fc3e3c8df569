package baseline

// owaspItems are the OWASP Kubernetes Top Ten of 2025.
func owaspItems() []Item {
	return []Item{
		{ID: "K01", Title: "Workloads with insecure settings"},
		{ID: "K02", Title: "Authorization that permits too much"},
		{ID: "K03", Title: "Secrets that are not managed well"},
		{ID: "K04", Title: "No policy that the cluster enforces"},
		{ID: "K05", Title: "A network without segments"},
		{ID: "K06", Title: "Components that too many can reach"},
		{ID: "K07", Title: "Components that are vulnerable or badly set up"},
		{ID: "K08", Title: "From the cluster into the cloud account"},
		{ID: "K09", Title: "Broken authentication"},
		{ID: "K10", Title: "Logging and monitoring that see too little"},
	}
}
