package gke

import (
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/logging"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Parts of the control plane, and of what runs on nodes, whose logs and metrics are collected.
var (
	logComponents    = []string{"SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER", "SCHEDULER", "CONTROLLER_MANAGER"}
	metricComponents = []string{"SYSTEM_COMPONENTS", "APISERVER", "SCHEDULER", "CONTROLLER_MANAGER"}
)

// makeLogs makes a bucket in the cluster's own region, with a retention of its own, and leads there what concerns the cluster:
// GKE would leave it in the project's default bucket for a month. It stays behind when its stack is destroyed, unless the
// cluster is ephemeral: that is when it is wanted.
func (m *maker) makeLogs() ([]pulumi.Resource, error) {
	bucket, err := logging.NewProjectBucketConfig(m.ctx, m.called("logs"), &logging.ProjectBucketConfigArgs{
		Project: m.project(), Location: m.region(), BucketId: m.titled("logs"),
		Description:   pulumi.String("Cluster " + m.args.Name + ": audit events, control plane, nodes, connections"),
		RetentionDays: pulumi.Int(m.args.LogRetentionDays),
	}, m.child, m.kept(), pulumi.RetainOnDelete(!m.args.Ephemeral))
	if err != nil {
		return nil, fmt.Errorf("log bucket: %w", err)
	}
	sink, err := logging.NewProjectSink(m.ctx, m.called("logs-sink"), &logging.ProjectSinkArgs{
		Name: m.titled("logs"), Project: m.project(),
		Destination: pulumi.Sprintf("logging.googleapis.com/%s", bucket.ID()),
		Filter:      pulumi.String(m.logFilter()),
		// Into a bucket of the same project it needs no account, and no right that could be forgotten.
		UniqueWriterIdentity: pulumi.Bool(true),
	}, m.child)
	if err != nil {
		return nil, fmt.Errorf("log sink: %w", err)
	}
	made := []pulumi.Resource{bucket, sink}
	if m.args.GivenAuditConfig {
		return made, nil
	}
	// Without it, Google writes down what is changed, and not who reads Secrets.
	audit, err := projects.NewIAMAuditConfig(m.ctx, m.called("audit"), &projects.IAMAuditConfigArgs{
		Project: m.project(), Service: pulumi.String("container.googleapis.com"),
		AuditLogConfigs: projects.IAMAuditConfigAuditLogConfigArray{
			&projects.IAMAuditConfigAuditLogConfigArgs{LogType: pulumi.String("ADMIN_READ")},
			&projects.IAMAuditConfigAuditLogConfigArgs{LogType: pulumi.String("DATA_READ")},
			&projects.IAMAuditConfigAuditLogConfigArgs{LogType: pulumi.String("DATA_WRITE")},
		},
	}, m.child)
	if err != nil {
		return nil, fmt.Errorf("audit configuration: %w", err)
	}
	return append(made, audit), nil
}

// logFilter is what concerns the cluster: everything that bears its name, and the connections of a subnetwork of its own.
func (m *maker) logFilter() string {
	filter := fmt.Sprintf(`resource.labels.cluster_name="%s" AND resource.labels.location="%s"`, m.args.Name, m.args.Region)
	if m.args.Network.Given() {
		return filter
	}
	return fmt.Sprintf(`(%s) OR (resource.type="gce_subnetwork" AND resource.labels.subnetwork_name="%s-nodes")`,
		filter, m.args.Name)
}
