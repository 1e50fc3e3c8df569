package eks

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// DeployersGroup is the group of Kubernetes that the deployer and the administrators are in. EKS lets nobody into
// system:masters; policies that let only deployers through name this group.
const DeployersGroup = "rampart-deployers"

// makeAccess lets the deployer and the administrators in. What it returns must be there before the first object.
func (m *maker) makeAccess(control *eks.Cluster) ([]pulumi.Resource, error) {
	var made []pulumi.Resource
	administrators := append([]string{m.args.Deployer}, m.args.Administrators...)
	taken := map[string]bool{}
	for i, principal := range administrators {
		part := "access-deployer"
		if i > 0 {
			part = "access-" + lastName(principal)
		}
		if taken[part] {
			// A role of the same name in another account, or one that is called deployer and is none.
			part = "access-" + accountOf(principal) + "-" + lastName(principal)
		}
		taken[part] = true
		entry, err := eks.NewAccessEntry(m.ctx, m.called(part), &eks.AccessEntryArgs{
			ClusterName:      control.Name,
			PrincipalArn:     pulumi.String(principal),
			KubernetesGroups: pulumi.ToStringArray([]string{DeployersGroup}),
			Type:             pulumi.String("STANDARD"),
			Tags:             m.tags(part),
		}, m.child, pulumi.DeletedWith(control))
		if err != nil {
			return nil, fmt.Errorf("access of %s: %w", principal, err)
		}
		rights, err := eks.NewAccessPolicyAssociation(m.ctx, m.called(part+"-rights"), &eks.AccessPolicyAssociationArgs{
			ClusterName:  control.Name,
			PrincipalArn: pulumi.String(principal),
			PolicyArn:    pulumi.String("arn:" + m.partition() + ":eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"),
			AccessScope:  &eks.AccessPolicyAssociationAccessScopeArgs{Type: pulumi.String("cluster")},
		}, m.child, pulumi.DependsOn([]pulumi.Resource{entry}), pulumi.DeletedWith(control))
		if err != nil {
			return nil, fmt.Errorf("rights of %s: %w", principal, err)
		}
		made = append(made, entry, rights)
	}
	return made, nil
}
