package eks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/providers/eks/internal/anycluster"
	"github.com/rampart-iac/rampart/providers/eks/spec"
	"github.com/rampart-iac/rampart/providers/internal/mock"
	"github.com/rampart-iac/rampart/providers/internal/property"
)

func TestMain(m *testing.M) { property.Main(m, property.Made) }

// TestInvariantsOfAnyCluster: private, encrypted, logged, with least privilege, whatever was asked for.
func TestInvariantsOfAnyCluster(t *testing.T) {
	t.Parallel()
	property.Kept(t, anycluster.Draw, makeAny, invariants)
}

// TestInvariantsAreSeenToBreak, each in every way that it names.
func TestInvariantsAreSeenToBreak(t *testing.T) {
	t.Parallel()
	property.Seen(t, *good(), makeAny, invariants)
}

func makeAny(cluster *spec.Cluster) (*mock.Engine, error) {
	made, _, err := newCluster(cluster)
	return made, err
}

type values = map[string]any

var invariants = map[string]property.Invariant[spec.Cluster]{
	"private": {Faults: private, Sabotage: []property.Sabotage{
		property.In("blue-cluster", values{"vpcConfig": values{"endpointPrivateAccess": false}}),
		property.In("blue-cluster", values{"vpcConfig": values{"endpointPublicAccess": true}}),
		property.In("blue-cluster", values{"vpcConfig": values{"publicAccessCidrs": []any{"203.0.113.0/24"}}}),
		property.In("blue-private-eu-central-1a", values{"mapPublicIpOnLaunch": true}),
		property.In("blue-endpoints", values{"ingress": []any{values{"cidrBlocks": []any{"0.0.0.0/0"}}}}),
		property.In("blue-vpc-default-group", values{"ingress": []any{values{"protocol": "-1"}}}),
		property.In("blue-nodes-general", values{"remoteAccess": values{"ec2SshKey": "key"}}),
		property.In("blue-nodes-general-template", values{"keyName": "key"}),
	}},
	"encrypted": {Faults: encrypted, Sabotage: []property.Sabotage{
		property.In("blue-cluster", values{"encryptionConfig": nil}),
		property.In("blue-cluster", values{"encryptionConfig": values{"resources": []any{}}}),
		property.In("blue-nodes-general-template", values{"blockDeviceMappings": []any{values{"ebs": values{"encrypted": "true"}}}}),
		property.In("blue-nodes-general-template", values{"blockDeviceMappings": []any{
			values{"ebs": values{"encrypted": "false", "kmsKeyId": "arn-of-blue-volumes-key"}},
		}}),
		property.In("blue-secrets-key", values{"enableKeyRotation": false}),
		property.In("blue-logs-key", values{"deletionWindowInDays": 7}),
	}},
	"logged": {Faults: logged, Sabotage: []property.Sabotage{
		property.In("blue-cluster", values{"enabledClusterLogTypes": []any{"api"}}),
		property.In("blue-logs-cluster", values{"kmsKeyId": nil}),
		property.In("blue-logs-flow", values{"retentionInDays": 30}),
		property.In("blue-flow-log", values{"trafficType": "REJECT"}),
	}},
	"least privilege": {Faults: leastPrivilege, Sabotage: []property.Sabotage{
		property.In("blue-cluster", values{"accessConfig": values{"bootstrapClusterCreatorAdminPermissions": true}}),
		property.In("blue-cluster", values{"accessConfig": values{"authenticationMode": "API_AND_CONFIG_MAP"}}),
		property.In("blue-access-deployer", values{"principalArn": "arn:aws:iam::111122223333:role/somebody"}),
		property.In("blue-nodes-general-template", values{"metadataOptions": values{"httpTokens": "optional"}}),
		property.In("blue-nodes-general-template", values{"metadataOptions": values{"httpPutResponseHopLimit": 2}}),
		property.In("blue-secrets-key", values{"policy": `{"Statement":[{"Action":["kms:*"],"Principal":{"AWS":"arn"}}]}`}),
		property.In("blue-secrets-key", values{"policy": `{"Statement":[{"Action":["kms:Decrypt"],"Principal":{"AWS":"*"}}]}`}),
		property.In("blue-cluster-role-secrets-key", values{"policy": `{"Statement":[{"Action":["kms:*"],"Resource":"arn"}]}`}),
		property.In("blue-node-role-AmazonEKSWorkerNodePolicy", values{"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
		property.In("blue-node-role", values{"permissionsBoundary": "arn:aws:iam::111122223333:policy/wider"}),
	}},
}

func private(made *mock.Engine, cluster spec.Cluster) []string {
	var faults property.Faults
	control := made.Inputs("blue-cluster")
	faults.Expect(mock.At(control, "vpcConfig", "endpointPrivateAccess") == true, "no private address")
	faults.Expect(mock.At(control, "vpcConfig", "endpointPublicAccess") == !cluster.Private(), "public: %v", control["vpcConfig"])
	ranges, _ := mock.At(control, "vpcConfig", "publicAccessCidrs").([]any)
	faults.Expect(fmt.Sprint(ranges) == fmt.Sprint(cluster.PublicCIDRs), "%v may reach it", ranges)
	for _, subnet := range made.Of("aws:ec2/subnet:Subnet") {
		faults.Expect(!subnet.Inputs["mapPublicIpOnLaunch"].BoolValue(), "%s gives public addresses", subnet.Name)
	}
	for _, group := range made.Of("aws:ec2/securityGroup:SecurityGroup") {
		faults.Expect(!strings.Contains(fmt.Sprint(group.Inputs.Mappable()), "0.0.0.0/0"), "%s lets the world in", group.Name)
	}
	for _, group := range made.Of("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup") {
		faults.Expect(len(group.Inputs["ingress"].ArrayValue()) == 0, "%s lets somebody in", group.Name)
	}
	for _, nodes := range made.Of("aws:eks/nodeGroup:NodeGroup") {
		faults.Expect(!nodes.Inputs.HasValue("remoteAccess"), "%s has a way in", nodes.Name)
	}
	for _, template := range made.Of("aws:ec2/launchTemplate:LaunchTemplate") {
		faults.Expect(!template.Inputs.HasValue("keyName"), "%s has a way in", template.Name)
	}
	return faults
}

func encrypted(made *mock.Engine, _ spec.Cluster) []string {
	var faults property.Faults
	config := made.Inputs("blue-cluster")["encryptionConfig"]
	faults.Expect(fmt.Sprint(mock.At(config, "resources")) == "[secrets]" && mock.At(config, "provider", "keyArn") != nil,
		"Secrets are not encrypted: %v", config)
	for _, template := range made.Of("aws:ec2/launchTemplate:LaunchTemplate") {
		for _, mapping := range template.Inputs.Mappable()["blockDeviceMappings"].([]any) {
			faults.Expect(mock.At(mapping, "ebs", "encrypted") == "true" && mock.At(mapping, "ebs", "kmsKeyId") == "arn-of-blue-volumes-key",
				"%s: %v", template.Name, mapping)
		}
	}
	for _, key := range made.Of("aws:kms/key:Key") {
		faults.Expect(key.Inputs["enableKeyRotation"].BoolValue(), "%s is not rotated", key.Name)
		faults.Expect(key.Inputs["deletionWindowInDays"].NumberValue() == 30, "%s is soon gone", key.Name)
	}
	return faults
}

func logged(made *mock.Engine, cluster spec.Cluster) []string {
	var faults property.Faults
	types, _ := made.Inputs("blue-cluster")["enabledClusterLogTypes"].([]any)
	faults.Expect(fmt.Sprint(types) == "[api audit authenticator controllerManager scheduler]", "logs %v", types)
	groups := made.Of("aws:cloudwatch/logGroup:LogGroup")
	for _, group := range groups {
		faults.Expect(group.Inputs.HasValue("kmsKeyId") && group.Inputs["retentionInDays"].NumberValue() >= 90, "%s: %v", group.Name, group.Inputs)
	}
	flows := made.Of("aws:ec2/flowLog:FlowLog")
	if cluster.Network.Given() {
		faults.Expect(len(flows) == 0 && len(groups) == 1, "a network that is there already is changed")
		return faults
	}
	faults.Expect(len(flows) == 1 && flows[0].Inputs["trafficType"].StringValue() == "ALL" && len(groups) == 2, "the network is not watched")
	return faults
}

func leastPrivilege(made *mock.Engine, cluster spec.Cluster) []string {
	var faults property.Faults
	access := made.Inputs("blue-cluster")["accessConfig"]
	faults.Expect(mock.At(access, "bootstrapClusterCreatorAdminPermissions") == false, "the creator is an administrator in secret")
	faults.Expect(mock.At(access, "authenticationMode") == "API", "a map in the cluster lets people in")
	var principals []string
	for _, entry := range made.Of("aws:eks/accessEntry:AccessEntry") {
		principals = append(principals, entry.Inputs["principalArn"].StringValue())
	}
	want := append([]string{cluster.Deployer}, cluster.Administrators...)
	slices.Sort(principals)
	slices.Sort(want)
	faults.Expect(slices.Equal(principals, want), "%v get in, and the stack names %v", principals, want)
	for _, template := range made.Of("aws:ec2/launchTemplate:LaunchTemplate") {
		options := template.Inputs.Mappable()["metadataOptions"]
		faults.Expect(mock.At(options, "httpTokens") == "required", "%s: tokens", template.Name)
		faults.Expect(mock.At(options, "httpPutResponseHopLimit") == 1.0, "%s: hops", template.Name)
	}
	for _, key := range made.Of("aws:kms/key:Key") {
		policy := key.Inputs["policy"].StringValue()
		faults.Expect(!strings.Contains(policy, `"kms:*"`), "%s: anything goes", key.Name)
		faults.Expect(!strings.Contains(policy, `"AWS":"*"`), "%s: for anybody", key.Name)
	}
	for _, policy := range made.Of("aws:iam/rolePolicy:RolePolicy") {
		var parsed document
		err := json.Unmarshal([]byte(policy.Inputs["policy"].StringValue()), &parsed)
		faults.Expect(err == nil, "%s: %v", policy.Name, err)
		for _, statement := range parsed.Statement {
			faults.Expect(!strings.Contains(fmt.Sprint(statement.Action), "*"), "%s: anything goes", policy.Name)
		}
	}
	for _, role := range made.Of("aws:iam/role:Role") {
		boundary := ""
		if value, given := role.Inputs["permissionsBoundary"]; given {
			boundary = value.StringValue()
		}
		faults.Expect(boundary == cluster.PermissionsBoundary, "%s is bounded by %q", role.Name, boundary)
	}
	known := []string{
		"AmazonEKSClusterPolicy", "AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy",
		"AmazonEBSCSIDriverPolicy",
	}
	for _, attachment := range made.Of("aws:iam/rolePolicyAttachment:RolePolicyAttachment") {
		name := lastName(attachment.Inputs["policyArn"].StringValue())
		faults.Expect(slices.Contains(known, name), "%s: %s", attachment.Name, name)
	}
	return faults
}
