package eks

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Parts that have a role of their own.
const (
	roleCluster = "cluster"   // the control plane
	roleNode    = "node"      // nodes: they join, and pull images
	roleNetwork = "network"   // the VPC CNI: it gives pods addresses
	roleVolumes = "volumes"   // the EBS CSI driver
	roleFlow    = "flow-logs" // the VPC: it writes flow logs
)

// role is a role with what gives it its rights.
type role struct {
	*iam.Role
	// Rights must be there before the role is used, and go after it.
	Rights []pulumi.Resource
}

// roleRecipe says who may take a role, and what for.
type roleRecipe struct {
	trust    statement
	policies []string // those that AWS keeps
}

// roleRecipes are all roles but their rights on resources that are made later.
func (m *maker) roleRecipes() map[string]roleRecipe {
	recipes := map[string]roleRecipe{
		roleCluster: {
			trust: statement{
				Principal: map[string]any{"Service": "eks.amazonaws.com"},
				Action:    []string{"sts:AssumeRole"},
				Condition: map[string]map[string]any{"StringEquals": {"aws:SourceAccount": m.args.Account}},
			},
			policies: []string{"AmazonEKSClusterPolicy"},
		},
		roleNode: {
			trust:    statement{Principal: map[string]any{"Service": "ec2.amazonaws.com"}, Action: []string{"sts:AssumeRole"}},
			policies: []string{"AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"},
		},
		roleNetwork: {trust: m.podTrust(), policies: []string{"AmazonEKS_CNI_Policy"}},
		roleVolumes: {trust: m.podTrust(), policies: []string{"service-role/AmazonEBSCSIDriverPolicy"}},
	}
	if !m.args.Network.Given() {
		recipes[roleFlow] = roleRecipe{trust: statement{
			Principal: map[string]any{"Service": "vpc-flow-logs.amazonaws.com"},
			Action:    []string{"sts:AssumeRole"},
			Condition: map[string]map[string]any{
				"StringEquals": {"aws:SourceAccount": m.args.Account},
				"ArnLike":      {"aws:SourceArn": m.arn("ec2", "vpc-flow-log/*")},
			},
		}}
	}
	return recipes
}

// podTrust lets pods of this cluster take a role that a Pod Identity association gives them.
func (m *maker) podTrust() statement {
	return statement{
		Principal: map[string]any{"Service": "pods.eks.amazonaws.com"},
		Action:    []string{"sts:AssumeRole", "sts:TagSession"},
		Condition: map[string]map[string]any{
			"StringEquals": {"aws:SourceAccount": m.args.Account},
			"ArnEquals":    {"aws:SourceArn": m.clusterARN()},
		},
	}
}

func (m *maker) clusterARN() string { return m.arn("eks", "cluster/"+m.args.Name) }

func (m *maker) makeRoles() (map[string]*role, error) {
	roles := map[string]*role{}
	recipes := m.roleRecipes()
	for _, part := range slices.Sorted(maps.Keys(recipes)) {
		recipe := recipes[part]
		trust, err := policy(recipe.trust)
		if err != nil {
			return nil, err
		}
		args := &iam.RoleArgs{
			Name:             pulumi.String(m.args.Name + "-" + part),
			Description:      pulumi.String("Cluster " + m.args.Name + ": " + part),
			AssumeRolePolicy: pulumi.String(trust),
			Tags:             m.tags(part),
		}
		if m.args.PermissionsBoundary != "" {
			args.PermissionsBoundary = pulumi.String(m.args.PermissionsBoundary)
		}
		made, err := iam.NewRole(m.ctx, m.called(part+"-role"), args, m.child)
		if err != nil {
			return nil, fmt.Errorf("role %s: %w", part, err)
		}
		roles[part] = &role{Role: made}
		for _, name := range recipe.policies {
			attachment, err := iam.NewRolePolicyAttachment(m.ctx, m.called(part+"-role-"+lastName(name)), &iam.RolePolicyAttachmentArgs{
				Role: made.Name, PolicyArn: pulumi.String(m.managedPolicy(name)),
			}, m.child)
			if err != nil {
				return nil, fmt.Errorf("rights of role %s: %w", part, err)
			}
			roles[part].Rights = append(roles[part].Rights, attachment)
		}
	}
	return roles, nil
}

// allow gives a role rights on what is made for this cluster.
func (m *maker) allow(to *role, part, name string, text pulumi.StringInput) error {
	made, err := iam.NewRolePolicy(m.ctx, m.called(part+"-role-"+name), &iam.RolePolicyArgs{
		Name: pulumi.String(name), Role: to.Name, Policy: text,
	}, m.child)
	if err != nil {
		return fmt.Errorf("rights of role %s: %w", part, err)
	}
	to.Rights = append(to.Rights, made)
	return nil
}
