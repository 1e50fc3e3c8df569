package eks

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/rampart-iac/rampart/tests/framework/cloud/suite"
)

// needs are from the reference of AWS's services.
var needs = map[string]suite.Needs{
	"aws:cloudwatch/logGroup:LogGroup": {
		Create: []string{"logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:AssociateKmsKey", "logs:TagResource"},
		Read:   []string{"logs:DescribeLogGroups", "logs:ListTagsForResource"},
		Update: []string{"logs:UntagResource"},
		Delete: []string{"logs:DeleteLogGroup"},
	},
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {
		Create: []string{"ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress", "ec2:CreateTags"},
		Read:   []string{"ec2:DescribeSecurityGroups"},
		Update: []string{"ec2:DeleteTags"},
	},
	"aws:ec2/eip:Eip": {
		Create: []string{"ec2:AllocateAddress", "ec2:CreateTags"},
		Read:   []string{"ec2:DescribeAddresses", "ec2:DescribeAddressesAttribute"},
		Delete: []string{"ec2:ReleaseAddress"},
	},
	"aws:ec2/flowLog:FlowLog": {
		Create: []string{"ec2:CreateFlowLogs", "iam:PassRole", "ec2:CreateTags"},
		Read:   []string{"ec2:DescribeFlowLogs"},
		Delete: []string{"ec2:DeleteFlowLogs"},
	},
	"aws:ec2/internetGateway:InternetGateway": {
		Create: []string{"ec2:CreateInternetGateway", "ec2:AttachInternetGateway", "ec2:CreateTags"},
		Read:   []string{"ec2:DescribeInternetGateways"},
		Delete: []string{"ec2:DetachInternetGateway", "ec2:DeleteInternetGateway"},
	},
	"aws:ec2/launchTemplate:LaunchTemplate": {
		Create: []string{"ec2:CreateLaunchTemplate", "ec2:CreateLaunchTemplateVersion", "ec2:CreateTags"},
		Read:   []string{"ec2:DescribeLaunchTemplates", "ec2:DescribeLaunchTemplateVersions"},
		Update: []string{"ec2:ModifyLaunchTemplate"},
		Delete: []string{"ec2:DeleteLaunchTemplate"},
	},
	"aws:ec2/natGateway:NatGateway": {
		Create: []string{"ec2:CreateNatGateway", "ec2:CreateTags"},
		Read:   []string{"ec2:DescribeNatGateways"},
		Delete: []string{"ec2:DeleteNatGateway"},
	},
	"aws:ec2/route:Route": {
		Create: []string{"ec2:CreateRoute"},
		Read:   []string{"ec2:DescribeRouteTables"},
		Update: []string{"ec2:ReplaceRoute"},
		Delete: []string{"ec2:DeleteRoute"},
	},
	"aws:ec2/routeTable:RouteTable": {
		Create: []string{"ec2:CreateRouteTable", "ec2:CreateTags"},
		Read:   []string{"ec2:DescribeRouteTables"},
		Delete: []string{"ec2:DeleteRouteTable"},
	},
	"aws:ec2/routeTableAssociation:RouteTableAssociation": {
		Create: []string{"ec2:AssociateRouteTable"},
		Read:   []string{"ec2:DescribeRouteTables"},
		Update: []string{"ec2:ReplaceRouteTableAssociation"},
		Delete: []string{"ec2:DisassociateRouteTable"},
	},
	"aws:ec2/securityGroup:SecurityGroup": {
		Create: []string{"ec2:CreateSecurityGroup", "ec2:AuthorizeSecurityGroupIngress", "ec2:CreateTags"},
		Read:   []string{"ec2:DescribeSecurityGroups", "ec2:DescribeNetworkInterfaces"},
		Update: []string{"ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"},
		Delete: []string{"ec2:DeleteSecurityGroup"},
	},
	"aws:ec2/subnet:Subnet": {
		Create: []string{"ec2:CreateSubnet", "ec2:CreateTags"},
		Read:   []string{"ec2:DescribeSubnets"},
		Update: []string{"ec2:ModifySubnetAttribute"},
		Delete: []string{"ec2:DeleteSubnet"},
	},
	"aws:ec2/vpc:Vpc": {
		Create: []string{"ec2:CreateVpc", "ec2:CreateTags"},
		Read: []string{
			"ec2:DescribeVpcs", "ec2:DescribeVpcAttribute", "ec2:DescribeNetworkAcls", "ec2:DescribeRouteTables",
			"ec2:DescribeSecurityGroups",
		},
		Update: []string{"ec2:ModifyVpcAttribute", "ec2:DeleteTags"},
		Delete: []string{"ec2:DeleteVpc"},
	},
	"aws:ec2/vpcEndpoint:VpcEndpoint": {
		Create: []string{"ec2:CreateVpcEndpoint", "ec2:CreateTags"},
		Read:   []string{"ec2:DescribeVpcEndpoints", "ec2:DescribePrefixLists"},
		Update: []string{"ec2:ModifyVpcEndpoint"},
		Delete: []string{"ec2:DeleteVpcEndpoints"},
	},
	"aws:eks/accessEntry:AccessEntry": {
		Create: []string{"eks:CreateAccessEntry", "eks:TagResource"},
		Read:   []string{"eks:DescribeAccessEntry"},
		Update: []string{"eks:UpdateAccessEntry"},
		Delete: []string{"eks:DeleteAccessEntry"},
	},
	"aws:eks/accessPolicyAssociation:AccessPolicyAssociation": {
		Create: []string{"eks:AssociateAccessPolicy"},
		Read:   []string{"eks:ListAssociatedAccessPolicies"},
		Delete: []string{"eks:DisassociateAccessPolicy"},
	},
	"aws:eks/addon:Addon": {
		Create: []string{"eks:CreateAddon", "eks:TagResource"},
		Read:   []string{"eks:DescribeAddon", "eks:DescribeUpdate"},
		Update: []string{"eks:UpdateAddon"},
		Delete: []string{"eks:DeleteAddon"},
	},
	"aws:eks/cluster:Cluster": {
		Create: []string{
			"eks:CreateCluster", "eks:TagResource", "iam:PassRole", "iam:CreateServiceLinkedRole", "kms:CreateGrant",
		},
		Read:   []string{"eks:DescribeCluster", "eks:DescribeUpdate", "kms:DescribeKey"},
		Update: []string{"eks:UpdateClusterConfig", "eks:UpdateClusterVersion", "eks:UntagResource"},
		Delete: []string{"eks:DeleteCluster"},
	},
	"aws:eks/nodeGroup:NodeGroup": {
		Create: []string{
			"eks:CreateNodegroup", "eks:TagResource", "iam:PassRole", "iam:CreateServiceLinkedRole", "ec2:RunInstances",
		},
		Read:   []string{"eks:DescribeNodegroup", "eks:DescribeUpdate", "iam:GetRole", "iam:ListAttachedRolePolicies"},
		Update: []string{"eks:UpdateNodegroupConfig", "eks:UpdateNodegroupVersion"},
		Delete: []string{"eks:DeleteNodegroup"},
	},
	"aws:eks/podIdentityAssociation:PodIdentityAssociation": {
		Create: []string{"eks:CreatePodIdentityAssociation", "eks:TagResource", "iam:PassRole"},
		Read:   []string{"eks:DescribePodIdentityAssociation", "iam:GetRole"},
		Update: []string{"eks:UpdatePodIdentityAssociation"},
		Delete: []string{"eks:DeletePodIdentityAssociation"},
	},
	"aws:iam/openIdConnectProvider:OpenIdConnectProvider": {
		Create: []string{"iam:CreateOpenIDConnectProvider", "iam:TagOpenIDConnectProvider"},
		Read:   []string{"iam:GetOpenIDConnectProvider"},
		Delete: []string{"iam:DeleteOpenIDConnectProvider"},
	},
	"aws:iam/role:Role": {
		Create: []string{"iam:CreateRole", "iam:TagRole", "iam:PutRolePermissionsBoundary"},
		Read: []string{
			"iam:GetRole", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole",
		},
		Update: []string{"iam:UpdateRole", "iam:UpdateAssumeRolePolicy", "iam:UntagRole"},
		Delete: []string{"iam:DeleteRole"},
	},
	"aws:iam/rolePolicy:RolePolicy": {
		Create: []string{"iam:PutRolePolicy"},
		Read:   []string{"iam:GetRolePolicy"},
		Delete: []string{"iam:DeleteRolePolicy"},
	},
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment": {
		Create: []string{"iam:AttachRolePolicy"},
		Read:   []string{"iam:ListAttachedRolePolicies"},
		Delete: []string{"iam:DetachRolePolicy"},
	},
	"aws:kms/alias:Alias": {
		Create: []string{"kms:CreateAlias"},
		Read:   []string{"kms:ListAliases"},
		Update: []string{"kms:UpdateAlias"},
		Delete: []string{"kms:DeleteAlias"},
	},
	"aws:kms/key:Key": {
		Create: []string{"kms:CreateKey", "kms:EnableKeyRotation", "kms:PutKeyPolicy", "kms:TagResource"},
		Read:   []string{"kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"},
		Update: []string{"kms:UpdateKeyDescription", "kms:UntagResource"},
		Delete: []string{"kms:ScheduleKeyDeletion"},
	},
}

