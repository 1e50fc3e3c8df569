package stacks

import (
	"slices"
	"strings"
)

// refused are settings that clouds and other tools have and no stack does, because they would take a control away. Whoever writes
// one reads why, and not only that it is unknown.
type refused struct {
	// section of the stack file, and the names that the setting has in the field.
	section string
	names   []string

	// rule says what holds instead, and what to do.
	rule string
}

var refusals = []refused{
	{
		ProviderEKS, []string{"hopLimit", "httpPutResponseHopLimit", "httpTokens", "metadataOptions", "imdsv1"},
		"nodes hand out their credentials over one hop and for a token, so that no pod gets them, and that cannot be changed " +
			"(RMP-NOD-013): remove it, and give a pod that needs one a role of its own (Pod Identity)",
	},
	{
		ProviderEKS, []string{"authenticationMode", "bootstrapClusterCreatorAdminPermissions"},
		"people come by access entries, and nobody is an administrator in secret (RMP-ACC-010): remove it, and name them in " +
			"administrators",
	},
	{
		ProviderEKS, []string{"remoteAccess", "sshKey", "keyName"},
		"nobody comes to a node by SSH: remove it, and look at nodes by kubectl debug",
	},
	{
		ProviderAKS, []string{"localAccounts", "disableLocalAccounts"},
		"local accounts are off in every cluster: their certificates are administrators that nobody can revoke (RMP-ACC-009): " +
			"remove it, and name groups in Entra ID in adminGroup and administrators",
	},
	{
		ProviderAKS, []string{"runCommand", "disableRunCommand"},
		"run-command is off in every cluster: it leads past the network and past Entra ID's roles in it (RMP-CPL-020): remove it, " +
			"and come in as docs/aks.md says",
	},
	{
		ProviderAKS, []string{"nodePublicIP", "enableNodePublicIP"},
		"nodes have private addresses only: remove it",
	},
	{
		ProviderGKE, []string{"legacyAbac", "enableLegacyAbac", "masterAuth", "issueClientCertificate"},
		"people come by IAM, without certificates and by roles only (RMP-ACC-009): remove it",
	},
}

// refusal says why a setting is in no stack, by the path of what it stands in and its name.
func refusal(path, key string) (rule string, found bool) {
	section, _, _ := strings.Cut(strings.TrimPrefix(path, Project+":"), ".")
	section, _, _ = strings.Cut(section, "[")
	for _, each := range refusals {
		if each.section == section && slices.Contains(each.names, key) {
			return each.rule, true
		}
	}
	return "", false
}
