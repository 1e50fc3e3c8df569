package gke

import (
	"fmt"
	"maps"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/internal/frame"
)

// chooseProvider takes the caller's provider for gcp, or makes one.
func (m *maker) chooseProvider(opts []pulumi.ResourceOption) error {
	brought, err := frame.Brings[*gcp.Provider](opts)
	if err != nil || brought {
		return err
	}
	provider, err := gcp.NewProvider(m.ctx, m.name+"-gcp", &gcp.ProviderArgs{
		Project: pulumi.String(m.args.Project), Region: pulumi.String(m.args.Region),
	}, m.child)
	if err != nil {
		return fmt.Errorf("provider for gcp: %w", err)
	}
	m.child = pulumi.Composite(m.child, pulumi.Provider(provider))
	return nil
}

// services are those that a project must have on. Where they are on already, nothing changes.
var services = []string{
	"artifactregistry", "binaryauthorization", "cloudkms", "compute", "container", "containersecurity", "dns", "iam", "logging",
	"monitoring",
}

// makeServices turns on what the cluster needs. Nothing is turned off again: others may need it, too.
func (m *maker) makeServices() ([]pulumi.Resource, error) {
	made := make([]pulumi.Resource, 0, len(services))
	for _, service := range services {
		on, err := projects.NewService(m.ctx, m.called("service-"+service), &projects.ServiceArgs{
			Project: pulumi.String(m.args.Project), Service: pulumi.String(service + ".googleapis.com"),
			DisableOnDestroy: pulumi.Bool(false),
		}, m.child)
		if err != nil {
			return nil, fmt.Errorf("service %s: %w", service, err)
		}
		made = append(made, on)
	}
	return made, nil
}

// called is the name of a child.
func (m *maker) called(part string) string { return m.name + "-" + part }

// titled is the name of a thing in the project.
func (m *maker) titled(part string) pulumi.String { return pulumi.String(m.args.Name + "-" + part) }

func (m *maker) project() pulumi.String { return pulumi.String(m.args.Project) }
func (m *maker) region() pulumi.String  { return pulumi.String(m.args.Region) }

// labels by which people find what belongs to a cluster.
func (m *maker) labels() pulumi.StringMap {
	labels := map[string]string{"rampart-cluster": m.args.Name, "rampart-environment": string(m.args.Environment)}
	maps.Copy(labels, m.args.Labels)
	return pulumi.ToStringMap(labels)
}

// kept are the options of what must outlive a mistake: the cluster, its keys, its logs.
func (m *maker) kept() pulumi.ResourceOption { return pulumi.Protect(!m.args.Ephemeral) }
