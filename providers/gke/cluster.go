package gke

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers"
	"github.com/rampart-iac/rampart/providers/gke/spec"
	"github.com/rampart-iac/rampart/providers/internal/frame"
)

// ComponentToken is the type token of the component that NewCluster registers.
const ComponentToken = "rampart:gke:HardenedCluster"

// addonManager is the user that GKE keeps its own add-ons in order as.
const addonManager = "system:addon-manager"

// ClusterArgs describe a hardened GKE cluster.
type ClusterArgs = spec.Cluster

// NewCluster makes a hardened cluster: Secret objects and disks encrypted with keys of its own, logs in a bucket that is
// there before it, an API server that answers inside the network only, nodes without public addresses on
// Container-Optimized OS with secure boot and an identity of their own, whose pods cannot reach it, and images that Binary
// Authorization lets through.
//
// If opts bring a provider for gcp, everything is made by it; otherwise one is made for the project.
//
// It fails, before anything is created, with every fault of its arguments at once.
func NewCluster(
	ctx *pulumi.Context, name string, args *ClusterArgs, opts ...pulumi.ResourceOption,
) (*providers.Cluster, error) {
	if args == nil {
		args = &ClusterArgs{}
	}
	settled := args.WithDefaults(name)
	return frame.Make(ctx, frame.Component{
		Provider: baseline.ProviderGKE, Token: ComponentToken, Name: name, Cluster: settled.Name, Faults: settled.Faults(),
	}, opts, func(parent pulumi.ResourceOrInvokeOption) (*providers.Cluster, error) {
		return (&maker{ctx: ctx, name: name, args: settled, child: parent}).make(opts)
	})
}

// maker makes the parts of one cluster. Its methods stand in a file for each part.
type maker struct {
	ctx  *pulumi.Context
	name string
	args spec.Cluster

	// child makes a resource a part of the component.
	child pulumi.ResourceOption
}

// make makes everything, in the order in which the parts need each other.
func (m *maker) make(opts []pulumi.ResourceOption) (*providers.Cluster, error) {
	if err := m.chooseProvider(opts); err != nil {
		return nil, err
	}
	services, err := m.makeServices()
	if err != nil {
		return nil, err
	}
	// Nothing of a service can be made, and none of its own accounts are there, before it is on.
	m.child = pulumi.Composite(m.child, pulumi.DependsOn(services))
	keys, err := m.makeKeys()
	if err != nil {
		return nil, err
	}
	network, err := m.makeNetwork()
	if err != nil {
		return nil, err
	}
	logs, err := m.makeLogs()
	if err != nil {
		return nil, err
	}
	identity, err := m.makeIdentity()
	if err != nil {
		return nil, err
	}
	control, err := m.makeControlPlane(keys, network, logs, identity)
	if err != nil {
		return nil, err
	}
	nodes, err := m.makeNodes(control, keys, network, identity)
	if err != nil {
		return nil, err
	}
	cluster, err := m.contract(control)
	if err != nil {
		return nil, err
	}
	cluster.Ready = nodes
	return cluster, nil
}

// contract is the cluster as the layers above know it.
func (m *maker) contract(control *container.Cluster) (*providers.Cluster, error) {
	endpoint := pulumi.Sprintf("https://%s", control.Endpoint)
	encoded := control.MasterAuth.ClusterCaCertificate().Elem()
	kubeconfig := m.kubeconfig(endpoint, encoded)
	// A cluster's authority is its own: the next one of the same name has another.
	identifier := encoded.ApplyT(fingerprint).(pulumi.StringOutput)
	provider, err := frame.NewKubernetesProvider(m.ctx, m.name, kubeconfig, identifier, m.child)
	if err != nil {
		return nil, err
	}
	return &providers.Cluster{
		Name:          m.args.Name,
		Kubeconfig:    kubeconfig,
		Endpoint:      endpoint,
		CACertificate: encoded.ApplyT(frame.Decode).(pulumi.StringOutput),
		OIDCIssuer: pulumi.Sprintf("https://container.googleapis.com/v1/projects/%s/locations/%s/clusters/%s",
			m.args.Project, m.args.Region, control.Name),
		Provider: provider,
		Resource: control,
		Facts:    m.facts(),
	}, nil
}

func (m *maker) facts() baseline.Facts {
	enforcer := baseline.PolicyEnforcerDataplaneV2
	if m.args.Calico {
		enforcer = baseline.PolicyEnforcerManagedCalico
	}
	return baseline.Facts{
		KubernetesVersion: m.args.KubernetesVersion,
		ControlPlane:      baseline.ControlPlaneManaged,
		PolicyEnforcer:    enforcer,
		PodCIDR:           m.args.Network.PodCIDR,
		ServiceCIDR:       m.args.ServiceCIDR,
		AuditSink:         baseline.AuditSinkCloudLogging,
		SecretsEncryption: baseline.SecretsEncryptionKMS,
		TLSFloor:          baseline.TLS12, // GKE offers 1.3 and sets the floor itself
		Deployer:          m.args.User(),
		AddonManager:      addonManager,
		PrivateEndpoint:   m.args.Private(),
		Ephemeral:         m.args.Ephemeral,
	}
}
