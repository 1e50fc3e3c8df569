// Package azure makes the place of a stack's state on Azure: a container for blobs and a key in a vault.
package azure

import (
	"fmt"
	"strings"

	authorization "github.com/pulumi/pulumi-azure-native-sdk/authorization/v2/v20220401"
	keyvault "github.com/pulumi/pulumi-azure-native-sdk/keyvault/v2/v20230701"
	resources "github.com/pulumi/pulumi-azure-native-sdk/resources/v2/v20240701"
	storage "github.com/pulumi/pulumi-azure-native-sdk/storage/v2/v20240101"
	azurenative "github.com/pulumi/pulumi-azure-native-sdk/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/state"
)

// Built-in roles of Azure, by the identifiers that they have in every subscription.
const (
	roleBlobs   = "ba92f5b4-2d11-453d-a403-e96b0029c9fe" // Storage Blob Data Contributor
	roleKeyUser = "12338af0-0e69-4776-bea7-57ae8d297424" // Key Vault Crypto User
)

// Names within what has a name of its own.
const (
	containerName = "state"
	keyName       = "state"
)

// purgeDays is how long a vault and its keys can still be had back: as long as Azure waits.
const purgeDays = 90

// maker makes one place.
type maker struct {
	ctx   *pulumi.Context
	name  string
	args  state.Args
	child pulumi.ResourceOption
	group pulumi.StringOutput
}

// New makes the container, with versions, without public access and keys to share, and the key. The deployer's group gets the
// blobs and the use of the key, and nothing else. Both stay reachable from every network, because Pulumi runs somewhere: who gets
// in says Entra ID.
func New(ctx *pulumi.Context, name string, args state.Args) (*state.Place, error) {
	component := &state.Component{}
	if err := ctx.RegisterComponentResource(state.Token("Azure"), name, component); err != nil {
		return nil, fmt.Errorf("registering the state of %s: %w", args.Cluster, err)
	}
	var child pulumi.ResourceOption = pulumi.Parent(component)
	provider, err := azurenative.NewProvider(ctx, name+"-azure", &azurenative.ProviderArgs{
		SubscriptionId: pulumi.String(args.Account), TenantId: pulumi.String(args.Tenant), Location: pulumi.String(args.Region),
		DisablePulumiPartnerId: pulumi.Bool(true),
	}, child)
	if err != nil {
		return nil, fmt.Errorf("provider for azure-native: %w", err)
	}
	m := &maker{ctx: ctx, name: name, args: args, child: pulumi.Composite(child, pulumi.Provider(provider))}
	group, err := resources.NewResourceGroup(ctx, name+"-group", &resources.ResourceGroupArgs{
		ResourceGroupName: pulumi.String(args.Cluster + "-state"), Location: pulumi.String(args.Region), Tags: m.tags(),
	}, m.child, pulumi.Protect(true))
	if err != nil {
		return nil, fmt.Errorf("resource group: %w", err)
	}
	m.group = group.Name
	account, err := m.makeContainer()
	if err != nil {
		return nil, err
	}
	vault, err := m.makeKey()
	if err != nil {
		return nil, err
	}
	return component.Finish(ctx, state.Place{
		Backend:         pulumi.Sprintf("azblob://%s?storage_account=%s", containerName, account.Name),
		SecretsProvider: pulumi.Sprintf("azurekeyvault://%s.vault.azure.net/keys/%s", vault.Name, keyName),
	})
}

