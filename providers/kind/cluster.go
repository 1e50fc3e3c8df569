package kind

import (
	"fmt"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers"
	"github.com/rampart-iac/rampart/providers/internal/frame"
	"github.com/rampart-iac/rampart/providers/kind/hardening"
)

// ComponentToken is the type token of the component that NewCluster registers.
const ComponentToken = "rampart:kind:HardenedCluster"

// KubeconfigName is the name of the file in a cluster's directory that holds its kubeconfig.
const KubeconfigName = "kubeconfig"

// The storage class of kind's nodes: its pods make folders on the node, and its account makes persistent volumes of them.
const (
	storageNamespace = "local-path-storage"
	storageAccount   = "system:serviceaccount:local-path-storage:local-path-provisioner-service-account"
)

// serviceAccountIssuer is what kubeadm sets: tokens are checked inside the cluster only, nothing is published.
const serviceAccountIssuer = "https://kubernetes.default.svc.cluster.local"

// hardenedCluster is the parent of all that makes the cluster.
type hardenedCluster struct {
	pulumi.ResourceState

	Endpoint pulumi.StringOutput `pulumi:"endpoint"`
}

// NewCluster makes a hardened cluster on this machine: Secret objects encrypted at rest with a key of its own, an audit
// log, a TLS floor on every control-plane port, Pod Security "restricted" by default, and the API server on loopback.
// Its nodes are not ready until a network is installed (Facts.NeedsNetwork).
//
// It fails, before anything is created, with every fault of its arguments at once.
func NewCluster(
	ctx *pulumi.Context, name string, args *ClusterArgs, opts ...pulumi.ResourceOption,
) (*providers.Cluster, error) {
	if args == nil {
		args = &ClusterArgs{}
	}
	settled := args.withDefaults(name)
	if err := settled.validate(); err != nil {
		return nil, fmt.Errorf("kind cluster %q: %w", settled.Name, err)
	}
	approverHash, err := programHash(settled.Approver)
	if err != nil {
		return nil, fmt.Errorf("kind cluster %q: %w", settled.Name, err)
	}

	component := &hardenedCluster{}
	if err := ctx.RegisterComponentResource(ComponentToken, name, component, opts...); err != nil {
		return nil, fmt.Errorf("registering kind cluster %q: %w", settled.Name, err)
	}
	resource, err := newHardenedResource(ctx, name, settled, approverHash, component)
	if err != nil {
		return nil, fmt.Errorf("kind cluster %q: %w", settled.Name, err)
	}
	provider, err := frame.NewKubernetesProvider(ctx, name, resource.Kubeconfig, resource.ClusterID, pulumi.Parent(component))
	if err != nil {
		return nil, fmt.Errorf("kind cluster %q: %w", settled.Name, err)
	}

	cluster := &providers.Cluster{
		Name:           settled.Name,
		Kubeconfig:     pulumi.ToSecret(resource.Kubeconfig).(pulumi.StringOutput),
		KubeconfigFile: filepath.Join(settled.Directory, KubeconfigName),
		Endpoint:       resource.Endpoint,
		CACertificate:  resource.CACertificate,
		OIDCIssuer:     pulumi.String(serviceAccountIssuer).ToStringOutput(),
		Provider:       provider,
		Resource:       resource,
		Facts:          settled.facts(),
	}
	cluster.AwaitNodes = func(ctx *pulumi.Context, after ...pulumi.Resource) (pulumi.Resource, error) {
		return awaitNodes(ctx, name, settled, resource, pulumi.Parent(component), pulumi.DependsOn(after))
	}
	if err := newApproverAccess(ctx, name, append(cluster.InCluster(), pulumi.Parent(component))...); err != nil {
		return nil, fmt.Errorf("kind cluster %q: %w", settled.Name, err)
	}

	component.Endpoint = resource.Endpoint
	if err := ctx.RegisterResourceOutputs(component, pulumi.Map{"endpoint": resource.Endpoint}); err != nil {
		return nil, fmt.Errorf("registering the outputs of kind cluster %q: %w", settled.Name, err)
	}
	return cluster, nil
}

