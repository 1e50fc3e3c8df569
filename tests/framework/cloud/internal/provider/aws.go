package provider

import (
	"encoding/base64"
	"strings"

	"github.com/rampart-iac/rampart/tests/framework/cloud/internal/shared"
)

const awsModule = "github.com/pulumi/pulumi-aws/sdk/v6"

// aws is pulumi-aws v6.
func aws() kind {
	return kind{
		version: "6.83.0",
		source: func(module string) (string, string) {
			return awsModule, strings.TrimSuffix("go/aws/"+module, "/")
		},
		// Of these the documentation in the SDK does not say it; EKS and EC2 cannot change them.
		replaced: map[string][]string{
			"aws:eks/cluster:Cluster": {
				"name", "roleArn", "encryptionConfig", "bootstrapSelfManagedAddons", "kubernetesNetworkConfig",
			},
			"aws:eks/nodeGroup:NodeGroup": {
				"clusterName", "nodeGroupName", "nodeRoleArn", "subnetIds", "amiType", "capacityType", "instanceTypes", "diskSize",
			},
			"aws:eks/addon:Addon":              {"addonName", "clusterName"},
			"aws:eks/accessEntry:AccessEntry":  {"clusterName", "principalArn", "type"},
			"aws:ec2/vpc:Vpc":                  {"cidrBlock"},
			"aws:ec2/subnet:Subnet":            {"vpcId", "cidrBlock", "availabilityZone"},
			"aws:iam/role:Role":                {"name", "path"},
			"aws:cloudwatch/logGroup:LogGroup": {"name"},
		},
		named:      map[string]string{"aws:eks/nodeGroup:NodeGroup": "nodeGroupName"},
		recomputed: map[string][]string{"aws:ec2/launchTemplate:LaunchTemplate": {"latestVersion"}},
		answer:     answerAWS,
	}
}

// answerAWS gives ARNs, identifiers and the parts of a cluster that others are made of.
func answerAWS(made *resourceMade) {
	arn := func(service, region, rest string) {
		made.set("arn", "arn:aws:"+service+":"+region+":"+shared.AWSAccount+":"+rest)
	}
	name := made.text("name")
	if name == "" {
		name = made.Name
		made.set("name", name)
	}
	switch made.Type {
	case "aws:kms/key:Key":
		made.ID = strings.Join([]string{
			made.digits(8), made.digits(12)[8:], "4" + made.digits(15)[12:], "a" + made.digits(18)[15:], made.digits(30)[18:],
		}, "-")
		made.set("keyId", made.ID)
		arn("kms", shared.AWSRegion, "key/"+made.ID)
	case "aws:cloudwatch/logGroup:LogGroup":
		made.ID = name
		arn("logs", shared.AWSRegion, "log-group:"+name)
	case "aws:iam/role:Role":
		made.ID = name
		arn("iam", "", "role/"+name)
	case "aws:iam/policy:Policy":
		made.ID = "arn:aws:iam::" + shared.AWSAccount + ":policy/" + name
		arn("iam", "", "policy/"+name)
	case "aws:iam/openIdConnectProvider:OpenIdConnectProvider":
		arn("iam", "", "oidc-provider/"+strings.TrimPrefix(made.text("url"), "https://"))
	case "aws:ec2/launchTemplate:LaunchTemplate":
		made.ID = "lt-" + made.digits(17)
		made.set("latestVersion", made.Updates+1)
		arn("ec2", shared.AWSRegion, "launch-template/"+made.ID)
	case "aws:eks/cluster:Cluster":
		answerCluster(made, name)
		arn("eks", shared.AWSRegion, "cluster/"+name)
	case "aws:eks/nodeGroup:NodeGroup":
		made.ID = made.text("clusterName") + ":" + made.text("nodeGroupName")
		arn("eks", shared.AWSRegion, "nodegroup/"+made.ID)
	default:
		if prefix, ok := ec2Prefixes[made.Type]; ok {
			made.ID = prefix + "-" + made.digits(17)
		}
		arn(strings.Split(strings.Split(made.Type, ":")[1], "/")[0], shared.AWSRegion, made.ID)
	}
}

// ec2Prefixes are what identifiers of EC2 start with.
var ec2Prefixes = map[string]string{
	"aws:ec2/vpc:Vpc": "vpc", "aws:ec2/subnet:Subnet": "subnet", "aws:ec2/securityGroup:SecurityGroup": "sg",
	"aws:ec2/routeTable:RouteTable": "rtb", "aws:ec2/natGateway:NatGateway": "nat", "aws:ec2/eip:Eip": "eipalloc",
	"aws:ec2/internetGateway:InternetGateway": "igw", "aws:ec2/vpcEndpoint:VpcEndpoint": "vpce",
}

func answerCluster(made *resourceMade, name string) {
	made.ID = name
	made.set("endpoint", made.Settings.Endpoint)
	made.set("certificateAuthority", map[string]any{
		"data": base64.StdEncoding.EncodeToString([]byte(made.Settings.CertificateAuthority)),
	})
	issuer := "https://oidc.eks." + shared.AWSRegion + ".amazonaws.com/id/" + strings.ToUpper(made.digits(32))
	made.set("identities", []any{map[string]any{"oidcs": []any{map[string]any{"issuer": issuer}}}})
	if config := made.Inputs["vpcConfig"]; config.IsObject() {
		completed := config.ObjectValue().Copy()
		completed["clusterSecurityGroupId"] = property("sg-" + made.digits(17))
		completed["vpcId"] = property("vpc-" + made.digits(17))
		made.Outputs["vpcConfig"] = property(completed)
	}
}
