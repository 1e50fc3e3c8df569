package admission

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// ImagePolicyToken is the type token of the image policy's component, ImagePolicyName the policy's name in the cluster.
const (
	ImagePolicyToken = "rampart:admission:ImagePolicy"
	ImagePolicyName  = "images.rampart.dev"
)

// ImagePolicyArgs say which images a cluster runs. All fields are plain: a preview shows what will be refused.
type ImagePolicyArgs struct {
	// AllowedRegistries are registries, or folders of registries, that images may come from: registry.k8s.io,
	// localhost:5000, docker.io, ghcr.io/acme. No scheme, no wildcard, no tag. Required.
	AllowedRegistries []string

	// DigestRequired refuses images that name no digest, whatever their tag. Default: a tag other than latest will do.
	DigestRequired bool

	// ExemptNamespaces are namespaces that the policy does not hold, beside kube-system. Default: none.
	ExemptNamespaces []string
}

// A registry's name, and the folders behind it.
var (
	hostPattern   = regexp.MustCompile(`^[a-z0-9]+([.-]+[a-z0-9]+)*(:[0-9]{1,5})?$`)
	folderPattern = regexp.MustCompile(`^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$`)
)

// isRegistry says whether value starts with a registry as a container runtime tells one from a path, and goes on with
// folders if at all. See cel/images/qualified.cel.
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
	return errors.Join(append(faults, checkNamespaces("exemptNamespaces", a.ExemptNamespaces))...)
}

// withDefaults returns a copy with its lists sorted, so that their order in a configuration file is no difference.
func (a ImagePolicyArgs) withDefaults() ImagePolicyArgs {
	a.AllowedRegistries = sorted(a.AllowedRegistries)
	a.ExemptNamespaces = sorted(append([]string{systemNamespace}, a.ExemptNamespaces...))
	return a
}

// NewImagePolicy makes a policy that holds images: a well-formed reference, from an allowed registry, that cannot change
// without notice. It holds what is created or changed from then on; what runs already is left alone. The Kubernetes
// provider comes from opts.
//
// It fails, before anything is created, with every fault of its arguments at once.
func NewImagePolicy(
	ctx *pulumi.Context, name string, args *ImagePolicyArgs, opts ...pulumi.ResourceOption,
) (*Policy, error) {
	return newPolicy(ctx, "image policy", ImagePolicyToken, name, args, opts)
}

func (a ImagePolicyArgs) definition() definition {
	a = a.withDefaults()
	given := []variable{
		{"registries", celList(a.AllowedRegistries)},
		{"digestRequired", strconv.FormatBool(a.DigestRequired)},
	}
	return definition{
		name: ImagePolicyName,
		inputs: pulumi.Map{
			"allowedRegistries": pulumi.ToStringArray(a.AllowedRegistries),
			"digestRequired":    pulumi.Bool(a.DigestRequired),
			"exemptNamespaces":  pulumi.ToStringArray(a.ExemptNamespaces),
		},
		held:   podBearing(),
		exempt: a.ExemptNamespaces,
		variables: slices.Concat(given, podSteps(), steps("images/images", "images/old-images", "images/new-images",
			"images/malformed", "images/qualified", "images/foreign", "images/moving", "images/undigested")),
		rules: []rule{
			{"malformed", "not an image reference", "rule: [registry[:port]/]path[:tag][@sha256:digest], lower case but for " +
				"the tag; write the image's full name"},
			{"foreign", "image from a registry that is not allowed", "allowed: " + strings.Join(a.AllowedRegistries, ", ") +
				"; copy it to an allowed registry, or ask the cluster's owner to allow this one"},
			{"moving", "image that may change without notice",
				"rule: a digest, or a tag other than latest; name the release that you tested"},
			{"undigested", "image without a digest", "rule: every image is named by its digest; " +
				"write the digest of the release that you tested behind it: @sha256:<64 hex digits>"},
		},
	}
}
