package admission

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// systemNamespace is always exempt: what runs there is the cluster itself, whose images came with the nodes.
const systemNamespace = "kube-system"

// ImagePolicyArgs say which images a cluster runs. All fields are plain: a preview shows what will be refused.
type ImagePolicyArgs struct {
	// AllowedRegistries are registries, or folders of registries, that images may come from: registry.k8s.io,
	// localhost:5000, docker.io, ghcr.io/acme. No scheme, no wildcard, no tag. Required.
	AllowedRegistries []string

	// ExemptNamespaces are namespaces that the policy does not hold, beside kube-system. Default: none.
	ExemptNamespaces []string
}

// A registry's name, and the folders behind it.
var (
	hostPattern   = regexp.MustCompile(`^[a-z0-9]+([.-]+[a-z0-9]+)*(:[0-9]{1,5})?$`)
	folderPattern = regexp.MustCompile(`^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$`)
)

// isRegistry says whether value starts with a registry as a container runtime tells one from a path, and goes on with
// folders if at all. See cel/qualified.cel.
func isRegistry(value string) bool {
	host, folders, hasFolders := strings.Cut(value, "/")
	if !strings.ContainsAny(host, ".:") && host != "localhost" {
		return false
	}
	return hostPattern.MatchString(host) && (!hasFolders || folderPattern.MatchString(folders))
}

// Validate reports every fault at once.
func (a ImagePolicyArgs) Validate() error {
	var faults []error
	if len(a.AllowedRegistries) == 0 {
		faults = append(faults, errors.New("allowedRegistries is empty: name at least one registry, such as registry.k8s.io"))
	}
	for i, registry := range a.AllowedRegistries {
		field := fmt.Sprintf("allowedRegistries[%d]", i)
		switch {
		case registry == "":
			faults = append(faults, fmt.Errorf("%s is empty: name a registry, such as registry.k8s.io", field))
		case strings.ContainsAny(registry, "*?"):
			faults = append(faults, fmt.Errorf("%s %q: a wildcard allows registries that nobody reviewed: name each one",
				field, registry))
		case !isRegistry(registry):
			faults = append(faults, fmt.Errorf("%s %q: give a registry in lower case with a dot, a port or the name localhost, "+
				"and at most folders behind it: no scheme, no tag, no slash at the end", field, registry))
		case slices.Contains(a.AllowedRegistries[:i], registry):
			faults = append(faults, fmt.Errorf("%s %q is named twice", field, registry))
		}
	}
	for i, namespace := range a.ExemptNamespaces {
		if problems := validation.IsDNS1123Label(namespace); len(problems) > 0 {
			faults = append(faults, fmt.Errorf("exemptNamespaces[%d] %q: %s", i, namespace, strings.Join(problems, "; ")))
		}
	}
	return errors.Join(faults...)
}

// withDefaults returns a copy with its lists sorted, so that their order in a configuration file is no difference.
func (a ImagePolicyArgs) withDefaults() ImagePolicyArgs {
	a.AllowedRegistries = sorted(a.AllowedRegistries)
	a.ExemptNamespaces = sorted(append([]string{systemNamespace}, a.ExemptNamespaces...))
	return a
}

func sorted(values []string) []string {
	values = slices.Clone(values)
	slices.Sort(values)
	return slices.Compact(values)
}
