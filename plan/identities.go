package plan

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// Grant is one permission that one identity gets.
type Grant struct {
	// Identity as its system calls it, with what tells which system that is: "role eks-prod-node".
	Identity string `json:"identity"`

	// UsedBy is who can act as the identity, if others can.
	UsedBy string `json:"usedBy,omitempty"`

	Permission string `json:"permission"`
	On         string `json:"on"`

	// Resource is the name of the resource in the plan that gives it.
	Resource string `json:"resource"`
}

// identities lists who gets which permissions on what, in the cloud and in the cluster.
func identities(record Record) []Grant {
	found := slices.Concat(awsGrants(record), azureGrants(record), gcpGrants(record), kubernetesGrants(record))
	for i := range found {
		found[i].Identity, found[i].UsedBy = shown(found[i].Identity), shown(found[i].UsedBy)
		found[i].On = shown(found[i].On)
	}
	slices.SortStableFunc(found, func(a, b Grant) int {
		return cmp.Or(cmp.Compare(floor(a), floor(b)), cmp.Compare(a.Identity, b.Identity), cmp.Compare(a.Permission, b.Permission),
			cmp.Compare(a.On, b.On))
	})
	return found
}

// floor puts what is in the cluster after what is in the cloud.
func floor(of Grant) int {
	if strings.HasPrefix(of.Identity, "Kubernetes ") {
		return 1
	}
	return 0
}

var references = regexp.MustCompile(`\$\{([^}.]+)(\.[^}]*)?\}`)

// shown writes references as the names of what they refer to.
func shown(text string) string { return references.ReplaceAllString(text, "$1") }

// subjectKinds are Kubernetes' words for who gets a role.
var subjectKinds = map[string]string{"User": "user", "Group": "group", "ServiceAccount": "service account"}

// kubernetesGrants are roles in the cluster and who has them.
func kubernetesGrants(record Record) []Grant {
	var found []Grant
	for _, binding := range append(record.Of("kubernetes:ClusterRoleBinding"), record.Of("kubernetes:RoleBinding")...) {
		on := "the cluster"
		if namespace := binding.Text("metadata", "namespace"); namespace != "" {
			on = "namespace " + namespace
		}
		for _, subject := range binding.List("subjects") {
			name := text(subject, "name")
			if namespace := text(subject, "namespace"); namespace != "" {
				name = namespace + "/" + name
			}
			found = append(found, Grant{
				Identity:   "Kubernetes " + subjectKinds[text(subject, "kind")] + " " + name,
				Permission: binding.Text("roleRef", "kind") + " " + binding.Text("roleRef", "name"),
				On:         on, Resource: binding.Name,
			})
		}
	}
	return found
}

func sortedKeys(object map[string]any) []string {
	keys := make([]string, 0, len(object))
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
