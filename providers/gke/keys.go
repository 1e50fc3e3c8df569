package gke

import (
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Times of keys, in seconds.
const (
	day = 24 * 60 * 60
	// keyWindow is how long a version of a key can still be had back after somebody has asked for its destruction. What is
	// encrypted with a key that is gone is gone.
	keyWindow = 30 * day
)

// keyUser is the role that may encrypt and decrypt, and nothing else.
const keyUser = "roles/cloudkms.cryptoKeyEncrypterDecrypter"

// keys encrypt what the cluster keeps, each its own kind of thing.
type keys struct {
	secrets, disks pulumi.StringOutput // as projects/<project>/locations/<region>/keyRings/<ring>/cryptoKeys/<key>

	// grants let Google's own accounts use them, and must be there before anything is encrypted.
	grants []pulumi.Resource
}

// makeKeys makes the keys, and lets the service that encrypts with each use it: GKE the one for Secret objects, Compute
// Engine the one for disks.
func (m *maker) makeKeys() (*keys, error) {
	// A ring cannot be deleted, ever: rings and keys get names of their own, so that a cluster can be made again.
	ring, err := kms.NewKeyRing(m.ctx, m.called("keys"), &kms.KeyRingArgs{
		Project: m.project(), Location: m.region(),
	}, m.child, m.kept())
	if err != nil {
		return nil, fmt.Errorf("key ring: %w", err)
	}
	made := &keys{secrets: pulumi.String(m.args.SecretsKey).ToStringOutput()}
	if m.args.SecretsKey == "" {
		if made.secrets, err = m.makeKey("secrets", ring); err != nil {
			return nil, err
		}
	}
	if made.disks, err = m.makeKey("disks", ring); err != nil {
		return nil, err
	}
	if err := m.letUse(made, "secrets", made.secrets, "container-engine-robot"); err != nil {
		return nil, err
	}
	return made, m.letUse(made, "disks", made.disks, "compute-system")
}

// makeKey makes a key that is rotated. It stays behind when its stack is destroyed, unless the cluster is ephemeral: a backup
// is worth nothing without it.
func (m *maker) makeKey(part string, ring *kms.KeyRing) (pulumi.StringOutput, error) {
	key, err := kms.NewCryptoKey(m.ctx, m.called(part+"-key"), &kms.CryptoKeyArgs{
		KeyRing:                  ring.ID(),
		Purpose:                  pulumi.String("ENCRYPT_DECRYPT"),
		RotationPeriod:           pulumi.String(fmt.Sprintf("%ds", m.args.KeyRotationDays*day)),
		DestroyScheduledDuration: pulumi.String(fmt.Sprintf("%ds", keyWindow)),
		VersionTemplate: &kms.CryptoKeyVersionTemplateArgs{
			Algorithm: pulumi.String("GOOGLE_SYMMETRIC_ENCRYPTION"), ProtectionLevel: pulumi.String("HSM"),
		},
		Labels: m.labels(),
	}, m.child, m.kept(), pulumi.RetainOnDelete(!m.args.Ephemeral))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("key for %s: %w", part, err)
	}
	return key.ID().ToStringOutput(), nil
}

// letUse lets one of Google's own accounts in this project use a key.
func (m *maker) letUse(of *keys, part string, key pulumi.StringInput, service string) error {
	grant, err := kms.NewCryptoKeyIAMMember(m.ctx, m.called(part+"-key-user"), &kms.CryptoKeyIAMMemberArgs{
		CryptoKeyId: key, Role: pulumi.String(keyUser), Member: pulumi.String(m.serviceAgent(service)),
	}, m.child)
	if err != nil {
		return fmt.Errorf("grant of the key for %s: %w", part, err)
	}
	of.grants = append(of.grants, grant)
	return nil
}

// serviceAgent is the account that a service of Google acts as in the project.
func (m *maker) serviceAgent(service string) string {
	return fmt.Sprintf("serviceAccount:service-%s@%s.iam.gserviceaccount.com", m.args.ProjectNumber, service)
}
