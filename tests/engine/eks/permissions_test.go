package eks

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// needs are the actions that the provider calls for a type of resource over its life: to make, read, change and delete it.
// It is written down from the reference of AWS's services; no account has confirmed it.
var needs = map[string][]string{
	"aws:cloudwatch/logGroup:LogGroup": {
		"logs:CreateLogGroup", "logs:DescribeLogGroups", "logs:ListTagsForResource", "logs:PutRetentionPolicy", "logs:AssociateKmsKey",
		"logs:TagResource", "logs:UntagResource", "logs:DeleteLogGroup",
	},
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {
		"ec2:DescribeSecurityGroups", "ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress", "ec2:CreateTags", "ec2:DeleteTags",
	},
	"aws:ec2/eip:Eip": {
		"ec2:AllocateAddress", "ec2:DescribeAddresses", "ec2:DescribeAddressesAttribute", "ec2:ReleaseAddress", "ec2:CreateTags",
	},
	"aws:ec2/flowLog:FlowLog": {"ec2:CreateFlowLogs", "ec2:DescribeFlowLogs", "ec2:DeleteFlowLogs", "iam:PassRole", "ec2:CreateTags"},
	"aws:ec2/internetGateway:InternetGateway": {
		"ec2:CreateInternetGateway", "ec2:AttachInternetGateway", "ec2:DescribeInternetGateways", "ec2:DetachInternetGateway",
		"ec2:DeleteInternetGateway", "ec2:CreateTags",
	},
	"aws:ec2/launchTemplate:LaunchTemplate": {
		"ec2:CreateLaunchTemplate", "ec2:CreateLaunchTemplateVersion", "ec2:DescribeLaunchTemplates", "ec2:DescribeLaunchTemplateVersions",
		"ec2:ModifyLaunchTemplate", "ec2:DeleteLaunchTemplate", "ec2:CreateTags",
	},
	"aws:ec2/natGateway:NatGateway": {"ec2:CreateNatGateway", "ec2:DescribeNatGateways", "ec2:DeleteNatGateway", "ec2:CreateTags"},
	"aws:ec2/route:Route":           {"ec2:CreateRoute", "ec2:DescribeRouteTables", "ec2:ReplaceRoute", "ec2:DeleteRoute"},
	"aws:ec2/routeTable:RouteTable": {"ec2:CreateRouteTable", "ec2:DescribeRouteTables", "ec2:DeleteRouteTable", "ec2:CreateTags"},
	"aws:ec2/routeTableAssociation:RouteTableAssociation": {
		"ec2:AssociateRouteTable", "ec2:DescribeRouteTables", "ec2:ReplaceRouteTableAssociation", "ec2:DisassociateRouteTable",
	},
	"aws:ec2/securityGroup:SecurityGroup": {
		"ec2:CreateSecurityGroup", "ec2:DescribeSecurityGroups", "ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress",
		"ec2:RevokeSecurityGroupEgress", "ec2:DescribeNetworkInterfaces", "ec2:DeleteSecurityGroup", "ec2:CreateTags",
	},
	"aws:ec2/subnet:Subnet": {"ec2:CreateSubnet", "ec2:DescribeSubnets", "ec2:ModifySubnetAttribute", "ec2:DeleteSubnet", "ec2:CreateTags"},
	"aws:ec2/vpc:Vpc": {
		"ec2:CreateVpc", "ec2:DescribeVpcs", "ec2:DescribeVpcAttribute", "ec2:ModifyVpcAttribute", "ec2:DescribeNetworkAcls",
		"ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups", "ec2:DeleteVpc", "ec2:CreateTags", "ec2:DeleteTags",
	},
	"aws:ec2/vpcEndpoint:VpcEndpoint": {
		"ec2:CreateVpcEndpoint", "ec2:DescribeVpcEndpoints", "ec2:DescribePrefixLists", "ec2:ModifyVpcEndpoint", "ec2:DeleteVpcEndpoints",
		"ec2:CreateTags",
	},
	"aws:eks/accessEntry:AccessEntry": {
		"eks:CreateAccessEntry", "eks:DescribeAccessEntry", "eks:UpdateAccessEntry", "eks:DeleteAccessEntry", "eks:TagResource",
	},
	"aws:eks/accessPolicyAssociation:AccessPolicyAssociation": {
		"eks:AssociateAccessPolicy", "eks:ListAssociatedAccessPolicies", "eks:DisassociateAccessPolicy",
	},
	"aws:eks/addon:Addon": {"eks:CreateAddon", "eks:DescribeAddon", "eks:UpdateAddon", "eks:DescribeUpdate", "eks:DeleteAddon", "eks:TagResource"},
	"aws:eks/cluster:Cluster": {
		"eks:CreateCluster", "eks:DescribeCluster", "eks:UpdateClusterConfig", "eks:UpdateClusterVersion", "eks:DescribeUpdate",
		"eks:DeleteCluster", "eks:TagResource", "eks:UntagResource", "iam:PassRole", "iam:CreateServiceLinkedRole", "kms:DescribeKey",
		"kms:CreateGrant",
	},
	"aws:eks/nodeGroup:NodeGroup": {
		"eks:CreateNodegroup", "eks:DescribeNodegroup", "eks:UpdateNodegroupConfig", "eks:UpdateNodegroupVersion", "eks:DescribeUpdate",
		"eks:DeleteNodegroup", "eks:TagResource", "iam:PassRole", "iam:GetRole", "iam:ListAttachedRolePolicies",
		"iam:CreateServiceLinkedRole", "ec2:RunInstances",
	},
	"aws:eks/podIdentityAssociation:PodIdentityAssociation": {
		"eks:CreatePodIdentityAssociation", "eks:DescribePodIdentityAssociation", "eks:UpdatePodIdentityAssociation",
		"eks:DeletePodIdentityAssociation", "eks:TagResource", "iam:PassRole", "iam:GetRole",
	},
	"aws:iam/openIdConnectProvider:OpenIdConnectProvider": {
		"iam:CreateOpenIDConnectProvider", "iam:GetOpenIDConnectProvider", "iam:DeleteOpenIDConnectProvider", "iam:TagOpenIDConnectProvider",
	},
	"aws:iam/role:Role": {
		"iam:CreateRole", "iam:GetRole", "iam:UpdateRole", "iam:UpdateAssumeRolePolicy", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies",
		"iam:ListInstanceProfilesForRole", "iam:DeleteRole", "iam:TagRole", "iam:UntagRole",
	},
	"aws:iam/rolePolicy:RolePolicy":                     {"iam:PutRolePolicy", "iam:GetRolePolicy", "iam:DeleteRolePolicy"},
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment": {"iam:AttachRolePolicy", "iam:ListAttachedRolePolicies", "iam:DetachRolePolicy"},
	"aws:kms/alias:Alias":                               {"kms:CreateAlias", "kms:ListAliases", "kms:UpdateAlias", "kms:DeleteAlias"},
	"aws:kms/key:Key": {
		"kms:CreateKey", "kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags", "kms:EnableKeyRotation",
		"kms:PutKeyPolicy", "kms:UpdateKeyDescription", "kms:TagResource", "kms:UntagResource", "kms:ScheduleKeyDeletion",
	},
}

