// Package gcp makes the place of a stack's state on Google Cloud: a bucket of Cloud Storage and a key of Cloud KMS.
package gcp

import (
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/kms"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/state"
)

// Roles that do one thing each.
const (
	roleKeyUser = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
	roleObjects = "roles/storage.objectUser"
)

// day is in seconds.
const day = 24 * 60 * 60

// maker makes one place.
type maker struct {
	ctx   *pulumi.Context
	name  string
	args  state.Args
	child pulumi.ResourceOption
}

// New makes the bucket, with versions, encrypted with a key of its own and closed to the public, and the key for secrets. The
// deployer gets the objects and the use of that key, and nothing else.
func New(ctx *pulumi.Context, name string, args state.Args) (*state.Place, error) {
	component := &state.Component{}
	if err := ctx.RegisterComponentResource(state.Token("Gcp"), name, component); err != nil {
		return nil, fmt.Errorf("registering the state of %s: %w", args.Cluster, err)
	}
	var child pulumi.ResourceOption = pulumi.Parent(component)
	provider, err := gcp.NewProvider(ctx, name+"-gcp", &gcp.ProviderArgs{
		Project: pulumi.String(args.Account), Region: pulumi.String(args.Region),
	}, child)
	if err != nil {
		return nil, fmt.Errorf("provider for gcp: %w", err)
	}
	m := &maker{ctx: ctx, name: name, args: args, child: pulumi.Composite(child, pulumi.Provider(provider))}
	if err := m.makeServices(); err != nil {
		return nil, err
	}
	secrets, bucket, err := m.makeBoth()
	if err != nil {
		return nil, err
	}
	return component.Finish(ctx, state.Place{
		Backend:         pulumi.Sprintf("gs://%s", bucket.Name),
		SecretsProvider: pulumi.Sprintf("gcpkms://%s", secrets.ID()),
	})
}

// makeServices turns on what an empty project has off. They stay on when the place goes: others may use them.
func (m *maker) makeServices() error {
	var services []pulumi.Resource
	for _, service := range []string{"cloudkms", "storage"} {
		made, err := projects.NewService(m.ctx, m.name+"-service-"+service, &projects.ServiceArgs{
			Project: pulumi.String(m.args.Account), Service: pulumi.String(service + ".googleapis.com"),
			DisableOnDestroy: pulumi.Bool(false),
		}, m.child)
		if err != nil {
			return fmt.Errorf("service %s: %w", service, err)
		}
		services = append(services, made)
	}
	m.child = pulumi.Composite(m.child, pulumi.DependsOn(services))
	return nil
}

// makeBoth makes the keys and the bucket.
func (m *maker) makeBoth() (*kms.CryptoKey, *storage.Bucket, error) {
	// A ring cannot be deleted, ever: it gets a name of its own, so that the place can be made again.
	ring, err := kms.NewKeyRing(m.ctx, m.name+"-keys", &kms.KeyRingArgs{
		Project: pulumi.String(m.args.Account), Location: pulumi.String(m.args.Region),
	}, m.child, pulumi.Protect(true))
	if err != nil {
		return nil, nil, fmt.Errorf("key ring: %w", err)
	}
	secrets, err := m.makeKey("secrets", ring, m.args.Deployer)
	if err != nil {
		return nil, nil, err
	}
	objects, err := m.makeKey("objects", ring,
		"serviceAccount:service-"+m.args.ProjectNumber+"@gs-project-accounts.iam.gserviceaccount.com")
	if err != nil {
		return nil, nil, err
	}
	bucket, err := storage.NewBucket(m.ctx, m.name+"-bucket", &storage.BucketArgs{
		Name: pulumi.String(m.args.Bucket()), Project: pulumi.String(m.args.Account),
		Location:                 pulumi.String(m.args.Region),
		UniformBucketLevelAccess: pulumi.Bool(true), PublicAccessPrevention: pulumi.String("enforced"),
		Versioning: &storage.BucketVersioningArgs{Enabled: pulumi.Bool(true)},
		Encryption: &storage.BucketEncryptionArgs{DefaultKmsKeyName: objects.id},
		Labels:     pulumi.StringMap{"rampart-cluster": pulumi.String(m.args.Cluster)},
	}, m.child, pulumi.Protect(true), pulumi.DependsOn([]pulumi.Resource{objects.grant}))
	if err != nil {
		return nil, nil, fmt.Errorf("bucket: %w", err)
	}
	if _, err := storage.NewBucketIAMMember(m.ctx, m.name+"-deployer-objects", &storage.BucketIAMMemberArgs{
		Bucket: bucket.Name, Role: pulumi.String(roleObjects), Member: pulumi.String(m.args.Deployer),
	}, m.child); err != nil {
		return nil, nil, fmt.Errorf("role on the bucket: %w", err)
	}
	return secrets.CryptoKey, bucket, nil
}

// key with the one who may use it.
type key struct {
	*kms.CryptoKey
	id    pulumi.StringOutput
	grant pulumi.Resource
}

func (m *maker) makeKey(part string, ring *kms.KeyRing, user string) (*key, error) {
	made, err := kms.NewCryptoKey(m.ctx, m.name+"-"+part+"-key", &kms.CryptoKeyArgs{
		KeyRing: ring.ID(), Purpose: pulumi.String("ENCRYPT_DECRYPT"),
		RotationPeriod:           pulumi.String(fmt.Sprintf("%ds", state.KeyRotationDays*day)),
		DestroyScheduledDuration: pulumi.String(fmt.Sprintf("%ds", state.KeptDays*day)),
		VersionTemplate: &kms.CryptoKeyVersionTemplateArgs{
			Algorithm: pulumi.String("GOOGLE_SYMMETRIC_ENCRYPTION"), ProtectionLevel: pulumi.String("HSM"),
		},
		Labels: pulumi.StringMap{"rampart-cluster": pulumi.String(m.args.Cluster)},
	}, m.child, pulumi.Protect(true))
	if err != nil {
		return nil, fmt.Errorf("key for %s: %w", part, err)
	}
	grant, err := kms.NewCryptoKeyIAMMember(m.ctx, m.name+"-"+part+"-key-user", &kms.CryptoKeyIAMMemberArgs{
		CryptoKeyId: made.ID(), Role: pulumi.String(roleKeyUser), Member: pulumi.String(user),
	}, m.child)
	if err != nil {
		return nil, fmt.Errorf("use of the key for %s: %w", part, err)
	}
	return &key{made, made.ID().ToStringOutput(), grant}, nil
}
