package tenant

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/components/access"
	"github.com/rampart-iac/rampart/components/admission"
	"github.com/rampart-iac/rampart/components/internal/objects"
	"github.com/rampart-iac/rampart/components/isolation"
)

// ComponentToken is the type token of Tenant.
const ComponentToken = "rampart:tenant:Tenant"

// TenantLabel is the label of a tenant's namespace that holds the tenant's name.
const TenantLabel = "rampart.dev/tenant"

// TenantArgs describe a tenant. All fields but the values of secrets are plain: they decide what exists.
type TenantArgs struct {
	// Name of the tenant: a DNS label. Required.
	Name string

	// Namespace that the tenant gets. Default: Name.
	Namespace string

	// Viewers, Developers and Operators of the namespace, beside its own service account, which deploys. Default: none.
	Viewers, Developers, Operators []access.Subject

	// Rules are what developers may do beside that, with custom resources. Default: nothing.
	Rules []access.Rule

	// Quota and Limits bound what the tenant takes: all of it, and a single container. Default: as their fields say.
	Quota  Quota
	Limits Limits

	// Secrets of the namespace: by the name of the Secret, then by the key. Whoever runs pods in the namespace can read
	// them. Default: none.
	Secrets map[string]map[string]pulumi.StringInput

	// PodSecurity is the level that the tenant's pods are held to. Default: PodSecurityRestricted.
	PodSecurity PodSecurity

	// RestrictedWaived says that a person answers for the tenant going without RestrictedControl: in a stack, a waiver.
	// Without it, PodSecurityRestricted is the only level.
	RestrictedWaived bool

	// KubernetesVersion of the cluster: baseline.Facts.KubernetesVersion. The Pod Security rules of that minor release
	// apply, so that a newer API server changes them only when the stack says so. Required.
	KubernetesVersion baseline.KubernetesVersion

	// Allow is what the namespace is open for, beside cluster DNS and itself. Default: nothing.
	Allow []isolation.Rule

	// Surroundings are what the rules are checked against.
	Surroundings isolation.Surroundings
}

func (a TenantArgs) withDefaults() TenantArgs {
	if a.Namespace == "" {
		a.Namespace = a.Name
	}
	if a.PodSecurity == "" {
		a.PodSecurity = PodSecurityRestricted
	}
	return a
}

func (a TenantArgs) access() *access.NamespaceRoleArgs {
	return &access.NamespaceRoleArgs{
		Namespace: a.Namespace, Viewers: a.Viewers, Developers: a.Developers, Operators: a.Operators, Rules: a.Rules,
	}
}

// minorRelease matches the part of a version that Pod Security rules are numbered by.
var minorRelease = regexp.MustCompile(`^v\d+\.\d+`)

// validate leaves the namespace and the subjects to the components that are held to them.
func (a TenantArgs) validate() error {
	var faults []error
	if problems := validation.IsDNS1123Label(a.Name); len(problems) > 0 {
		faults = append(faults, fmt.Errorf("name %q: %s", a.Name, strings.Join(problems, "; ")))
	}
	if minorRelease.FindString(string(a.KubernetesVersion)) == "" {
		faults = append(faults, fmt.Errorf("kubernetesVersion %q: give an exact version, such as %s",
			a.KubernetesVersion, baseline.DefaultKubernetesVersion))
	}
	report := func(field string, value any, rule string) {
		faults = append(faults, fmt.Errorf("%s %q: %s", field, fmt.Sprint(value), rule))
	}
	CheckPodSecurity(a.PodSecurity, a.RestrictedWaived, report)
	CheckCapacity(a.Quota, a.Limits, report)
	CheckSecretNames(secretKeys(a.Secrets), report)
	return errors.Join(faults...)
}

// Tenant is one team's place in a cluster.
type Tenant struct {
	pulumi.ResourceState

	// Namespace of the tenant.
	Namespace pulumi.StringOutput `pulumi:"namespace"`

	// ServiceAccount is the name of the service account in the namespace that deploys.
	ServiceAccount pulumi.StringOutput `pulumi:"serviceAccount"`
}