// TestTheDeployersPolicyIsEnoughAndNoMore holds the policy that docs/eks.md gives the deployer.
func TestTheDeployersPolicyIsEnoughAndNoMore(t *testing.T) {
	t.Parallel()
	ofEKS().Permissions(t, suite.Deployer{
		Document: "eks-deployer-policy.json", Read: readPolicy, Needs: needs,
		Options: []string{"aws:iam/openIdConnectProvider:OpenIdConnectProvider"},
	})
}

// TestTheDeployerAttachesThesePoliciesAndNoOther: to roles within the boundary alone, which every role of the stacks has.
func TestTheDeployerAttachesThesePoliciesAndNoOther(t *testing.T) {
	t.Parallel()
	ofEKS().Grants(t, "eks-deployer-policy.json",
		regexp.MustCompile(`"policyArn": "(arn:aws:iam::aws:policy/[^"]+)"`), regexp.MustCompile(`"(arn:aws:iam::aws:policy/[^"]+)"`))
	content, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "eks-deployer-policy.json"))
	if err != nil {
		t.Fatal(err)
	}
	var policy struct {
		Statement []struct {
			Action    []string
			Condition map[string]map[string]any
		}
	}
	suite.ReadJSON(t, content, &policy)
	bounded := map[string]bool{}
	for _, statement := range policy.Statement {
		for _, action := range statement.Action {
			bounded[action] = statement.Condition["StringEquals"]["iam:PermissionsBoundary"] == "arn:aws:iam::ACCOUNT:policy/rampart-cluster-roles"
		}
	}
	for _, action := range []string{"iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:PutRolePermissionsBoundary"} {
		if !bounded[action] {
			t.Errorf("the deployer may do %s to a role without the boundary", action)
		}
	}
	for _, action := range []string{"iam:DeleteRolePermissionsBoundary", "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"} {
		if _, allowed := bounded[action]; allowed {
			t.Errorf("the deployer may do %s, which takes the boundary away", action)
		}
	}
}

func readPolicy(t *testing.T, document []byte) []string {
	t.Helper()
	var policy struct {
		Statement []struct {
			Effect string
			Action []string
		}
	}
	suite.ReadJSON(t, document, &policy)
	var allowed []string
	for _, statement := range policy.Statement {
		if statement.Effect != "Allow" {
			t.Errorf("a statement is for %s", statement.Effect)
		}
		allowed = append(allowed, statement.Action...)
	}
	slices.Sort(allowed)
	return slices.Compact(allowed) // aliases are allowed on the alias and on its key
}
