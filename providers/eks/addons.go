package eks

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/eks/spec"
)

// networkSettings of the VPC CNI: who enforces policies is Calico, and two of them would undo each other's rules.
const networkSettings = `{"enableNetworkPolicy":"false"}`

// makeEarlyAddons makes what a node needs to become ready, and what its pods need to get their roles.
func (m *maker) makeEarlyAddons(control *eks.Cluster, roles map[string]*role) ([]pulumi.Resource, error) {
	network, err := m.associatePods("network", control, roles[roleNetwork], "aws-node")
	if err != nil {
		return nil, err
	}
	cni, err := m.addon(spec.AddonNetwork, control, networkSettings, network)
	if err != nil {
		return nil, err
	}
	proxy, err := m.addon(spec.AddonProxy, control, "")
	if err != nil {
		return nil, err
	}
	agent, err := m.addon(spec.AddonPodIdentity, control, "")
	if err != nil {
		return nil, err
	}
	return []pulumi.Resource{cni, proxy, agent}, nil
}

// makeLateAddons makes what runs on nodes: EKS waits for it, and without nodes would wait for ever.
func (m *maker) makeLateAddons(control *eks.Cluster, roles map[string]*role, nodes []pulumi.Resource) ([]pulumi.Resource, error) {
	volumes, err := m.associatePods("volumes", control, roles[roleVolumes], "ebs-csi-controller-sa")
	if err != nil {
		return nil, err
	}
	dns, err := m.addon(spec.AddonDNS, control, "", nodes...)
	if err != nil {
		return nil, err
	}
	driver, err := m.addon(spec.AddonVolumes, control, "", append(nodes, volumes)...)
	if err != nil {
		return nil, err
	}
	made := []pulumi.Resource{dns, driver}
	if m.args.GuardDuty {
		agent, err := m.addon(spec.AddonGuardDuty, control, "", nodes...)
		if err != nil {
			return nil, err
		}
		made = append(made, agent)
	}
	return made, nil
}

func (m *maker) addon(name string, control *eks.Cluster, settings string, after ...pulumi.Resource) (pulumi.Resource, error) {
	version, _ := spec.Of(m.args.KubernetesVersion)
	pinned := version.Addons[name]
	if own := m.args.AddonVersions[name]; own != "" {
		pinned = own
	}
	args := &eks.AddonArgs{
		ClusterName:  control.Name,
		AddonName:    pulumi.String(name),
		AddonVersion: pulumi.String(pinned),
		// What the stack says holds, whoever has changed it since.
		ResolveConflictsOnCreate: pulumi.String("OVERWRITE"),
		ResolveConflictsOnUpdate: pulumi.String("OVERWRITE"),
		Tags:                     m.tags(name),
	}
	if settings != "" {
		args.ConfigurationValues = pulumi.String(settings)
	}
	made, err := eks.NewAddon(m.ctx, m.called("addon-"+name), args, m.child, pulumi.DependsOn(after), pulumi.DeletedWith(control))
	if err != nil {
		return nil, fmt.Errorf("add-on %s: %w", name, err)
	}
	return made, nil
}

// associatePods gives pods of a service account in kube-system a role.
func (m *maker) associatePods(part string, control *eks.Cluster, to *role, account string) (pulumi.Resource, error) {
	made, err := eks.NewPodIdentityAssociation(m.ctx, m.called(part+"-identity"), &eks.PodIdentityAssociationArgs{
		ClusterName:    control.Name,
		Namespace:      pulumi.String("kube-system"),
		ServiceAccount: pulumi.String(account),
		RoleArn:        to.Arn,
		Tags:           m.tags(part),
	}, m.child, pulumi.DependsOn(to.Rights), pulumi.DeletedWith(control))
	if err != nil {
		return nil, fmt.Errorf("identity of %s: %w", account, err)
	}
	return made, nil
}
