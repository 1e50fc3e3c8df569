package eks

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/internal/mock"
	"github.com/rampart-iac/rampart/providers/internal/property"
)

// cis is the CIS Amazon EKS Benchmark 1.8.
var cis = property.Benchmark{
	Items: []string{
		"2.1.1", "2.1.2", "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.2.1", "5.3.1", "5.4.1", "5.4.2", "5.4.3", "5.4.4", "5.4.5", "5.5.1",
	},
	Checks: cisItems,
	Elsewhere: map[string]string{
		"5.1.1": "images are scanned by the registry, which is not made here",
		"5.1.2": "people's access to the registry is the registry's",
		"5.1.4": "the image policy in the cluster lets in the registries that the stack names (RMP-IMG-001)",
		"5.4.5": "load balancers are the users', and so are their certificates",
	},
	Sabotage: map[string][]property.Sabotage{
		"2.1.1": {property.In("blue-cluster", values{"enabledClusterLogTypes": []any{"api"}})},
		"2.1.2": {
			property.In("blue-logs-cluster", values{"retentionInDays": 7}), property.In("blue-logs-cluster", values{"kmsKeyId": nil}),
		},
		"5.1.3": {property.In("blue-node-role-AmazonEKSWorkerNodePolicy", values{"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"})},
		"5.2.1": {
			property.In("blue-nodes-general-template", values{"metadataOptions": values{"httpPutResponseHopLimit": 2}}),
			property.In("blue-nodes-general-template", values{"metadataOptions": values{"httpTokens": "optional"}}),
			property.In("blue-volumes-identity", values{"serviceAccount": "another"}),
		},
		"5.3.1": {property.In("blue-cluster", values{"encryptionConfig": nil})},
		"5.4.1": {
			property.In("blue-cluster", values{"vpcConfig": values{"endpointPublicAccess": true}}),
			property.In("blue-cluster", values{"vpcConfig": values{"endpointPublicAccess": true, "publicAccessCidrs": []any{"0.0.0.0/0"}}}),
		},
		"5.4.2": {
			property.In("blue-cluster", values{"vpcConfig": values{"endpointPublicAccess": true}}),
			property.In("blue-cluster", values{"vpcConfig": values{"endpointPrivateAccess": false}}),
		},
		"5.4.3": {
			property.In("blue-private-eu-central-1a", values{"mapPublicIpOnLaunch": true}),
			property.In("blue-nodes-general", values{"subnetIds": []any{"blue-public-eu-central-1a-id"}}),
		},
		"5.4.4": {property.In("blue-addon-vpc-cni", values{"configurationValues": `{"enableNetworkPolicy":"true"}`})},
		"5.5.1": {
			property.In("blue-cluster", values{"accessConfig": values{"authenticationMode": "API_AND_CONFIG_MAP"}}),
			property.In("blue-cluster", values{"accessConfig": values{"bootstrapClusterCreatorAdminPermissions": true}}),
			property.In("blue-access-deployer", values{"principalArn": "arn:aws:iam::111122223333:user/me"}),
		},
	},
}

