package eks

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Kinds of logs.
const (
	logsControlPlane = "cluster"
	logsFlow         = "flow"
)

// logGroup is the name of a log group. EKS writes to /aws/eks/<cluster>/cluster and nowhere else.
func (m *maker) logGroup(kind string) string { return "/aws/eks/" + m.args.Name + "/" + kind }

// makeLogGroup makes a log group before anything writes to it: EKS would make one that is not encrypted with our key and
// kept for ever. It stays behind when its stack is destroyed, unless the cluster is ephemeral: that is when it is wanted.
func (m *maker) makeLogGroup(kind string, keys *keys) (*cloudwatch.LogGroup, error) {
	made, err := cloudwatch.NewLogGroup(m.ctx, m.called("logs-"+kind), &cloudwatch.LogGroupArgs{
		Name:            pulumi.String(m.logGroup(kind)),
		KmsKeyId:        keys.logs,
		RetentionInDays: pulumi.Int(m.args.LogRetentionDays),
		SkipDestroy:     pulumi.Bool(!m.args.Ephemeral),
		Tags:            m.tags("logs-" + kind),
	}, m.child, m.kept())
	if err != nil {
		return nil, fmt.Errorf("log group %s: %w", kind, err)
	}
	return made, nil
}

// makeFlowLogs writes down every connection in the VPC, allowed or not.
func (m *maker) makeFlowLogs(vpc *ec2.Vpc, keys *keys, writer *role) error {
	group, err := m.makeLogGroup(logsFlow, keys)
	if err != nil {
		return err
	}
	rights, err := policy(statement{
		Action:   []string{"logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"},
		Resource: m.arn("logs", "log-group:"+m.logGroup(logsFlow)+":*"),
	}, statement{
		Action:   []string{"logs:DescribeLogGroups"},
		Resource: "*", // which cannot be narrowed
	})
	if err != nil {
		return err
	}
	if err := m.allow(writer, roleFlow, "write", pulumi.String(rights)); err != nil {
		return err
	}
	const shortestInterval = 60 // seconds
	if _, err := ec2.NewFlowLog(m.ctx, m.called("flow-log"), &ec2.FlowLogArgs{
		VpcId:                  vpc.ID(),
		TrafficType:            pulumi.String("ALL"),
		LogDestinationType:     pulumi.String("cloud-watch-logs"),
		LogDestination:         group.Arn,
		IamRoleArn:             writer.Arn,
		MaxAggregationInterval: pulumi.Int(shortestInterval),
		Tags:                   m.tags("flow-log"),
	}, m.child, pulumi.DependsOn(writer.Rights)); err != nil {
		return fmt.Errorf("flow log: %w", err)
	}
	return nil
}