// TestTheDeployersPolicyIsEnoughAndNoMore compares the policy that docs/eks.md gives the deployer with what the plans of the
// stacks, and one with every option, make.
func TestTheDeployersPolicyIsEnoughAndNoMore(t *testing.T) {
	t.Parallel()
	types := map[string]bool{"aws:iam/openIdConnectProvider:OpenIdConnectProvider": true} // an option of no stack here
	for _, stack := range []string{"eks-dev", "eks-prod"} {
		for line := range strings.Lines(read(t, filepath.Join("testdata", stack+".plan"))) {
			if token, _, _ := strings.Cut(line, " "); strings.HasPrefix(token, "aws:") {
				types[token] = true
			}
		}
	}
	allowed := allowedActions(t)
	needed := map[string]bool{}
	for token := range types {
		if len(needs[token]) == 0 {
			t.Errorf("nobody wrote down what %s needs", token)
		}
		for _, action := range needs[token] {
			needed[action] = true
			if !allowed[action] {
				t.Errorf("%s needs %s, which the policy does not allow", token, action)
			}
		}
	}
	for _, action := range slices.Sorted(maps.Keys(allowed)) {
		if !needed[action] {
			t.Errorf("the policy allows %s, which nothing needs", action)
		}
	}
	for token := range needs {
		if !types[token] {
			t.Errorf("no plan has %s", token)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func allowedActions(t *testing.T) map[string]bool {
	t.Helper()
	var policy struct {
		Statement []struct {
			Effect string
			Action []string
		}
	}
	if err := json.Unmarshal([]byte(read(t, filepath.Join("..", "..", "..", "docs", "eks-deployer-policy.json"))), &policy); err != nil {
		t.Fatal(err)
	}
	allowed := map[string]bool{}
	for _, statement := range policy.Statement {
		for _, action := range statement.Action {
			if statement.Effect != "Allow" || strings.Contains(action, "*") {
				t.Errorf("%s %s is not an action that is allowed", statement.Effect, action)
			}
			allowed[action] = true
		}
	}
	return allowed
}
