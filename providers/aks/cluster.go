package aks

import (
	containerservice "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20240902preview"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers"
	"github.com/rampart-iac/rampart/providers/aks/spec"
	"github.com/rampart-iac/rampart/providers/internal/frame"
)

// ComponentToken is the type token of the component that NewCluster registers.
const ComponentToken = "rampart:aks:HardenedCluster"

// ClusterArgs describe a hardened AKS cluster.
type ClusterArgs = spec.Cluster

// NewCluster makes a hardened cluster: Secret objects encrypted with a key of its own in a vault without a public address,
// all logs of the control plane kept in a workspace that is there before it, an API server that answers inside the network
// only, no local accounts and nobody an administrator but who is in a named group, and nodes on Azure Linux without a way
// in, encrypted at their hosts and on their disks.
//
// If opts bring a provider for azure-native, everything is made by it; otherwise one is made for the subscription.
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
		Provider: baseline.ProviderAKS, Token: ComponentToken, Name: name, Cluster: settled.Name, Faults: settled.Faults(),
	}, opts, func(parent pulumi.ResourceOrInvokeOption) (*providers.Cluster, error) {
		return (&maker{ctx: ctx, name: name, args: settled, child: parent, ask: parent}).make(opts)
	})
}

// maker makes the parts of one cluster. Its methods stand in a file for each part.
type maker struct {
	ctx  *pulumi.Context
	name string
	args spec.Cluster

	// child makes a resource a part of the component, and ask a question to the cloud.
	child pulumi.ResourceOption
	ask   pulumi.InvokeOption

	// group is the resource group that everything is made in.
	group pulumi.StringOutput
}

// make makes everything, in the order in which the parts need each other.
func (m *maker) make(opts []pulumi.ResourceOption) (*providers.Cluster, error) {
	if err := m.chooseProvider(opts); err != nil {
		return nil, err
	}
	if err := m.makeGroup(); err != nil {
		return nil, err
	}
	logs, err := m.makeWorkspace()
	if err != nil {
		return nil, err
	}
	identities, err := m.makeIdentities()
	if err != nil {
		return nil, err
	}
	vault, err := m.makeVault(identities, logs)
	if err != nil {
		return nil, err
	}
	network, err := m.makeNetwork(identities)
	if err != nil {
		return nil, err
	}
	control, err := m.makeControlPlane(identities, vault, network, logs)
	if err != nil {
		return nil, err
	}
	watched, err := m.watch("cluster", control.ID(), logs, clusterLogs)
	if err != nil {
		return nil, err
	}
	pools, err := m.makeNodePools(control, network)
	if err != nil {
		return nil, err
	}
	if err := m.makeMaintenance(control); err != nil {
		return nil, err
	}
	cluster, err := m.contract(control, watched)
	if err != nil {
		return nil, err
	}
	cluster.Ready = append(pools, control)
	return cluster, nil
}

// contract is the cluster as the layers above know it. The Kubernetes provider, which every object in the cluster waits for,
// waits for the audit log: nothing is done unseen.
func (m *maker) contract(control *containerservice.ManagedCluster, watched pulumi.Resource) (*providers.Cluster, error) {
	access := m.access(control)
	issuer := control.OidcIssuerProfile.IssuerURL().Elem()
	provider, err := frame.NewKubernetesProvider(m.ctx, m.name, access.kubeconfig, issuer, m.child,
		pulumi.DependsOn([]pulumi.Resource{watched}))
	if err != nil {
		return nil, err
	}
	return &providers.Cluster{
		Name:          m.args.Name,
		Kubeconfig:    access.kubeconfig,
		Endpoint:      access.endpoint,
		CACertificate: access.authority,
		OIDCIssuer:    issuer,
		Provider:      provider,
		Resource:      control,
		Facts:         m.facts(),
	}, nil
}

func (m *maker) facts() baseline.Facts {
	return baseline.Facts{
		KubernetesVersion: m.args.KubernetesVersion,
		ControlPlane:      baseline.ControlPlaneManaged,
		PolicyEnforcer:    baseline.PolicyEnforcerCalico, // which AKS installs and keeps
		PodCIDR:           m.args.Network.PodCIDR,
		ServiceCIDR:       m.args.ServiceCIDR,
		AuditSink:         baseline.AuditSinkLogAnalytics,
		SecretsEncryption: baseline.SecretsEncryptionKMS,
		TLSFloor:          baseline.TLS12, // AKS offers 1.3 and sets the floor itself
		DeployersGroup:    m.args.AdminGroup,
		PrivateEndpoint:   m.args.Private(),
		Ephemeral:         m.args.Ephemeral,
	}
}
