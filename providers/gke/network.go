package gke

import (
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/gke/spec"
)

// Names of the secondary ranges of a subnetwork that is made.
const (
	podRange     = "pods"
	serviceRange = "services"
)

// network is where the cluster stands.
type network struct {
	id, subnetwork         pulumi.StringOutput
	podRange, serviceRange string

	// ready must be there before a node can reach what it needs, and go after the nodes.
	ready []pulumi.Resource
}

// makeNetwork makes a VPC of the cluster's own, or takes the given one as it is.
func (m *maker) makeNetwork() (*network, error) {
	if given := m.args.Network; given.Given() {
		return &network{
			id: given.NetworkID.ToStringOutput(), subnetwork: given.SubnetworkID.ToStringOutput(),
			podRange: given.PodRange, serviceRange: given.ServiceRange,
		}, nil
	}
	vpc, err := compute.NewNetwork(m.ctx, m.called("network"), &compute.NetworkArgs{
		Name: pulumi.String(m.args.Name), Project: m.project(),
		AutoCreateSubnetworks: pulumi.Bool(false),
		// A way out is made for those who ask for one.
		DeleteDefaultRoutesOnCreate: pulumi.Bool(true),
		RoutingMode:                 pulumi.String("REGIONAL"),
	}, m.child)
	if err != nil {
		return nil, fmt.Errorf("network: %w", err)
	}
	subnetwork, err := m.makeSubnetwork(vpc)
	if err != nil {
		return nil, err
	}
	made := &network{
		id: vpc.ID().ToStringOutput(), subnetwork: subnetwork.ID().ToStringOutput(), podRange: podRange, serviceRange: serviceRange,
	}
	if err := m.makeWayToGoogle(vpc, made); err != nil {
		return nil, err
	}
	if m.args.Network.Egress == spec.EgressNAT {
		return made, m.makeWayOut(vpc, subnetwork, made)
	}
	return made, nil
}

// makeSubnetwork makes the one that nodes, pods and services have their addresses in. Every connection is written down.
func (m *maker) makeSubnetwork(vpc *compute.Network) (*compute.Subnetwork, error) {
	made, err := compute.NewSubnetwork(m.ctx, m.called("subnetwork"), &compute.SubnetworkArgs{
		Name: m.titled("nodes"), Project: m.project(), Region: m.region(), Network: vpc.ID(),
		IpCidrRange:           pulumi.String(m.args.Network.CIDR),
		PrivateIpGoogleAccess: pulumi.Bool(true),
		StackType:             pulumi.String("IPV4_ONLY"),
		SecondaryIpRanges: compute.SubnetworkSecondaryIpRangeArray{
			secondary(podRange, m.args.Network.PodCIDR), secondary(serviceRange, m.args.ServiceCIDR),
		},
		LogConfig: &compute.SubnetworkLogConfigArgs{
			AggregationInterval: pulumi.String("INTERVAL_1_MIN"),
			FlowSampling:        pulumi.Float64(1),
			Metadata:            pulumi.String("INCLUDE_ALL_METADATA"),
		},
	}, m.child)
	if err != nil {
		return nil, fmt.Errorf("subnetwork: %w", err)
	}
	return made, nil
}

func secondary(name, cidr string) *compute.SubnetworkSecondaryIpRangeArgs {
	return &compute.SubnetworkSecondaryIpRangeArgs{RangeName: pulumi.String(name), IpCidrRange: pulumi.String(cidr)}
}

// makeWayOut makes Cloud NAT. Nothing gets in by it.
func (m *maker) makeWayOut(vpc *compute.Network, subnetwork *compute.Subnetwork, into *network) error {
	route, err := m.route("out", "0.0.0.0/0", vpc)
	if err != nil {
		return err
	}
	router, err := compute.NewRouter(m.ctx, m.called("router"), &compute.RouterArgs{
		Name: m.titled("router"), Project: m.project(), Region: m.region(), Network: vpc.ID(),
	}, m.child)
	if err != nil {
		return fmt.Errorf("router: %w", err)
	}
	nat, err := compute.NewRouterNat(m.ctx, m.called("nat"), &compute.RouterNatArgs{
		Name: m.titled("nat"), Project: m.project(), Region: m.region(), Router: router.Name,
		NatIpAllocateOption:           pulumi.String("AUTO_ONLY"),
		SourceSubnetworkIpRangesToNat: pulumi.String("LIST_OF_SUBNETWORKS"),
		Subnetworks: compute.RouterNatSubnetworkArray{&compute.RouterNatSubnetworkArgs{
			Name: subnetwork.ID(), SourceIpRangesToNats: pulumi.ToStringArray([]string{"ALL_IP_RANGES"}),
		}},
		LogConfig: &compute.RouterNatLogConfigArgs{Enable: pulumi.Bool(true), Filter: pulumi.String("ALL")},
	}, m.child, pulumi.DependsOn([]pulumi.Resource{route}))
	if err != nil {
		return fmt.Errorf("cloud NAT: %w", err)
	}
	into.ready = append(into.ready, nat)
	return nil
}

// route leads a range to the gateway of the internet. Without a public address or Cloud NAT only Google's own private
// addresses are behind it.
func (m *maker) route(part, to string, vpc *compute.Network) (pulumi.Resource, error) {
	made, err := compute.NewRoute(m.ctx, m.called("route-"+part), &compute.RouteArgs{
		Name: m.titled(part), Project: m.project(), Network: vpc.Name,
		DestRange: pulumi.String(to), NextHopGateway: pulumi.String("default-internet-gateway"),
	}, m.child)
	if err != nil {
		return nil, fmt.Errorf("route %s: %w", part, err)
	}
	return made, nil
}
