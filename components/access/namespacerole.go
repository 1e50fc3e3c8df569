package access

import (
	"fmt"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	rbacv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/rbac/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/components/internal/objects"
)

// ComponentToken is the type token of NamespaceRole.
const ComponentToken = "rampart:access:NamespaceRole"

// NamespaceRole is what each persona may do in one namespace.
type NamespaceRole struct {
	pulumi.ResourceState

	// Namespace that the roles are for.
	Namespace pulumi.StringOutput `pulumi:"namespace"`

	// ServiceAccount is the name of the service account that holds the developers' role.
	ServiceAccount pulumi.StringOutput `pulumi:"serviceAccount"`
}

// NewNamespaceRole makes a role for each of NamespacePersonas in the namespace, named like it, binds it, and takes the
// default service account's token away. The Kubernetes provider comes from opts.
//
// The roles are the namespace's own, not cluster roles bound in it: no slip of the pen can bind them for the whole
// cluster.
//
// It fails, before anything is created, with every fault of its arguments at once.
func NewNamespaceRole(
	ctx *pulumi.Context, name string, args *NamespaceRoleArgs, opts ...pulumi.ResourceOption,
) (*NamespaceRole, error) {
	if args == nil {
		args = &NamespaceRoleArgs{}
	}
	settled := args.withDefaults()
	if err := settled.validate(); err != nil {
		return nil, fmt.Errorf("namespace role %q: %w", name, err)
	}

	component := &NamespaceRole{}
	inputs := pulumi.Map{
		"namespace":      pulumi.String(settled.Namespace),
		"serviceAccount": pulumi.String(settled.ServiceAccount),
	}
	if err := ctx.RegisterComponentResourceV2(ComponentToken, name, inputs, component, opts...); err != nil {
		return nil, fmt.Errorf("registering namespace role %q: %w", name, err)
	}
	child, err := objects.ChildOptions(component, opts)
	if err != nil {
		return nil, fmt.Errorf("namespace role %q: %w", name, err)
	}
	if err := createAccounts(ctx, name, settled, child); err != nil {
		return nil, fmt.Errorf("namespace role %q: %w", name, err)
	}
	for _, persona := range NamespacePersonas() {
		if err := createRole(ctx, name, persona, settled, child, objects.LaterChildOptions(component)); err != nil {
			return nil, fmt.Errorf("namespace role %q: %s: %w", name, persona, err)
		}
	}

	component.Namespace = pulumi.String(settled.Namespace).ToStringOutput()
	component.ServiceAccount = pulumi.String(settled.ServiceAccount).ToStringOutput()
	if err := ctx.RegisterResourceOutputs(component, pulumi.Map{
		"namespace": component.Namespace, "serviceAccount": component.ServiceAccount,
	}); err != nil {
		return nil, fmt.Errorf("registering the outputs of namespace role %q: %w", name, err)
	}
	return component, nil
}

func createAccounts(
	ctx *pulumi.Context, name string, args NamespaceRoleArgs, opts ...pulumi.ResourceOption,
) error {
	// A patch, not an object of ours: Kubernetes makes this account in every namespace, and again if it is deleted. The
	// patch is applied by the server, which makes the account if Kubernetes has not yet, so that nobody races.
	if _, err := corev1.NewServiceAccountPatch(ctx, name+"-default-account", &corev1.ServiceAccountPatchArgs{
		Metadata: &metav1.ObjectMetaPatchArgs{
			Name:      pulumi.String(defaultAccount),
			Namespace: pulumi.String(args.Namespace),
		},
		AutomountServiceAccountToken: pulumi.Bool(false),
	}, opts...); err != nil {
		return fmt.Errorf("default service account: %w", err)
	}
	if _, err := corev1.NewServiceAccount(ctx, name+"-account", &corev1.ServiceAccountArgs{
		Metadata: objectMeta(args.ServiceAccount, args.Namespace),
		// Who runs as this account asks for its token in the pod, where a review sees it.
		AutomountServiceAccountToken: pulumi.Bool(false),
	}, opts...); err != nil {
		return fmt.Errorf("service account %s: %w", args.ServiceAccount, err)
	}
	return nil
}

func createRole(
	ctx *pulumi.Context, name string, persona Persona, args NamespaceRoleArgs, child, later pulumi.ResourceOption,
) error {
	renamed := func(string) pulumi.ResourceOption { return pulumi.Aliases(nil) }
	if persona == Developer {
		// There was one role once, and it was the developers'.
		before := name
		renamed = func(kind string) pulumi.ResourceOption {
			return pulumi.Aliases([]pulumi.Alias{{Name: pulumi.String(before + "-" + kind)}})
		}
	}
	name += "-" + string(persona)
	role, err := rbacv1.NewRole(ctx, name+"-role", &rbacv1.RoleArgs{
		Metadata: objectMeta(string(persona), args.Namespace),
		Rules:    typedRules(args.rulesOf(persona)),
	}, child, renamed("role"))
	if err != nil {
		return fmt.Errorf("role: %w", err)
	}
	if _, err := rbacv1.NewRoleBinding(ctx, name+"-binding", &rbacv1.RoleBindingArgs{
		Metadata: objectMeta(string(persona), args.Namespace),
		RoleRef: &rbacv1.RoleRefArgs{
			ApiGroup: pulumi.String(rbacGroup),
			Kind:     pulumi.String("Role"),
			Name:     pulumi.String(string(persona)),
		},
		Subjects: typedSubjects(persona.NamespaceGroup(args.Namespace), args.subjectsOf(persona)),
	}, later, renamed("binding"), pulumi.DependsOn([]pulumi.Resource{role})); err != nil {
		return fmt.Errorf("role binding: %w", err)
	}
	return nil
}

func objectMeta(name, namespace string) *metav1.ObjectMetaArgs {
	return &metav1.ObjectMetaArgs{
		Name:      pulumi.String(name),
		Namespace: pulumi.String(namespace),
		Labels:    objects.Labels(),
	}
}
