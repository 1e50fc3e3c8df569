package admission

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// WorkloadPolicyToken is the type token of the workload policy's component, WorkloadPolicyName the policy's name in the
// cluster.
const (
	WorkloadPolicyToken = "rampart:admission:WorkloadPolicy"
	WorkloadPolicyName  = "workloads.rampart.dev"
)

// ProbesLabel is the label with which a namespace asks, with the value "required", that containers have probes.
const ProbesLabel = "rampart.dev/probes"

// DefaultLimitsLabel is the label with which a namespace says, with the value "true", that it has a LimitRange which gives
// bounds to containers that name none.
const DefaultLimitsLabel = "rampart.dev/default-limits"

// DefaultTokenLifetime is the longest life of a service account's token: an hour, and the seconds that Kubernetes adds
// for tokens that it mounts by itself.
const DefaultTokenLifetime = time.Hour + 7*time.Second

// ResourceBounds say which resources every container must bound. Ephemeral containers cannot.
type ResourceBounds string

// The bounds that containers can be held to (NSA/CISA hardening guide, OWASP K01).
const (
	// BoundsAll are requests and limits of processor and memory. The default.
	BoundsAll ResourceBounds = "all"
	// BoundsWithoutCPULimit leave the processor's limit out, for those who prefer an unused core to be used.
	BoundsWithoutCPULimit ResourceBounds = "without-cpu-limit"
	// BoundsNone ask for nothing.
	BoundsNone ResourceBounds = "none"
)

var resourceBounds = map[ResourceBounds]string{
	BoundsAll:             `[["requests", "cpu"], ["requests", "memory"], ["limits", "cpu"], ["limits", "memory"]]`,
	BoundsWithoutCPULimit: `[["requests", "cpu"], ["requests", "memory"], ["limits", "memory"]]`,
	BoundsNone:            `[]`,
}

// WorkloadPolicyArgs say what pods are held to beside Pod Security. All fields are plain. The zero value is the strictest.
type WorkloadPolicyArgs struct {
	// Resources that every container must bound. Default: BoundsAll.
	Resources ResourceBounds

	// UnaskedTokens lets pods mount the token of their account without asking for it, as most software does. Default: false.
	UnaskedTokens bool

	// TokenAudiences are those, beside the API server, that a pod may mount a token for. Default: none.
	TokenAudiences []string

	// TokenLifetime is how long a mounted token may be good for, ten minutes to a day. Default: DefaultTokenLifetime.
	TokenLifetime time.Duration

	// HostPathNamespaces are namespaces whose pods may have volumes of any type, if Pod Security lets them. Default: none.
	HostPathNamespaces []string

	// VolumeProvisioners are users who may make persistent volumes out of a node's folders and disks. Default: none.
	VolumeProvisioners []string

	// ExemptNamespaces are namespaces that the policy does not hold, beside kube-system. Default: none.
	ExemptNamespaces []string
}

// Validate reports every fault at once.
func (a WorkloadPolicyArgs) Validate() error {
	faults := []error{
		checkNamespaces("hostPathNamespaces", a.HostPathNamespaces),
		checkNamespaces("exemptNamespaces", a.ExemptNamespaces),
		checkAudiences("tokenAudiences", a.TokenAudiences),
		checkLifetime("tokenLifetime", a.TokenLifetime),
		checkNames("volumeProvisioners", a.VolumeProvisioners),
	}
	if _, known := resourceBounds[a.withDefaults().Resources]; !known {
		faults = append(faults, fmt.Errorf("resources %q: use %s, %s or %s",
			a.Resources, BoundsAll, BoundsWithoutCPULimit, BoundsNone))
	}
	return errors.Join(faults...)
}

func checkAudiences(field string, values []string) error {
	var faults []error
	for i, value := range values {
		at := fmt.Sprintf("%s[%d]", field, i)
		switch {
		case !printable.MatchString(value):
			faults = append(faults, fmt.Errorf("%s %q: write the audience in printable ASCII, without spaces around it", at, value))
		case value == "*":
			faults = append(faults, fmt.Errorf("%s %q: a wildcard is no audience: name each one", at, value))
		case slices.Contains(values[:i], value):
			faults = append(faults, fmt.Errorf("%s %q is named twice", at, value))
		}
	}
	return errors.Join(faults...)
}

// checkLifetime: Kubernetes grants no token for less than ten minutes.
func checkLifetime(field string, value time.Duration) error {
	if value != 0 && (value < 10*time.Minute || value > 24*time.Hour) {
		return fmt.Errorf("%s %s is out of range: use 10m to 24h", field, value)
	}
	return nil
}

