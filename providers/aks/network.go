package aks

import (
	"fmt"

	azurenetwork "github.com/pulumi/pulumi-azure-native-sdk/network/v2/v20240501"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/aks/spec"
)

// Names of the subnets of a network that is made.
const (
	subnetNodes     = "nodes"
	subnetAPIServer = "api-server"
)

// delegated is who gets the API server's subnet.
const delegated = "Microsoft.ContainerService/managedClusters"

// network is where the cluster stands.
type network struct {
	nodes, apiServer pulumi.StringInput // identifiers of subnets
}

// makeNetwork makes a virtual network of the cluster's own, or takes the given subnets as they are, and lets the control plane
// put the API server and the nodes into them.
func (m *maker) makeNetwork(identities map[string]*identity) (*network, error) {
	made := &network{nodes: m.args.Network.NodeSubnetID, apiServer: m.args.Network.APIServerSubnetID}
	if !m.args.Network.Given() {
		var err error
		if made, err = m.makeVirtualNetwork(); err != nil {
			return nil, err
		}
	}
	cluster := identities[identityCluster]
	if err := m.allow(cluster, identityCluster, "nodes-subnet", roleNetwork, made.nodes); err != nil {
		return nil, err
	}
	return made, m.allow(cluster, identityCluster, "api-server-subnet", roleNetwork, made.apiServer)
}

func (m *maker) makeVirtualNetwork() (*network, error) {
	// A group without rules of ours: Azure's own let in what comes from the network and its load balancer's probes, and
	// nothing else.
	closed, err := azurenetwork.NewNetworkSecurityGroup(m.ctx, m.called("closed"), &azurenetwork.NetworkSecurityGroupArgs{
		NetworkSecurityGroupName: m.named("closed"),
		ResourceGroupName:        m.group,
		Location:                 m.location(),
		SecurityRules:            azurenetwork.SecurityRuleTypeArray{},
		Tags:                     m.tags("closed"),
	}, m.child)
	if err != nil {
		return nil, fmt.Errorf("network security group: %w", err)
	}
	nodesRange, apiServerRange := m.args.Network.SubnetCIDRs()
	group := &azurenetwork.NetworkSecurityGroupTypeArgs{Id: closed.ID()}
	nodes := &azurenetwork.SubnetTypeArgs{
		Name:                  pulumi.String(subnetNodes),
		AddressPrefix:         pulumi.String(nodesRange),
		NetworkSecurityGroup:  group,
		DefaultOutboundAccess: pulumi.Bool(false), // the way out is the one that is made here
	}
	if err := m.makeWayOut(nodes); err != nil {
		return nil, err
	}
	made, err := azurenetwork.NewVirtualNetwork(m.ctx, m.called("network"), &azurenetwork.VirtualNetworkArgs{
		VirtualNetworkName: m.named("network"),
		ResourceGroupName:  m.group,
		Location:           m.location(),
		AddressSpace: &azurenetwork.AddressSpaceArgs{
			AddressPrefixes: pulumi.ToStringArray([]string{m.args.Network.CIDR}),
		},
		// In one resource: subnets beside their network undo each other's changes.
		Subnets: azurenetwork.SubnetTypeArray{nodes, &azurenetwork.SubnetTypeArgs{
			Name:                  pulumi.String(subnetAPIServer),
			AddressPrefix:         pulumi.String(apiServerRange),
			NetworkSecurityGroup:  group,
			DefaultOutboundAccess: pulumi.Bool(false),
			Delegations: azurenetwork.DelegationArray{&azurenetwork.DelegationArgs{
				Name: pulumi.String("aks"), ServiceName: pulumi.String(delegated),
			}},
		}},
		Tags: m.tags("network"),
	}, m.child)
	if err != nil {
		return nil, fmt.Errorf("virtual network: %w", err)
	}
	return &network{
		nodes:     pulumi.Sprintf("%s/subnets/%s", made.ID(), subnetNodes),
		apiServer: pulumi.Sprintf("%s/subnets/%s", made.ID(), subnetAPIServer),
	}, nil
}

// makeWayOut gives the nodes' subnet a NAT gateway, by which nothing gets in, or a route to the firewall.
func (m *maker) makeWayOut(nodes *azurenetwork.SubnetTypeArgs) error {
	if m.args.Network.Egress == spec.EgressFirewall {
		routes, err := azurenetwork.NewRouteTable(m.ctx, m.called("routes"), &azurenetwork.RouteTableArgs{
			RouteTableName:    m.named("routes"),
			ResourceGroupName: m.group,
			Location:          m.location(),
			// A gateway in a network that is peered with this one makes no way around the firewall.
			DisableBgpRoutePropagation: pulumi.Bool(true),
			Routes: azurenetwork.RouteTypeArray{&azurenetwork.RouteTypeArgs{
				Name:             pulumi.String("out"),
				AddressPrefix:    pulumi.String("0.0.0.0/0"),
				NextHopType:      pulumi.String(azurenetwork.RouteNextHopTypeVirtualAppliance),
				NextHopIpAddress: pulumi.String(m.args.Network.FirewallIP),
			}},
			Tags: m.tags("routes"),
		}, m.child)
		if err != nil {
			return fmt.Errorf("routes: %w", err)
		}
		nodes.RouteTable = &azurenetwork.RouteTableTypeArgs{Id: routes.ID()}
		return nil
	}
	address, err := azurenetwork.NewPublicIPAddress(m.ctx, m.called("nat-address"), &azurenetwork.PublicIPAddressArgs{
		PublicIpAddressName: m.named("nat"),
		ResourceGroupName:   m.group,
		Location:            m.location(),
		Sku: &azurenetwork.PublicIPAddressSkuArgs{
			Name: pulumi.String(azurenetwork.PublicIPAddressSkuNameStandard),
		},
		PublicIPAllocationMethod: pulumi.String(azurenetwork.IPAllocationMethodStatic),
		Tags:                     m.tags("nat"),
	}, m.child)
	if err != nil {
		return fmt.Errorf("address of the NAT gateway: %w", err)
	}
	gateway, err := azurenetwork.NewNatGateway(m.ctx, m.called("nat"), &azurenetwork.NatGatewayArgs{
		NatGatewayName:    m.named("nat"),
		ResourceGroupName: m.group,
		Location:          m.location(),
		Sku:               &azurenetwork.NatGatewaySkuArgs{Name: pulumi.String(azurenetwork.NatGatewaySkuNameStandard)},
		PublicIpAddresses: azurenetwork.SubResourceArray{&azurenetwork.SubResourceArgs{Id: address.ID()}},
		Tags:              m.tags("nat"),
	}, m.child)
	if err != nil {
		return fmt.Errorf("NAT gateway: %w", err)
	}
	nodes.NatGateway = &azurenetwork.SubResourceArgs{Id: gateway.ID()}
	return nil
}
