package access

import (
	"fmt"
	"time"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	rbacv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/rbac/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/components/internal/objects"
)

// ClusterAccessToken is the type token of ClusterAccess.
const ClusterAccessToken = "rampart:access:ClusterAccess"

// Annotations of the break-glass role and its binding.
const (
	ReasonAnnotation  = "rampart.dev/reason"
	OwnerAnnotation   = "rampart.dev/owner"
	ExpiresAnnotation = "rampart.dev/expires"
)

// ClusterAccess is what each persona may do in the whole cluster.
type ClusterAccess struct {
	pulumi.ResourceState

	// Personas that have a role, sorted as in ClusterPersonas.
	Personas pulumi.StringArrayOutput `pulumi:"personas"`
}

// NewClusterAccess makes a cluster role rampart:<persona> for each of ClusterPersonas, and binds it; the one for
// break-glass only while there is a grant. The Kubernetes provider comes from opts.
//
// It fails, before anything is created, with every fault of its arguments at once; a grant that is over is one.
func NewClusterAccess(
	ctx *pulumi.Context, name string, args *ClusterAccessArgs, opts ...pulumi.ResourceOption,
) (*ClusterAccess, error) {
	if args == nil {
		args = &ClusterAccessArgs{}
	}
	if err := args.validate(time.Now()); err != nil {
		return nil, fmt.Errorf("cluster access %q: %w", name, err)
	}

	component := &ClusterAccess{}
	if err := ctx.RegisterComponentResourceV2(ClusterAccessToken, name, pulumi.Map{}, component, opts...); err != nil {
		return nil, fmt.Errorf("registering cluster access %q: %w", name, err)
	}
	child, err := objects.ChildOptions(component, opts)
	if err != nil {
		return nil, fmt.Errorf("cluster access %q: %w", name, err)
	}
	personas := pulumi.StringArray{}
	for _, persona := range args.personas() {
		if err := createClusterRole(ctx, name, persona, *args, child, objects.LaterChildOptions(component)); err != nil {
			return nil, fmt.Errorf("cluster access %q: %s: %w", name, persona, err)
		}
		personas = append(personas, pulumi.String(string(persona)))
	}

	component.Personas = personas.ToStringArrayOutput()
	if err := ctx.RegisterResourceOutputs(component, pulumi.Map{"personas": component.Personas}); err != nil {
		return nil, fmt.Errorf("registering the outputs of cluster access %q: %w", name, err)
	}
	return component, nil
}

func createClusterRole(
	ctx *pulumi.Context, name string, persona Persona, args ClusterAccessArgs, child, later pulumi.ResourceOption,
) error {
	name += "-" + string(persona)
	meta := &metav1.ObjectMetaArgs{Name: pulumi.String(persona.roleName()), Labels: objects.Labels()}
	if persona == BreakGlass {
		meta.Annotations = pulumi.StringMap{
			ReasonAnnotation:  pulumi.String(args.BreakGlass.Reason),
			OwnerAnnotation:   pulumi.String(args.BreakGlass.Owner),
			ExpiresAnnotation: pulumi.String(args.BreakGlass.Expires.UTC().Format(time.RFC3339)),
		}
	}
	role, err := rbacv1.NewClusterRole(ctx, name+"-role", &rbacv1.ClusterRoleArgs{
		Metadata: meta,
		Rules:    typedRules(persona.clusterRules()),
	}, child)
	if err != nil {
		return fmt.Errorf("cluster role: %w", err)
	}
	if _, err := rbacv1.NewClusterRoleBinding(ctx, name+"-binding", &rbacv1.ClusterRoleBindingArgs{
		Metadata: meta,
		RoleRef: &rbacv1.RoleRefArgs{
			ApiGroup: pulumi.String(rbacGroup),
			Kind:     pulumi.String("ClusterRole"),
			Name:     pulumi.String(persona.roleName()),
		},
		Subjects: typedSubjects(persona.Group(), args.subjectsOf(persona)),
	}, later, pulumi.DependsOn([]pulumi.Resource{role})); err != nil {
		return fmt.Errorf("cluster role binding: %w", err)
	}
	return nil
}