func (a WorkloadPolicyArgs) withDefaults() WorkloadPolicyArgs {
	if a.Resources == "" {
		a.Resources = BoundsAll
	}
	if a.TokenLifetime == 0 {
		a.TokenLifetime = DefaultTokenLifetime
	}
	a.TokenAudiences = sorted(a.TokenAudiences)
	a.HostPathNamespaces = sorted(a.HostPathNamespaces)
	a.VolumeProvisioners = sorted(a.VolumeProvisioners)
	a.ExemptNamespaces = sorted(append([]string{systemNamespace}, a.ExemptNamespaces...))
	return a
}

// NewWorkloadPolicy makes a policy that holds pods, and everything that has a pod template, to what Pod Security leaves
// open: bounded resources, no token that was not asked for, tokens for the API server only and not for long, no volumes
// of the host even in namespaces of a lower level, and probes where the namespace asks for them (ProbesLabel). What runs
// already is left alone. The Kubernetes provider comes from opts.
//
// It fails, before anything is created, with every fault of its arguments at once.
func NewWorkloadPolicy(
	ctx *pulumi.Context, name string, args *WorkloadPolicyArgs, opts ...pulumi.ResourceOption,
) (*Policy, error) {
	return newPolicy(ctx, "workload policy", WorkloadPolicyToken, name, args, opts)
}

func (a WorkloadPolicyArgs) definition() definition {
	a = a.withDefaults()
	seconds := strconv.FormatInt(int64(a.TokenLifetime.Seconds()), 10)
	given := []variable{
		{"bounds", resourceBounds[a.Resources]},
		{"unaskedAllowed", strconv.FormatBool(a.UnaskedTokens)},
		{"audiences", celList(a.TokenAudiences)},
		{"longest", seconds},
		{"hostPathNamespaces", celList(a.HostPathNamespaces)},
		{"volumeProvisioners", celList(a.VolumeProvisioners)},
		{"probesLabel", strconv.Quote(ProbesLabel)},
		{"defaultLimitsLabel", strconv.Quote(DefaultLimitsLabel)},
	}
	return definition{
		name: WorkloadPolicyName,
		inputs: pulumi.Map{
			"resources":            pulumi.String(string(a.Resources)),
			"unaskedTokens":        pulumi.Bool(a.UnaskedTokens),
			"tokenAudiences":       pulumi.ToStringArray(a.TokenAudiences),
			"tokenLifetimeSeconds": pulumi.String(seconds),
			"hostPathNamespaces":   pulumi.ToStringArray(a.HostPathNamespaces),
			"volumeProvisioners":   pulumi.ToStringArray(a.VolumeProvisioners),
			"exemptNamespaces":     pulumi.ToStringArray(a.ExemptNamespaces),
		},
		held:   append(podBearing(), requests{"", []string{"persistentvolumes"}, writes}),
		exempt: a.ExemptNamespaces,
		variables: slices.Concat(given, podSteps(), steps("pods/containers", "pods/new-containers", "pods/new-volumes",
			"workloads/unlimited", "workloads/unasked-tokens", "workloads/foreign-tokens", "workloads/long-tokens",
			"workloads/host-volumes", "workloads/host-disks", "workloads/unprobed")),
		rules: []rule{
			{"unlimited", "container without bounds on its resources", "rule: " + boundsInWords[a.Resources] +
				"; set them under resources of the container"},
			{"unaskedTokens", "pod that mounts a token which it did not ask for, of the service account",
				"set automountServiceAccountToken in the pod's specification: true if it speaks to the API server, else false"},
			{"foreignTokens", "volume with a token for somebody else than the API server",
				"leave the audience out, or ask the cluster's owner to allow it"},
			{"longTokens", "volume with a token that is good for too long", "rule: expirationSeconds of at most " + seconds +
				"; a kubelet renews tokens by itself"},
			{"hostVolumes", "volume of a type that is not allowed", "rule: configMap, csi, downwardAPI, emptyDir, ephemeral, " +
				"image, persistentVolumeClaim, projected or secret; claim a persistent volume, or ask the cluster's owner"},
			{"hostDisks", "persistent volume that is a folder or a disk of a node",
				"let a storage class provide it, or ask the cluster's owner"},
			{"unprobed", "container without a liveness and a readiness probe",
				"rule: the namespace's label " + ProbesLabel + "; give the container both"},
		},
	}
}

var boundsInWords = map[ResourceBounds]string{
	BoundsAll:             "requests and limits of cpu and memory, each more than zero",
	BoundsWithoutCPULimit: "requests of cpu and memory and a limit of memory, each more than zero",
	BoundsNone:            "none",
}