// cisItems are the items that the inputs of a cluster decide, each with what is wrong with them.
var cisItems = mock.Items{
	// Audit logs are on.
	"2.1.1": func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		types := fmt.Sprint(made.Only(tb, "aws:eks/cluster:Cluster")["enabledClusterLogTypes"])
		if types != "[api audit authenticator controllerManager scheduler]" {
			return []string{"log types " + types}
		}
		return nil
	},
	// Audit logs are kept and looked after.
	"2.1.2": func(_ testing.TB, made *mock.Engine) []string {
		for _, group := range made.Of("aws:cloudwatch/logGroup:LogGroup") {
			inputs := group.Inputs.Mappable()
			if inputs["name"] == "/aws/eks/blue/cluster" && inputs["retentionInDays"].(float64) >= 90 && inputs["kmsKeyId"] == "arn-of-blue-logs-key" {
				return nil
			}
		}
		return []string{"no log group of the cluster that is encrypted and kept"}
	},
	// Nodes may read images and nothing more.
	"5.1.3": func(_ testing.TB, made *mock.Engine) []string {
		var faults []string
		for _, attachment := range made.Of("aws:iam/rolePolicyAttachment:RolePolicyAttachment") {
			inputs := attachment.Inputs.Mappable()
			name := lastName(inputs["policyArn"].(string))
			if inputs["role"] == "blue-node" && !slices.Contains([]string{"AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"}, name) {
				faults = append(faults, "nodes have "+name)
			}
		}
		return faults
	},
	// Pods have roles of their own, and cannot take the nodes'.
	"5.2.1": func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		var faults []string
		for _, account := range []string{"aws-node", "ebs-csi-controller-sa"} {
			if !slices.ContainsFunc(made.Of("aws:eks/podIdentityAssociation:PodIdentityAssociation"), func(args pulumi.MockResourceArgs) bool {
				return args.Inputs["serviceAccount"].StringValue() == account
			}) {
				faults = append(faults, account+" has no role of its own")
			}
		}
		options := made.Only(tb, "aws:ec2/launchTemplate:LaunchTemplate")["metadataOptions"]
		if mock.At(options, "httpTokens") != "required" || mock.At(options, "httpPutResponseHopLimit") != 1.0 {
			faults = append(faults, fmt.Sprint("metadata options ", options))
		}
		return faults
	},
	// Secrets are encrypted with a key of the customer's.
	"5.3.1": func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		config := made.Only(tb, "aws:eks/cluster:Cluster")["encryptionConfig"]
		if fmt.Sprint(mock.At(config, "resources")) != "[secrets]" || mock.At(config, "provider", "keyArn") != "arn-of-blue-secrets-key" {
			return []string{fmt.Sprint("encryption ", config)}
		}
		return nil
	},
	// Few may reach the API server.
	"5.4.1": func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		config := made.Only(tb, "aws:eks/cluster:Cluster")["vpcConfig"]
		ranges, _ := mock.At(config, "publicAccessCidrs").([]any)
		if mock.At(config, "endpointPublicAccess") == true && (len(ranges) == 0 || slices.Contains(ranges, any("0.0.0.0/0"))) {
			return []string{fmt.Sprint("ranges ", ranges)}
		}
		return nil
	},
	// The API server has a private address, and no public one.
	"5.4.2": func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		config := made.Only(tb, "aws:eks/cluster:Cluster")["vpcConfig"]
		if mock.At(config, "endpointPrivateAccess") != true || mock.At(config, "endpointPublicAccess") != false {
			return []string{fmt.Sprint("endpoints ", config)}
		}
		return nil
	},
	// Nodes have private addresses only.
	"5.4.3": func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		var faults []string
		for _, subnet := range made.Only(tb, "aws:eks/nodeGroup:NodeGroup")["subnetIds"].([]any) {
			if !strings.HasPrefix(subnet.(string), "blue-private-") {
				faults = append(faults, fmt.Sprint("nodes in ", subnet))
			}
		}
		for _, subnet := range made.Of("aws:ec2/subnet:Subnet") {
			if subnet.Inputs["mapPublicIpOnLaunch"].BoolValue() {
				faults = append(faults, subnet.Name+" gives public addresses")
			}
		}
		return faults
	},
	// Network policies are enforced: by Calico, and not by the VPC CNI as well.
	"5.4.4": func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		settings := made.Named(tb, "blue-addon-vpc-cni").Inputs["configurationValues"].StringValue()
		if settings != `{"enableNetworkPolicy":"false"}` {
			return []string{"the VPC CNI has " + settings}
		}
		return nil
	},
	// People come by IAM.
	"5.5.1": func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		var faults []string
		config := made.Only(tb, "aws:eks/cluster:Cluster")["accessConfig"]
		if mock.At(config, "authenticationMode") != "API" || mock.At(config, "bootstrapClusterCreatorAdminPermissions") != false {
			faults = append(faults, fmt.Sprint("access ", config))
		}
		for _, entry := range made.Of("aws:eks/accessEntry:AccessEntry") {
			if !strings.Contains(entry.Inputs["principalArn"].StringValue(), ":role/") {
				faults = append(faults, entry.Name+" is no role")
			}
		}
		return faults
	},
}

// TestCISItems holds the inputs of a cluster to each item, and to it again in the sizes that clusters come in.
func TestCISItems(t *testing.T) {
	t.Parallel()
	clusters := map[string]*mock.Engine{}
	for name, change := range map[string]func(*ClusterArgs){
		"default": asIs,
		"large": func(args *ClusterArgs) {
			args.Network.Egress, args.IRSA, args.GuardDuty = "nat-per-zone", true, true
			args.Administrators = []string{"arn:aws:iam::" + testAccount + ":role/admin"}
		},
		"ephemeral dev": func(args *ClusterArgs) { args.Environment, args.Ephemeral = "dev", true },
	} {
		clusters[name], _ = mustMake(t, change)
	}
	cisItems.Hold(t, clusters)
}

// TestEveryCISItemIsAnswered, by a check or by somebody who is named.
func TestEveryCISItemIsAnswered(t *testing.T) { t.Parallel(); cis.Complete(t) }

// TestCISItemsSeeSabotage: each check goes red when what it is about is broken.
func TestCISItemsSeeSabotage(t *testing.T) {
	t.Parallel()
	cis.Seen(t, func() *mock.Engine { made, _ := mustMake(t, asIs); return made })
}

// TestPublicAddressIsSeen: in dev a range may reach one, and the check of item 5.4.2 says so.
func TestPublicAddressIsSeen(t *testing.T) {
	t.Parallel()
	made, cluster := mustMake(t, func(args *ClusterArgs) { args.Environment, args.PublicCIDRs = "dev", []string{"203.0.113.0/24"} })
	if len(cisItems["5.4.2"](t, made)) == 0 {
		t.Error("item 5.4.2 does not see a public address")
	}
	if faults := cisItems["5.4.1"](t, made); len(faults) > 0 || cluster.Facts.PrivateEndpoint {
		t.Errorf("%v, private %t", faults, cluster.Facts.PrivateEndpoint)
	}
}
