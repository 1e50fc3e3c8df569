package eks

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers"
	"github.com/rampart-iac/rampart/providers/eks/spec"
	"github.com/rampart-iac/rampart/providers/internal/frame"
)

// ComponentToken is the type token of the component that NewCluster registers.
const ComponentToken = "rampart:eks:HardenedCluster"

// ClusterArgs describe a hardened EKS cluster.
type ClusterArgs = spec.Cluster

// NewCluster makes a hardened cluster: Secret objects encrypted with a key of its own, all logs of the control plane in an
// encrypted log group that is there before it, an API server that answers inside the network only, nobody an administrator
// but who is named, and nodes on Bottlerocket without a way in, whose pods cannot reach the nodes' credentials.
//
// If opts bring a provider for aws, everything is made by it; otherwise one is made that refuses any other account.
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
		Provider: baseline.ProviderEKS, Token: ComponentToken, Name: name, Cluster: settled.Name, Faults: settled.Faults(),
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
	roles, err := m.makeRoles()
	if err != nil {
		return nil, err
	}
	keys, err := m.makeKeys(roles)
	if err != nil {
		return nil, err
	}
	network, err := m.makeNetwork(keys, roles)
	if err != nil {
		return nil, err
	}
	control, err := m.makeControlPlane(roles, keys, network)
	if err != nil {
		return nil, err
	}
	entries, err := m.makeAccess(control)
	if err != nil {
		return nil, err
	}
	early, err := m.makeEarlyAddons(control, roles)
	if err != nil {
		return nil, err
	}
	nodes, err := m.makeNodes(control, roles, keys, network, early)
	if err != nil {
		return nil, err
	}
	late, err := m.makeLateAddons(control, roles, nodes)
	if err != nil {
		return nil, err
	}
	cluster, err := m.contract(control, entries)
	if err != nil {
		return nil, err
	}
	cluster.Ready = append(nodes, late...)
	return cluster, nil
}

// contract is the cluster as the layers above know it. Nobody gets in before there is an access entry for it, so that the
// Kubernetes provider, which every object in the cluster waits for, waits for the entries.
func (m *maker) contract(control *eks.Cluster, entries []pulumi.Resource) (*providers.Cluster, error) {
	authority := control.CertificateAuthority.Data().Elem().ApplyT(frame.Decode).(pulumi.StringOutput)
	kubeconfig := m.kubeconfig(control)
	issuer := control.Identities.Index(pulumi.Int(0)).Oidcs().Index(pulumi.Int(0)).Issuer().Elem()
	provider, err := frame.NewKubernetesProvider(m.ctx, m.name, kubeconfig, issuer, m.child, pulumi.DependsOn(entries))
	if err != nil {
		return nil, err
	}
	return &providers.Cluster{
		Name:          m.args.Name,
		Kubeconfig:    kubeconfig,
		Endpoint:      control.Endpoint,
		CACertificate: authority,
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
		PolicyEnforcer:    baseline.PolicyEnforcerCalico,
		NeedsPolicyEngine: true,
		PodInterfaces:     "eni",
		PodCIDR:           m.args.Network.CIDR, // pods have addresses of the VPC
		ServiceCIDR:       m.args.ServiceCIDR,
		AuditSink:         baseline.AuditSinkCloudWatch,
		SecretsEncryption: baseline.SecretsEncryptionKMS,
		TLSFloor:          baseline.TLS12, // EKS offers 1.3 and sets the floor itself
		DeployersGroup:    DeployersGroup,
		AddonManager:      "eks:addon-manager",
		PrivateEndpoint:   m.args.Private(),
		Ephemeral:         m.args.Ephemeral,
	}
}