// newHardenedResource makes the key and the cluster itself.
func newHardenedResource(
	ctx *pulumi.Context, name string, args ClusterArgs, approverHash string, parent pulumi.Resource,
) (*ClusterResource, error) {
	settings := hardening.Settings{
		KubernetesVersion: args.KubernetesVersion, TLSFloor: args.TLSMinVersion, Level: args.Level,
		Deployers: hardening.Principals{Users: args.Deployers.Users, Groups: args.Deployers.Groups},
	}
	patches, err := hardening.KubeadmPatches(settings)
	if err != nil {
		return nil, err
	}
	key, err := NewEncryptionKeyResource(ctx, name+"-secrets-key", &EncryptionKeyResourceArgs{Step: optional(string(args.KeyStep))},
		pulumi.Parent(parent), pulumi.Protect(!args.Ephemeral))
	if err != nil {
		return nil, fmt.Errorf("encryption key: %w", err)
	}
	files := pulumi.All(key.Name, key.Base64, key.OtherName, key.OtherBase64).ApplyT(
		func(parts []any) (map[string]string, error) {
			keys := []hardening.EncryptionKey{{Name: parts[0].(string), Base64: parts[1].(string)}}
			if other := parts[2].(string); other != "" {
				keys = append(keys, hardening.EncryptionKey{Name: other, Base64: parts[3].(string)})
			}
			return hardening.Files(settings, keys...)
		}).(pulumi.StringMapOutput)

	controlPlaneUnits, workerUnits, err := hardening.Units(approverHash)
	if err != nil {
		return nil, err
	}

	return NewClusterResource(ctx, name+"-cluster", &ClusterResourceArgs{
		Name:                 pulumi.String(args.Name),
		KubernetesVersion:    pulumi.String(string(args.KubernetesVersion)),
		Image:                pulumi.String(args.Image.Reference),
		ImageArchive:         optional(args.Image.Archive),
		ImageID:              optional(args.Image.ID),
		Engine:               pulumi.String(args.Engine),
		Workers:              pulumi.Int(args.Workers),
		PodSubnet:            pulumi.String(args.PodCIDR),
		ServiceSubnet:        pulumi.String(args.ServiceCIDR),
		APIServerPort:        pulumi.Int(args.APIServerPort),
		Directory:            pulumi.String(args.Directory),
		ControlPlaneFiles:    pulumi.ToSecret(files).(pulumi.StringMapOutput),
		ReloadedFiles:        pulumi.ToStringArray(hardening.ReloadedFiles(settings)),
		ControlPlaneUnits:    pulumi.ToStringMap(controlPlaneUnits),
		ControlPlanePrograms: pulumi.StringMap{hardening.ApproverProgram: pulumi.String(args.Approver)},
		WorkerUnits:          pulumi.ToStringMap(workerUnits),
		KubeadmConfigPatches: pulumi.ToStringArray(patches),
		// docs/decisions/0007-no-silent-replacement.md
		AllowReplacement: pulumi.Bool(false),
	}, pulumi.Parent(parent), pulumi.Protect(!args.Ephemeral))
}

// awaitNodes waits until all nodes of the cluster are Ready. It lives and dies with the cluster.
func awaitNodes(
	ctx *pulumi.Context, name string, args ClusterArgs, resource *ClusterResource, opts ...pulumi.ResourceOption,
) (pulumi.Resource, error) {
	ready, err := NewReadyNodesResource(ctx, name+"-nodes-ready", &ReadyNodesResourceArgs{
		Cluster:           resource.Name,
		Engine:            resource.EngineUsed,
		ClusterID:         resource.ClusterID,
		Workers:           pulumi.Int(args.Workers),
		KubernetesVersion: pulumi.String(string(args.KubernetesVersion)),
	}, append(opts, pulumi.DeletedWith(resource))...)
	if err != nil {
		return nil, fmt.Errorf("waiting for the nodes of kind cluster %q: %w", args.Name, err)
	}
	return ready, nil
}

func (a ClusterArgs) facts() baseline.Facts {
	return baseline.Facts{
		KubernetesVersion: a.KubernetesVersion,
		ControlPlane:      baseline.ControlPlaneSelfManaged,
		PolicyEnforcer:    baseline.PolicyEnforcerCalico,
		NeedsNetwork:      true,
		PodCIDR:           a.PodCIDR,
		ServiceCIDR:       a.ServiceCIDR,
		AuditSink:         baseline.AuditSinkNodeFile,
		SecretsEncryption: baseline.SecretsEncryptionSecretbox,
		TLSFloor:          a.TLSMinVersion,
		StorageNamespace:  storageNamespace,
		StorageAccount:    storageAccount,
		Ephemeral:         a.Ephemeral,
	}
}

func optional(text string) pulumi.StringPtrInput {
	if text == "" {
		return nil
	}
	return pulumi.String(text)
}