// makeContainer makes the storage account and the container, and lets the deployer write there.
func (m *maker) makeContainer() (*storage.StorageAccount, error) {
	account, err := storage.NewStorageAccount(m.ctx, m.name+"-account", &storage.StorageAccountArgs{
		AccountName:       pulumi.String("state" + m.args.Suffix() + shortened(m.args.Cluster)),
		ResourceGroupName: m.group, Location: pulumi.String(m.args.Region),
		Kind: pulumi.String(storage.KindStorageV2), Sku: &storage.SkuArgs{Name: pulumi.String(storage.SkuName_Standard_ZRS)},
		AllowBlobPublicAccess: pulumi.Bool(false),
		// A key that can be copied is no identity.
		AllowSharedKeyAccess: pulumi.Bool(false), DefaultToOAuthAuthentication: pulumi.Bool(true),
		AllowCrossTenantReplication: pulumi.Bool(false),
		EnableHttpsTrafficOnly:      pulumi.Bool(true), MinimumTlsVersion: pulumi.String(storage.MinimumTlsVersion_TLS1_2),
		Encryption: &storage.EncryptionArgs{
			RequireInfrastructureEncryption: pulumi.Bool(true), KeySource: pulumi.String(storage.KeySource_Microsoft_Storage),
		},
		Tags: m.tags(),
	}, m.child, pulumi.Protect(true))
	if err != nil {
		return nil, fmt.Errorf("storage account: %w", err)
	}
	kept := &storage.DeleteRetentionPolicyArgs{Enabled: pulumi.Bool(true), Days: pulumi.Int(state.KeptDays)}
	if _, err := storage.NewBlobServiceProperties(m.ctx, m.name+"-versions", &storage.BlobServicePropertiesArgs{
		BlobServicesName: pulumi.String("default"), AccountName: account.Name, ResourceGroupName: m.group,
		IsVersioningEnabled: pulumi.Bool(true), DeleteRetentionPolicy: kept, ContainerDeleteRetentionPolicy: kept,
	}, m.child); err != nil {
		return nil, fmt.Errorf("versions of blobs: %w", err)
	}
	container, err := storage.NewBlobContainer(m.ctx, m.name+"-container", &storage.BlobContainerArgs{
		ContainerName: pulumi.String(containerName), AccountName: account.Name, ResourceGroupName: m.group,
		PublicAccess: storage.PublicAccessNone,
	}, m.child, pulumi.Protect(true))
	if err != nil {
		return nil, fmt.Errorf("container: %w", err)
	}
	return account, m.allow("blobs", roleBlobs, container.ID().ToStringOutput())
}

// makeKey makes a vault for the key alone, and lets the deployer use it.
func (m *maker) makeKey() (*keyvault.Vault, error) {
	vault, err := keyvault.NewVault(m.ctx, m.name+"-vault", &keyvault.VaultArgs{
		VaultName: pulumi.String("state-" + m.args.Suffix()), ResourceGroupName: m.group, Location: pulumi.String(m.args.Region),
		Properties: &keyvault.VaultPropertiesArgs{
			TenantId: pulumi.String(m.args.Tenant), Sku: &keyvault.SkuArgs{Family: pulumi.String("A"), Name: keyvault.SkuNamePremium},
			EnableRbacAuthorization: pulumi.Bool(true), EnableSoftDelete: pulumi.Bool(true), EnablePurgeProtection: pulumi.Bool(true),
			SoftDeleteRetentionInDays: pulumi.Int(purgeDays),
		},
		Tags: m.tags(),
	}, m.child, pulumi.Protect(true))
	if err != nil {
		return nil, fmt.Errorf("key vault: %w", err)
	}
	const bits = 3072 // good beyond 2030 (NIST SP 800-57)
	key, err := keyvault.NewKey(m.ctx, m.name+"-key", &keyvault.KeyArgs{
		KeyName: pulumi.String(keyName), VaultName: vault.Name, ResourceGroupName: m.group,
		Properties: &keyvault.KeyPropertiesArgs{
			Kty: pulumi.String(keyvault.JsonWebKeyType_RSA_HSM), KeySize: pulumi.Int(bits),
			KeyOps: pulumi.ToStringArray([]string{"encrypt", "decrypt", "wrapKey", "unwrapKey"}),
		},
		Tags: m.tags(),
	}, m.child, pulumi.Protect(true))
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	return vault, m.allow("key", roleKeyUser, key.ID().ToStringOutput())
}

func (m *maker) allow(on, role string, scope pulumi.StringOutput) error {
	_, err := authorization.NewRoleAssignment(m.ctx, m.name+"-deployer-"+on, &authorization.RoleAssignmentArgs{
		PrincipalId: pulumi.String(m.args.Deployer), PrincipalType: pulumi.String(authorization.PrincipalTypeGroup),
		RoleDefinitionId: pulumi.String("/subscriptions/" + m.args.Account +
			"/providers/Microsoft.Authorization/roleDefinitions/" + role),
		Scope: scope,
	}, m.child)
	if err != nil {
		return fmt.Errorf("role on %s: %w", on, err)
	}
	return nil
}

func (m *maker) tags() pulumi.StringMap {
	return pulumi.StringMap{"rampart:cluster": pulumi.String(m.args.Cluster), "rampart:part": pulumi.String("state")}
}

// shortened is what of a name fits into that of a storage account: small letters and digits, 24 with what stands before it.
func shortened(name string) string {
	const room = 11
	plain := strings.Map(func(letter rune) rune {
		if letter >= 'a' && letter <= 'z' || letter >= '0' && letter <= '9' {
			return letter
		}
		return -1
	}, name)
	return plain[:min(room, len(plain))]
}
