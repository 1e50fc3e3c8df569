package baseline

// pssItems are the checks of the Pod Security Standards, by the names that Kubernetes' own library gives them. Those of
// the level "baseline" come first.
func pssItems() []Item {
	return []Item{
		{ID: "appArmorProfile", Title: "baseline: AppArmor is not switched off"},
		{ID: "capabilities_baseline", Title: "baseline: no capabilities beyond the runtime's usual ones"},
		{ID: "hostNamespaces", Title: "baseline: none of the host's namespaces"},
		{ID: "hostPathVolumes", Title: "baseline: no folders of the host"},
		{ID: "hostPorts", Title: "baseline: no ports of the host"},
		{ID: "hostProbesAndHostLifecycle", Title: "baseline: no probes and hooks that name another host"},
		{ID: "privileged", Title: "baseline: no privileged containers"},
		{ID: "procMount", Title: "baseline: /proc stays masked"},
		{ID: "seLinuxOptions", Title: "baseline: SELinux types of containers only, no user and role"},
		{ID: "seccompProfile_baseline", Title: "baseline: seccomp is not switched off"},
		{ID: "sysctls", Title: "baseline: safe kernel settings only"},
		{ID: "windowsHostProcess", Title: "baseline: no HostProcess containers on Windows"},

		{ID: "allowPrivilegeEscalation", Title: "restricted: no way to gain privileges"},
		{ID: "capabilities_restricted", Title: "restricted: all capabilities dropped, NET_BIND_SERVICE at most"},
		{ID: "procMount_restricted", Title: "restricted: /proc stays masked, in a user namespace too"},
		{ID: "restrictedVolumes", Title: "restricted: volumes of harmless kinds only"},
		{ID: "runAsNonRoot", Title: "restricted: does not run as root"},
		{ID: "runAsUser", Title: "restricted: does not name the user 0"},
		{ID: "seccompProfile_restricted", Title: "restricted: a seccomp profile is on"},
	}
}
