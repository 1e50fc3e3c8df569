package plan

import (
	"fmt"
	"strings"
)

// awsGrants are the rights of IAM roles, of principals on keys, and of principals in the cluster.
func awsGrants(record Record) []Grant {
	var found []Grant
	usedBy := map[string]string{}
	for _, role := range record.Of("aws:Role") {
		usedBy[role.Text("name")] = strings.Join(trusted(record, role), ", ")
	}
	grant := func(role string, given Grant) {
		given.Identity = "role " + role
		found = append(found, given)
	}
	for _, each := range record.Of("aws:RolePolicyAttachment") {
		_, policy, _ := strings.Cut(each.Text("policyArn"), ":policy/")
		grant(each.Text("role"), Grant{Permission: policy + " (kept by AWS)", On: "as AWS defines it", Resource: each.Name})
	}
	for _, each := range record.Of("aws:RolePolicy") {
		for _, statement := range statements(record, each.Text("policy")) {
			statement.Resource = each.Name
			grant(each.Text("role"), statement)
		}
	}
	for _, each := range record.Of("aws:Key") {
		for _, statement := range statements(record, each.Text("policy")) {
			statement.On, statement.Resource = "key "+each.Name, each.Name
			found = append(found, statement)
		}
	}
	for _, each := range record.Of("aws:AccessPolicyAssociation") {
		_, policy, _ := strings.Cut(each.Text("policyArn"), "cluster-access-policy/")
		on := "the cluster"
		if namespaces := each.Texts("accessScope", "namespaces"); len(namespaces) > 0 {
			on = "namespaces " + strings.Join(namespaces, ", ")
		}
		found = append(found, Grant{
			Identity: shortARN(each.Text("principalArn")), Permission: policy + " (in Kubernetes)", On: on, Resource: each.Name,
		})
	}
	for i, each := range found {
		if role, isRole := strings.CutPrefix(each.Identity, "role "); isRole {
			found[i].UsedBy = usedBy[role]
		}
	}
	return found
}

// trusted are those who can act as a role.
func trusted(record Record, role Resource) []string {
	var who []string
	parsed, err := policyOf(role.Text("assumeRolePolicy"))
	if err != nil {
		return []string{"somebody: its policy cannot be read"}
	}
	for _, statement := range parsed.Statement {
		for _, principal := range principals(statement.Principal) {
			who = append(who, shortARN(principal))
		}
	}
	for _, each := range record.Of("aws:PodIdentityAssociation") {
		if referred(each.Text("roleArn")) == role.Name {
			who = append(who, "pods of "+each.Text("namespace")+"/"+each.Text("serviceAccount"))
		}
	}
	return who
}

// statements are the grants in a policy of AWS.
func statements(record Record, policy string) []Grant {
	parsed, err := policyOf(policy)
	if err != nil {
		return []Grant{{Permission: "a policy that cannot be read"}}
	}
	var found []Grant
	for _, statement := range parsed.Statement {
		if statement.Effect != "Allow" {
			continue
		}
		on := make([]string, 0, 1)
		for _, resource := range texts(statement.Resource) {
			on = append(on, shortARN(resource))
		}
		given := Grant{Permission: actions(texts(statement.Action)), On: strings.Join(on, ", ")}
		who := principals(statement.Principal)
		if len(who) == 0 {
			found = append(found, given)
		}
		for _, principal := range who {
			given.Identity = shortARN(principal)
			if role, known := record.named(principal); known && role.Kind() == "aws:Role" {
				given.Identity = "role " + role.Text("name")
			}
			if strings.HasSuffix(principal, ":root") {
				given.Identity = "account, by its own policies"
			}
			found = append(found, given)
		}
	}
	return found
}

// actions names a few actions, and counts many.
func actions(all []string) string {
	const few = 4
	if len(all) <= few {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(all[:few-1], ", "), len(all)-few+1)
}

// azureRoles are built-in roles of Azure that clusters need, by the identifiers that they have in every subscription.
var azureRoles = map[string]string{
	"12338af0-0e69-4776-bea7-57ae8d297424": "Key Vault Crypto User",
	"e147488a-f6f5-4113-8e2d-b22465e65bf6": "Key Vault Crypto Service Encryption User",
	"f25e0fa2-a7c8-4377-a976-54943a77a395": "Key Vault Contributor",
	"4d97b98b-1d4f-4787-a291-c67834d212e7": "Network Contributor",
	"f1a07417-d97a-45cb-824c-7a7467783830": "Managed Identity Operator",
	"acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
}

// azureGrants are role assignments, and the administrators of the cluster.
func azureGrants(record Record) []Grant {
	var found []Grant
	for _, each := range record.Of("azure-native:RoleAssignment") {
		definition := each.Text("roleDefinitionId")
		id := definition[strings.LastIndex(definition, "/")+1:]
		role := azureRoles[id]
		if role == "" {
			role = "role " + id
		}
		found = append(found, Grant{
			Identity: "identity " + each.Text("principalId"), Permission: role,
			On: shortScope(each.Text("scope")), Resource: each.Name,
		})
	}
	for _, cluster := range record.Of("azure-native:ManagedCluster") {
		for _, group := range cluster.Texts("aadProfile", "adminGroupObjectIDs") {
			found = append(found, Grant{
				Identity: "Entra group " + group, Permission: "cluster-admin (in Kubernetes)", On: "the cluster", Resource: cluster.Name,
			})
		}
	}
	return found
}

// shortScope is the end of a long identifier of Azure.
func shortScope(scope string) string {
	if _, after, found := strings.Cut(scope, "/providers/"); found {
		return after
	}
	return scope
}

// gcpGrants are members of roles.
func gcpGrants(record Record) []Grant {
	var found []Grant
	for kind, on := range map[string]func(Resource) string{
		"gcp:IAMMember":           func(r Resource) string { return "project " + r.Text("project") },
		"gcp:CryptoKeyIAMMember":  func(r Resource) string { return "key " + r.Text("cryptoKeyId") },
		"gcp:RepositoryIamMember": func(r Resource) string { return "repository " + r.Text("repository") },
	} {
		for _, each := range record.Of(kind) {
			found = append(found, Grant{
				Identity: each.Text("member"), Permission: strings.TrimPrefix(each.Text("role"), "roles/"), On: on(each), Resource: each.Name,
			})
		}
	}
	return found
}
