package eks

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/eks/spec"
)

// endpointServices are the services of AWS that nodes and the cluster's own pods call. Without a way out they are reached
// by endpoints in the VPC, and nothing else is reached.
func (m *maker) endpointServices() []string {
	var services []string
	if m.args.Network.Egress == spec.EgressNone {
		services = []string{"autoscaling", "ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "elasticloadbalancing", "kms", "logs", "sts"}
	}
	if m.args.GuardDuty {
		services = append(services, "guardduty-data")
	}
	return services
}

// makeEndpoints makes them. S3 has one in any case: it holds the layers of ECR's images, and this way costs nothing.
func (m *maker) makeEndpoints(vpc *ec2.Vpc, tables []*ec2.RouteTable, into *network) error {
	ids := pulumi.StringArray{}
	for _, table := range tables {
		ids = append(ids, table.ID())
	}
	bucket, err := m.bucketPolicy()
	if err != nil {
		return err
	}
	storage, err := ec2.NewVpcEndpoint(m.ctx, m.called("endpoint-s3"), &ec2.VpcEndpointArgs{
		VpcId:           vpc.ID(),
		ServiceName:     pulumi.String("com.amazonaws." + m.args.Region + ".s3"),
		VpcEndpointType: pulumi.String("Gateway"),
		RouteTableIds:   ids,
		Policy:          pulumi.String(bucket),
		Tags:            m.tags("endpoint-s3"),
	}, m.child)
	if err != nil {
		return fmt.Errorf("endpoint of s3: %w", err)
	}
	into.ready = append(into.ready, storage)
	services := m.endpointServices()
	if len(services) == 0 {
		return nil
	}
	group, err := m.makeEndpointGroup(vpc)
	if err != nil {
		return err
	}
	own, err := policy(statement{
		Principal: map[string]any{"AWS": "*"}, Action: []string{"*"}, Resource: "*",
		Condition: map[string]map[string]any{"StringEquals": {"aws:PrincipalAccount": m.args.Account}},
	})
	if err != nil {
		return err
	}
	for _, service := range services {
		part := "endpoint-" + strings.ReplaceAll(service, ".", "-")
		made, err := ec2.NewVpcEndpoint(m.ctx, m.called(part), &ec2.VpcEndpointArgs{
			VpcId:             vpc.ID(),
			ServiceName:       pulumi.String("com.amazonaws." + m.args.Region + "." + service),
			VpcEndpointType:   pulumi.String("Interface"),
			PrivateDnsEnabled: pulumi.Bool(true),
			SubnetIds:         into.private,
			SecurityGroupIds:  pulumi.StringArray{group.ID()},
			Policy:            pulumi.String(own),
			Tags:              m.tags(part),
		}, m.child)
		if err != nil {
			return fmt.Errorf("endpoint of %s: %w", service, err)
		}
		into.ready = append(into.ready, made)
	}
	return nil
}

// bucketPolicy lets the account's own principals through, and everybody to the bucket that ECR keeps layers in: its
// requests are signed by ECR. Nobody takes data out with the credentials of another account.
func (m *maker) bucketPolicy() (string, error) {
	return policy(statement{
		Principal: map[string]any{"AWS": "*"}, Action: []string{"s3:*"}, Resource: "*",
		Condition: map[string]map[string]any{"StringEquals": {"aws:PrincipalAccount": m.args.Account}},
	}, statement{
		Principal: map[string]any{"AWS": "*"}, Action: []string{"s3:GetObject"},
		Resource: fmt.Sprintf("arn:%s:s3:::prod-%s-starport-layer-bucket/*", m.partition(), m.args.Region),
	})
}

// makeEndpointGroup lets everybody in the VPC, and nobody else, speak TLS to the endpoints.
func (m *maker) makeEndpointGroup(vpc *ec2.Vpc) (*ec2.SecurityGroup, error) {
	const https = 443
	group, err := ec2.NewSecurityGroup(m.ctx, m.called("endpoints"), &ec2.SecurityGroupArgs{
		VpcId:       vpc.ID(),
		Name:        pulumi.String(m.args.Name + "-endpoints"),
		Description: pulumi.String("TLS from the VPC to endpoints of AWS"),
		Ingress: ec2.SecurityGroupIngressArray{&ec2.SecurityGroupIngressArgs{
			Description: pulumi.String("TLS from the VPC"),
			Protocol:    pulumi.String("tcp"), FromPort: pulumi.Int(https), ToPort: pulumi.Int(https),
			CidrBlocks: pulumi.ToStringArray([]string{m.args.Network.CIDR}),
		}},
		Egress: ec2.SecurityGroupEgressArray{},
		Tags:   m.tags("endpoints"),
	}, m.child)
	if err != nil {
		return nil, fmt.Errorf("security group of the endpoints: %w", err)
	}
	return group, nil
}
