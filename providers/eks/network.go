package eks

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/eks/spec"
)

// network is where the cluster stands.
type network struct {
	vpcID   pulumi.StringInput
	private pulumi.StringArray // identifiers of subnets

	// ready must be there before a node can reach what it needs, and go after the nodes.
	ready []pulumi.Resource
}

// makeNetwork makes a VPC of the cluster's own, or takes the given one as it is.
func (m *maker) makeNetwork(keys *keys, roles map[string]*role) (*network, error) {
	if given := m.args.Network; given.Given() {
		taken := &network{vpcID: given.VPCID}
		for _, subnet := range given.Subnets {
			taken.private = append(taken.private, subnet.ID)
		}
		return taken, nil
	}
	vpc, err := ec2.NewVpc(m.ctx, m.called("vpc"), &ec2.VpcArgs{
		CidrBlock: pulumi.String(m.args.Network.CIDR),
		// Endpoints in the VPC are found by names in it.
		EnableDnsHostnames: pulumi.Bool(true),
		EnableDnsSupport:   pulumi.Bool(true),
		Tags:               m.tags("vpc"),
	}, m.child)
	if err != nil {
		return nil, fmt.Errorf("vpc: %w", err)
	}
	// The group that everything gets that names none: it allows nothing.
	if _, err := ec2.NewDefaultSecurityGroup(m.ctx, m.called("vpc-default-group"), &ec2.DefaultSecurityGroupArgs{
		VpcId:   vpc.ID(),
		Ingress: ec2.DefaultSecurityGroupIngressArray{},
		Egress:  ec2.DefaultSecurityGroupEgressArray{},
		Tags:    m.tags("default-group-without-rules"),
	}, m.child); err != nil {
		return nil, fmt.Errorf("default security group: %w", err)
	}
	if err := m.makeFlowLogs(vpc, keys, roles[roleFlow]); err != nil {
		return nil, err
	}
	made := &network{vpcID: vpc.ID()}
	tables, err := m.makePrivateSubnets(vpc, made)
	if err != nil {
		return nil, err
	}
	if m.args.Network.Egress != spec.EgressNone {
		if err := m.makeWayOut(vpc, tables, made); err != nil {
			return nil, err
		}
	}
	return made, m.makeEndpoints(vpc, tables, made)
}

// makePrivateSubnets makes one in each zone, with a route table of its own that leads nowhere yet.
func (m *maker) makePrivateSubnets(vpc *ec2.Vpc, into *network) ([]*ec2.RouteTable, error) {
	ranges, _ := m.args.Network.SubnetCIDRs()
	var tables []*ec2.RouteTable
	for i, zone := range m.args.Network.Zones {
		part := "private-" + zone
		subnet, err := m.makeSubnet(vpc, part, zone, ranges[i], "kubernetes.io/role/internal-elb")
		if err != nil {
			return nil, err
		}
		table, err := ec2.NewRouteTable(m.ctx, m.called(part+"-routes"), &ec2.RouteTableArgs{
			VpcId: vpc.ID(), Tags: m.tags(part),
		}, m.child)
		if err != nil {
			return nil, fmt.Errorf("routes of %s: %w", part, err)
		}
		association, err := m.associate(part, subnet, table)
		if err != nil {
			return nil, err
		}
		tables = append(tables, table)
		into.private = append(into.private, subnet.ID())
		into.ready = append(into.ready, association)
	}
	return tables, nil
}

func (m *maker) makeSubnet(vpc *ec2.Vpc, part, zone, cidr, role string) (*ec2.Subnet, error) {
	tags := m.tags(part)
	tags[role] = pulumi.String("1") // where load balancers are put
	subnet, err := ec2.NewSubnet(m.ctx, m.called(part), &ec2.SubnetArgs{
		VpcId:               vpc.ID(),
		AvailabilityZone:    pulumi.String(zone),
		CidrBlock:           pulumi.String(cidr),
		MapPublicIpOnLaunch: pulumi.Bool(false), // in public subnets neither: only gateways stand there
		Tags:                tags,
	}, m.child)
	if err != nil {
		return nil, fmt.Errorf("subnet %s: %w", part, err)
	}
	return subnet, nil
}

