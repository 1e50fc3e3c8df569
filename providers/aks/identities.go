package aks

import (
	"fmt"

	authorization "github.com/pulumi/pulumi-azure-native-sdk/authorization/v2/v20220401"
	managedidentity "github.com/pulumi/pulumi-azure-native-sdk/managedidentity/v2/v20230131"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Parts that have an identity of their own.
const (
	identityCluster = "cluster" // the control plane
	identityKubelet = "kubelet" // nodes: they pull images
	identityDisks   = "disks"   // the disk encryption set
)

// Built-in roles of Azure, by the identifiers that they have in every subscription.
const (
	roleKeyUser          = "12338af0-0e69-4776-bea7-57ae8d297424" // Key Vault Crypto User
	roleKeyEncryption    = "e147488a-f6f5-4113-8e2d-b22465e65bf6" // Key Vault Crypto Service Encryption User
	roleVaultContributor = "f25e0fa2-a7c8-4377-a976-54943a77a395" // Key Vault Contributor
	roleNetwork          = "4d97b98b-1d4f-4787-a291-c67834d212e7" // Network Contributor
	roleIdentityOperator = "f1a07417-d97a-45cb-824c-7a7467783830" // Managed Identity Operator
	roleReader           = "acdd72a7-3385-48ef-bd42-f606fba81ae7" // Reader
)

// identity is a managed identity with what gives it its rights.
type identity struct {
	*managedidentity.UserAssignedIdentity
	// Rights must be there before the identity is used, and go after it.
	Rights []pulumi.Resource
}

// makeIdentities makes identities that are there before what uses them: one that comes with the cluster could get its role on
// the key only when it is too late.
func (m *maker) makeIdentities() (map[string]*identity, error) {
	identities := map[string]*identity{}
	for _, part := range []string{identityCluster, identityKubelet, identityDisks} {
		made, err := managedidentity.NewUserAssignedIdentity(m.ctx, m.called(part+"-identity"),
			&managedidentity.UserAssignedIdentityArgs{
				ResourceName:      m.named(part),
				ResourceGroupName: m.group,
				Location:          m.location(),
				Tags:              m.tags(part),
			}, m.child)
		if err != nil {
			return nil, fmt.Errorf("identity %s: %w", part, err)
		}
		identities[part] = &identity{UserAssignedIdentity: made}
	}
	// The control plane gives nodes their identity.
	return identities, m.allow(identities[identityCluster], identityCluster, "kubelet", roleIdentityOperator,
		identities[identityKubelet].ID())
}

// allow gives an identity a role on one resource.
func (m *maker) allow(to *identity, part, on, role string, scope pulumi.StringInput) error {
	made, err := authorization.NewRoleAssignment(m.ctx, m.called(part+"-role-"+on), &authorization.RoleAssignmentArgs{
		PrincipalId: to.PrincipalId,
		// Said, so that Azure does not look for a principal that its directory has not heard of yet.
		PrincipalType: pulumi.String("ServicePrincipal"),
		RoleDefinitionId: pulumi.String("/subscriptions/" + m.args.Subscription +
			"/providers/Microsoft.Authorization/roleDefinitions/" + role),
		Scope: scope,
	}, m.child)
	if err != nil {
		return fmt.Errorf("role of %s on %s: %w", part, on, err)
	}
	to.Rights = append(to.Rights, made)
	return nil
}