// NewTenant makes a tenant: its namespace, then isolation, quota and limits, then the access, so that nobody is let into a
// namespace that is still open. The Kubernetes provider comes from opts.
//
// It fails, before anything is created, with every fault of its arguments at once.
func NewTenant(
	ctx *pulumi.Context, name string, args *TenantArgs, opts ...pulumi.ResourceOption,
) (*Tenant, error) {
	if args == nil {
		args = &TenantArgs{}
	}
	settled := args.withDefaults()
	roleArgs := settled.access()
	borderArgs := &isolation.NamespaceIsolationArgs{
		Namespace: settled.Namespace, Allow: settled.Allow, Surroundings: settled.Surroundings,
	}
	if err := errors.Join(settled.validate(), roleArgs.Validate(), borderArgs.ValidateRules()); err != nil {
		return nil, fmt.Errorf("tenant %q: %w", name, err)
	}

	component := &Tenant{}
	inputs := pulumi.Map{"name": pulumi.String(settled.Name), "namespace": pulumi.String(settled.Namespace)}
	if err := ctx.RegisterComponentResourceV2(ComponentToken, name, inputs, component, opts...); err != nil {
		return nil, fmt.Errorf("registering tenant %q: %w", name, err)
	}
	first, err := objects.ChildOptions(component, opts)
	if err != nil {
		return nil, fmt.Errorf("tenant %q: %w", name, err)
	}
	namespace, err := createNamespace(ctx, name, settled, first)
	if err != nil {
		return nil, fmt.Errorf("tenant %q: %w", name, err)
	}
	// All that follows is in the namespace and goes with it: one deletion of a tenant instead of seventeen, and one that succeeds
	// when somebody has deleted the namespace by hand.
	child := pulumi.Composite(objects.LaterChildOptions(component), pulumi.DeletedWith(namespace))
	inNamespace := pulumi.DependsOn([]pulumi.Resource{namespace})
	border, err := isolation.NewNamespaceIsolation(ctx, name+"-isolation", borderArgs, child, inNamespace)
	if err != nil {
		return nil, fmt.Errorf("tenant %q: %w", name, err)
	}
	limits, err := createLimits(ctx, name, settled, child, inNamespace)
	if err != nil {
		return nil, fmt.Errorf("tenant %q: %w", name, err)
	}
	// Last of what bounds the namespace, so that the access has one resource to come after instead of them all.
	quota, err := createQuota(ctx, name, settled, child, pulumi.DependsOn(append(border.Policies, limits)))
	if err != nil {
		return nil, fmt.Errorf("tenant %q: %w", name, err)
	}
	if err := createSecrets(ctx, name, settled, child, inNamespace); err != nil {
		return nil, fmt.Errorf("tenant %q: %w", name, err)
	}
	role, err := access.NewNamespaceRole(ctx, name+"-access", roleArgs,
		child, pulumi.DependsOn([]pulumi.Resource{quota}))
	if err != nil {
		return nil, fmt.Errorf("tenant %q: %w", name, err)
	}

	component.Namespace = role.Namespace
	component.ServiceAccount = role.ServiceAccount
	if err := ctx.RegisterResourceOutputs(component, pulumi.Map{
		"namespace": component.Namespace, "serviceAccount": component.ServiceAccount,
	}); err != nil {
		return nil, fmt.Errorf("registering the outputs of tenant %q: %w", name, err)
	}
	return component, nil
}

func createNamespace(
	ctx *pulumi.Context, name string, args TenantArgs, opts ...pulumi.ResourceOption,
) (*corev1.Namespace, error) {
	labels := objects.Labels(TenantLabel, args.Name, admission.DefaultLimitsLabel, "true")
	podSecurityLabels(labels, args.PodSecurity, minorRelease.FindString(string(args.KubernetesVersion)))
	namespace, err := corev1.NewNamespace(ctx, name+"-namespace", &corev1.NamespaceArgs{
		Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(args.Namespace), Labels: labels},
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("namespace %s: %w", args.Namespace, err)
	}
	return namespace, nil
}