func (m *maker) associate(part string, subnet *ec2.Subnet, table *ec2.RouteTable) (pulumi.Resource, error) {
	made, err := ec2.NewRouteTableAssociation(m.ctx, m.called(part+"-association"), &ec2.RouteTableAssociationArgs{
		SubnetId: subnet.ID(), RouteTableId: table.ID(),
	}, m.child)
	if err != nil {
		return nil, fmt.Errorf("association of %s: %w", part, err)
	}
	return made, nil
}

// makeWayOut makes NAT gateways in public subnets, and leads the private ones to them. Nothing gets in by them.
func (m *maker) makeWayOut(vpc *ec2.Vpc, private []*ec2.RouteTable, into *network) error {
	internet, err := ec2.NewInternetGateway(m.ctx, m.called("internet"), &ec2.InternetGatewayArgs{
		VpcId: vpc.ID(), Tags: m.tags("internet"),
	}, m.child)
	if err != nil {
		return fmt.Errorf("internet gateway: %w", err)
	}
	table, err := ec2.NewRouteTable(m.ctx, m.called("public-routes"), &ec2.RouteTableArgs{
		VpcId: vpc.ID(), Tags: m.tags("public"),
	}, m.child)
	if err != nil {
		return fmt.Errorf("public routes: %w", err)
	}
	out, err := m.route("public-route-out", &ec2.RouteArgs{RouteTableId: table.ID(), GatewayId: internet.ID()})
	if err != nil {
		return err
	}
	_, ranges := m.args.Network.SubnetCIDRs()
	var gateways []*ec2.NatGateway
	for i, zone := range m.args.Network.Zones {
		if i > 0 && m.args.Network.Egress == spec.EgressNAT {
			break
		}
		part := "public-" + zone
		subnet, err := m.makeSubnet(vpc, part, zone, ranges[i], "kubernetes.io/role/elb")
		if err != nil {
			return err
		}
		association, err := m.associate(part, subnet, table)
		if err != nil {
			return err
		}
		gateway, err := m.makeNAT(zone, subnet, association, out)
		if err != nil {
			return err
		}
		gateways = append(gateways, gateway)
	}
	for i, zone := range m.args.Network.Zones {
		route, err := m.route("private-"+zone+"-route-out", &ec2.RouteArgs{
			RouteTableId: private[i].ID(), NatGatewayId: gateways[min(i, len(gateways)-1)].ID(),
		})
		if err != nil {
			return err
		}
		into.ready = append(into.ready, route)
	}
	return nil
}

func (m *maker) route(part string, args *ec2.RouteArgs) (pulumi.Resource, error) {
	args.DestinationCidrBlock = pulumi.String("0.0.0.0/0")
	made, err := ec2.NewRoute(m.ctx, m.called(part), args, m.child)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", part, err)
	}
	return made, nil
}

func (m *maker) makeNAT(zone string, subnet *ec2.Subnet, after ...pulumi.Resource) (*ec2.NatGateway, error) {
	address, err := ec2.NewEip(m.ctx, m.called("nat-"+zone+"-address"), &ec2.EipArgs{
		Domain: pulumi.String("vpc"), Tags: m.tags("nat-" + zone),
	}, m.child)
	if err != nil {
		return nil, fmt.Errorf("address of the NAT gateway in %s: %w", zone, err)
	}
	gateway, err := ec2.NewNatGateway(m.ctx, m.called("nat-"+zone), &ec2.NatGatewayArgs{
		SubnetId: subnet.ID(), AllocationId: address.ID(), Tags: m.tags("nat-" + zone),
	}, m.child, pulumi.DependsOn(after))
	if err != nil {
		return nil, fmt.Errorf("NAT gateway in %s: %w", zone, err)
	}
	return gateway, nil
}
