package aks

import (
	"fmt"
	"maps"

	resources "github.com/pulumi/pulumi-azure-native-sdk/resources/v2/v20240701"
	azure "github.com/pulumi/pulumi-azure-native-sdk/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/internal/frame"
)

// chooseProvider takes the caller's provider for azure-native, or makes one for the subscription that is meant.
func (m *maker) chooseProvider(opts []pulumi.ResourceOption) error {
	brought, err := frame.Brings[*azure.Provider](opts)
	if err != nil || brought {
		return err
	}
	provider, err := azure.NewProvider(m.ctx, m.name+"-azure", &azure.ProviderArgs{
		SubscriptionId: pulumi.String(m.args.Subscription),
		TenantId:       pulumi.String(m.args.Tenant),
		Location:       pulumi.String(m.args.Region),
		// Requests do not say which product has made them.
		DisablePulumiPartnerId: pulumi.Bool(true),
	}, m.child)
	if err != nil {
		return fmt.Errorf("provider for azure-native: %w", err)
	}
	m.child = pulumi.Composite(m.child, pulumi.Provider(provider))
	m.ask = pulumi.CompositeInvoke(m.ask, pulumi.Provider(provider))
	return nil
}

// makeGroup makes the resource group. What outlives the cluster stands in it, so that it stays, too.
func (m *maker) makeGroup() error {
	made, err := resources.NewResourceGroup(m.ctx, m.called("group"), &resources.ResourceGroupArgs{
		ResourceGroupName: pulumi.String(m.args.Name),
		Location:          pulumi.String(m.args.Region),
		Tags:              m.tags("group"),
	}, m.child, m.kept(), m.retained())
	if err != nil {
		return fmt.Errorf("resource group: %w", err)
	}
	m.group = made.Name
	return nil
}

// called is the name of a child.
func (m *maker) called(part string) string { return m.name + "-" + part }

// named is the name of a resource in Azure.
func (m *maker) named(part string) pulumi.String { return pulumi.String(m.args.Name + "-" + part) }

func (m *maker) location() pulumi.String { return pulumi.String(m.args.Region) }

// tags of one resource, by which people find it in the portal.
func (m *maker) tags(part string) pulumi.StringMap {
	tags := map[string]string{
		"rampart:cluster": m.args.Name, "rampart:environment": string(m.args.Environment), "rampart:part": part,
	}
	maps.Copy(tags, m.args.Tags)
	return pulumi.ToStringMap(tags)
}

// kept are the options of what must outlive a mistake: the cluster, its keys, its logs.
func (m *maker) kept() pulumi.ResourceOption { return pulumi.Protect(!m.args.Ephemeral) }

// retained are those of what stays when its stack is destroyed: without the keys a backup is worth nothing, and the end of a
// cluster is when its logs are wanted.
func (m *maker) retained() pulumi.ResourceOption { return pulumi.RetainOnDelete(!m.args.Ephemeral) }
