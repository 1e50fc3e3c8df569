package plan

import (
	"slices"
	"strings"
)

// Group is a part of what a stack makes.
type Group struct {
	Name  string  `json:"name"`
	Count int     `json:"count"`
	Kinds []Count `json:"kinds"`
}

// Count is how many there are of one kind of resource.
type Count struct {
	Kind  string `json:"kind"`
	Count int    `json:"count"`
}

// Names of groups, in the order in which a stack makes them.
const (
	groupAccount   = "account"
	groupNetwork   = "network"
	groupKeys      = "keys"
	groupIdentity  = "identity"
	groupLogs      = "logs"
	groupCluster   = "cluster"
	groupNodes     = "nodes"
	groupPods      = "in the cluster: pod network"
	groupAdmission = "in the cluster: admission"
	groupAccess    = "in the cluster: access"
	groupIsolation = "in the cluster: isolation"
	groupTenants   = "in the cluster: tenants"
	groupOther     = "other"
)

var groupOrder = []string{
	groupAccount, groupNetwork, groupKeys, groupIdentity, groupLogs, groupCluster, groupNodes,
	groupPods, groupAdmission, groupAccess, groupIsolation, groupTenants, groupOther,
}

// kindGroups are the groups of kinds of resources in clouds and on this machine.
var kindGroups = map[string][]string{
	groupAccount: {"azure-native:ResourceGroup", "gcp:Service"},
	groupNetwork: {
		"aws:Vpc", "aws:Subnet", "aws:RouteTable", "aws:RouteTableAssociation", "aws:Route", "aws:SecurityGroup",
		"aws:DefaultSecurityGroup", "aws:VpcEndpoint", "aws:InternetGateway", "aws:NatGateway", "aws:Eip",
		"azure-native:VirtualNetwork", "azure-native:NetworkSecurityGroup", "azure-native:NatGateway",
		"azure-native:PublicIPAddress", "azure-native:RouteTable",
		"gcp:Network", "gcp:Subnetwork", "gcp:Route", "gcp:Router", "gcp:RouterNat", "gcp:ManagedZone", "gcp:RecordSet",
		"gcp:Firewall",
	},
	groupKeys: {
		"aws:Key", "aws:Alias", "azure-native:Vault", "azure-native:Key", "azure-native:DiskEncryptionSet",
		"gcp:KeyRing", "gcp:CryptoKey", "rampart:kind:EncryptionKey",
	},
	groupIdentity: {
		"aws:Role", "aws:RolePolicy", "aws:RolePolicyAttachment", "aws:AccessEntry", "aws:AccessPolicyAssociation",
		"aws:PodIdentityAssociation", "aws:OpenIdConnectProvider",
		"azure-native:UserAssignedIdentity", "azure-native:RoleAssignment",
		"gcp:Account", "gcp:IAMMember", "gcp:CryptoKeyIAMMember", "gcp:RepositoryIamMember",
	},
	groupLogs: {
		"aws:LogGroup", "aws:FlowLog", "azure-native:Workspace", "azure-native:DiagnosticSetting", "gcp:ProjectBucketConfig",
		"gcp:ProjectSink", "gcp:IAMAuditConfig",
	},
	groupCluster: {
		"aws:Cluster", "aws:Addon", "azure-native:ManagedCluster", "azure-native:MaintenanceConfiguration", "gcp:Cluster",
		"rampart:kind:Cluster",
	},
	groupNodes: {"aws:NodeGroup", "aws:LaunchTemplate", "azure-native:AgentPool", "gcp:NodePool"},
}

// layerGroups are the groups of what is in a cluster, by the module of the outermost component of ours that it is part of.
var layerGroups = map[string]string{
	"network": groupPods, "admission": groupAdmission, "access": groupAccess, "isolation": groupIsolation, "tenant": groupTenants,
	"kind": groupCluster, "eks": groupCluster, "aks": groupCluster, "gke": groupCluster,
}

// groups counts what the record makes. Components and providers are how the program is built, and are not counted.
func groups(record Record) []Group {
	counts := map[string]map[string]int{}
	for _, each := range record.Resources {
		if each.plumbing() {
			continue
		}
		name := record.group(each)
		if counts[name] == nil {
			counts[name] = map[string]int{}
		}
		counts[name][each.Kind()]++
	}
	var found []Group
	for _, name := range groupOrder {
		if counts[name] == nil {
			continue
		}
		group := Group{Name: name}
		for kind, count := range counts[name] {
			_, plain, _ := strings.Cut(kind, ":")
			group.Kinds = append(group.Kinds, Count{plain, count})
			group.Count += count
		}
		slices.SortFunc(group.Kinds, func(a, b Count) int {
			if a.Count != b.Count {
				return b.Count - a.Count
			}
			return strings.Compare(a.Kind, b.Kind)
		})
		found = append(found, group)
	}
	return found
}

// plumbing says that nothing is made for a resource anywhere.
func (r Resource) plumbing() bool {
	if r.Package() == "pulumi" {
		return true
	}
	return r.Package() == "rampart" && !slices.Contains(kindGroups[groupKeys], r.Type) &&
		!slices.Contains(kindGroups[groupCluster], r.Type)
}

// group that a resource belongs to.
func (r Record) group(of Resource) string {
	for name, kinds := range kindGroups {
		if slices.Contains(kinds, of.Kind()) {
			return name
		}
	}
	if of.Package() != "kubernetes" {
		return groupOther
	}
	outermost := of
	for outermost.Parent != "" {
		parent, found := r.component(outermost.Parent)
		if !found {
			break
		}
		outermost = parent
	}
	if module := strings.Split(outermost.Type, ":"); len(module) > 1 {
		if group := layerGroups[module[1]]; group != "" {
			return group
		}
	}
	return groupOther
}

// component of ours with a name.
func (r Record) component(name string) (Resource, bool) {
	at := slices.IndexFunc(r.Resources, func(each Resource) bool { return each.Name == name && each.Package() == "rampart" })
	if at < 0 {
		return Resource{}, false
	}
	return r.Resources[at], true
}
