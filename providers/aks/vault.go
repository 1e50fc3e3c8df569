package aks

import (
	"fmt"

	compute "github.com/pulumi/pulumi-azure-native-sdk/compute/v2/v20231002"
	keyvault "github.com/pulumi/pulumi-azure-native-sdk/keyvault/v2/v20230701"
	operationalinsights "github.com/pulumi/pulumi-azure-native-sdk/operationalinsights/v2/v20230901"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	// vaultWindowDays is how long a vault and its keys can still be had back: as long as Azure waits.
	vaultWindowDays = 90

	// keyBits is the size of keys. It is good beyond 2030 (NIST SP 800-57), and both AKS and disks take it.
	keyBits = 3072
)

// vault holds the keys, each for its own kind of thing.
type vault struct {
	*keyvault.Vault
	secrets *keyvault.Key
	disks   *compute.DiskEncryptionSet
}

// makeVault makes a vault that cannot be reached from any network but by a private endpoint, which AKS makes for the control
// plane, and by the service for disks. Keys are made by Azure's own API, which the vault's network does not concern.
func (m *maker) makeVault(identities map[string]*identity, logs *operationalinsights.Workspace) (*vault, error) {
	made, err := keyvault.NewVault(m.ctx, m.called("vault"), &keyvault.VaultArgs{
		VaultName:         pulumi.String(m.args.VaultName),
		ResourceGroupName: m.group,
		Location:          m.location(),
		Properties: &keyvault.VaultPropertiesArgs{
			TenantId:                  pulumi.String(m.args.Tenant),
			Sku:                       &keyvault.SkuArgs{Family: pulumi.String("A"), Name: keyvault.SkuNamePremium},
			EnableRbacAuthorization:   pulumi.Bool(true),
			EnableSoftDelete:          pulumi.Bool(true),
			SoftDeleteRetentionInDays: pulumi.Int(vaultWindowDays),
			// It cannot be taken back, and encryption with a key that somebody may purge is not to be had.
			EnablePurgeProtection: pulumi.Bool(true),
			PublicNetworkAccess:   pulumi.String(keyvault.PublicNetworkAccessDisabled),
			NetworkAcls: &keyvault.NetworkRuleSetArgs{
				DefaultAction: pulumi.String(keyvault.NetworkRuleActionDeny),
				Bypass:        pulumi.String(keyvault.NetworkRuleBypassOptionsAzureServices),
			},
		},
		Tags: m.tags("vault"),
	}, m.child, m.kept(), m.retained())
	if err != nil {
		return nil, fmt.Errorf("key vault: %w", err)
	}
	if _, err := m.watch("vault", made.ID(), logs, vaultLogs); err != nil {
		return nil, err
	}
	held := &vault{Vault: made}
	// No rotation by itself: the control plane reads with the version that it is told, until it is told another one.
	if held.secrets, err = m.makeKey(made, "secrets", nil); err != nil {
		return nil, err
	}
	cluster := identities[identityCluster]
	if err := m.allow(cluster, identityCluster, "secrets-key", roleKeyUser, keyScope(made, "secrets")); err != nil {
		return nil, err
	}
	// AKS connects the control plane to the vault by a private endpoint, which the vault's contributors may accept. It is no
	// right on keys.
	if err := m.allow(cluster, identityCluster, "vault", roleVaultContributor, made.ID()); err != nil {
		return nil, err
	}
	held.disks, err = m.makeDiskEncryption(made, identities)
	return held, err
}

// makeDiskEncryption makes what disks of nodes and of volumes are encrypted with.
func (m *maker) makeDiskEncryption(made *keyvault.Vault, identities map[string]*identity) (*compute.DiskEncryptionSet, error) {
	key, err := m.makeKey(made, "disks", &keyvault.RotationPolicyArgs{
		LifetimeActions: keyvault.LifetimeActionArray{&keyvault.LifetimeActionArgs{
			Action: &keyvault.ActionArgs{Type: keyvault.KeyRotationPolicyActionTypeRotate},
			Trigger: &keyvault.TriggerArgs{
				TimeAfterCreate: pulumi.String(fmt.Sprintf("P%dD", m.args.KeyRotationDays)),
			},
		}},
	})
	if err != nil {
		return nil, err
	}
	disks := identities[identityDisks]
	if err := m.allow(disks, identityDisks, "disks-key", roleKeyEncryption, keyScope(made, "disks")); err != nil {
		return nil, err
	}
	set, err := compute.NewDiskEncryptionSet(m.ctx, m.called("disks"), &compute.DiskEncryptionSetArgs{
		DiskEncryptionSetName: m.named("disks"),
		ResourceGroupName:     m.group,
		Location:              m.location(),
		EncryptionType:        pulumi.String(compute.DiskEncryptionSetTypeEncryptionAtRestWithCustomerKey),
		Identity: &compute.EncryptionSetIdentityArgs{
			Type:                   pulumi.String(compute.DiskEncryptionSetIdentityTypeUserAssigned),
			UserAssignedIdentities: pulumi.StringArray{disks.ID()},
		},
		ActiveKey: &compute.KeyForDiskEncryptionSetArgs{
			KeyUrl:      key.KeyUriWithVersion,
			SourceVault: &compute.SourceVaultArgs{Id: made.ID()},
		},
		RotationToLatestKeyVersionEnabled: pulumi.Bool(true),
		Tags:                              m.tags("disks"),
	}, m.child, m.kept(), pulumi.DependsOn(disks.Rights),
		// The set follows the key's rotation by itself.
		pulumi.IgnoreChanges([]string{"activeKey"}))
	if err != nil {
		return nil, fmt.Errorf("disk encryption set: %w", err)
	}
	// The driver that makes volumes looks at the set that it encrypts them with.
	return set, m.allow(identities[identityCluster], identityCluster, "disks", roleReader, set.ID())
}

// makeKey makes a key that is kept in hardware and cannot leave it.
func (m *maker) makeKey(in *keyvault.Vault, part string, rotation *keyvault.RotationPolicyArgs) (*keyvault.Key, error) {
	properties := &keyvault.KeyPropertiesArgs{
		Kty:     pulumi.String(keyvault.JsonWebKeyType_RSA_HSM),
		KeySize: pulumi.Int(keyBits),
		KeyOps: pulumi.ToStringArray([]string{
			string(keyvault.JsonWebKeyOperationEncrypt), string(keyvault.JsonWebKeyOperationDecrypt),
			string(keyvault.JsonWebKeyOperationWrapKey), string(keyvault.JsonWebKeyOperationUnwrapKey),
		}),
		Attributes: &keyvault.KeyAttributesArgs{Enabled: pulumi.Bool(true), Exportable: pulumi.Bool(false)},
	}
	if rotation != nil {
		properties.RotationPolicy = rotation
	}
	key, err := keyvault.NewKey(m.ctx, m.called(part+"-key"), &keyvault.KeyArgs{
		KeyName:           pulumi.String(part),
		VaultName:         in.Name,
		ResourceGroupName: m.group,
		Properties:        properties,
		Tags:              m.tags(part),
	}, m.child, m.kept(), m.retained())
	if err != nil {
		return nil, fmt.Errorf("key for %s: %w", part, err)
	}
	return key, nil
}

// keyScope is one key, on which a role can be given without the others.
func keyScope(in *keyvault.Vault, key string) pulumi.StringOutput {
	return pulumi.Sprintf("%s/keys/%s", in.ID(), key)
}
