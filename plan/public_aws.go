package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

func awsJudges(judges map[string]judge) {
	closed(judges,
		"aws:Vpc", "aws:RouteTable", "aws:RouteTableAssociation", "aws:VpcEndpoint", "aws:InternetGateway", "aws:Alias",
		"aws:RolePolicy", "aws:RolePolicyAttachment", "aws:AccessEntry", "aws:AccessPolicyAssociation",
		"aws:PodIdentityAssociation", "aws:OpenIdConnectProvider", "aws:LogGroup", "aws:FlowLog", "aws:Addon",
		"aws:BucketV2", "aws:BucketVersioningV2", "aws:BucketServerSideEncryptionConfigurationV2", "aws:BucketOwnershipControls")
	judges["aws:SecurityGroup"] = judgeSecurityGroup
	judges["aws:DefaultSecurityGroup"] = judgeSecurityGroup
	judges["aws:Subnet"] = func(_ Record, of Resource, into *Public) {
		if of.True("mapPublicIpOnLaunch") {
			into.reachable(of, "public addresses for what starts in the subnet", everywhere)
		}
	}
	judges["aws:Route"] = func(_ Record, of Resource, into *Public) {
		if of.Text("natGatewayId") != "" {
			into.out(of, "private subnet, by "+referred(of.Text("natGatewayId")))
		}
	}
	judges["aws:NatGateway"] = func(Record, Resource, *Public) {} // the routes to it say who gets out
	judges["aws:Eip"] = judgeElasticIP
	judges["aws:LaunchTemplate"] = func(_ Record, of Resource, into *Public) {
		for _, card := range of.List("networkInterfaces") {
			if text(card, "associatePublicIpAddress") == "true" {
				into.reachable(of, "public addresses for nodes", everywhere)
			}
		}
	}
	judges["aws:NodeGroup"] = func(_ Record, of Resource, into *Public) {
		if of.At("remoteAccess") != nil && len(of.Texts("remoteAccess", "sourceSecurityGroupIds")) == 0 {
			into.reachable(of, "SSH on nodes", everywhere)
		}
	}
	judges["aws:Cluster"] = func(_ Record, of Resource, into *Public) {
		// EKS makes a public address unless it is told not to.
		if set, given := of.At("vpcConfig", "endpointPublicAccess").(bool); !given || set {
			into.reachable(of, "API server", orEverywhere(of.Texts("vpcConfig", "publicAccessCidrs")))
		}
	}
	judges["aws:Key"] = judgePolicy("policy", "use of the key")
	judges["aws:Role"] = judgePolicy("assumeRolePolicy", "the role")
	judges["aws:BucketPolicy"] = judgePolicy("policy", "the bucket")
	judges["aws:BucketPublicAccessBlock"] = func(_ Record, of Resource, into *Public) {
		for _, wall := range []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"} {
			if !of.True(wall) {
				into.reachable(of, "bucket without "+wall, "whoever a policy or an ACL names")
			}
		}
	}
}

func judgeSecurityGroup(_ Record, of Resource, into *Public) {
	for _, rule := range of.List("ingress") {
		ports := "all ports"
		from, hasFrom := at(rule, "fromPort").(float64)
		to, _ := at(rule, "toPort").(float64)
		switch {
		case text(rule, "protocol") == "-1" || !hasFrom:
		case from == to:
			ports = fmt.Sprintf("%s %v", text(rule, "protocol"), from)
		default:
			ports = fmt.Sprintf("%s %v to %v", text(rule, "protocol"), from, to)
		}
		for _, source := range append(texts(at(rule, "cidrBlocks")), texts(at(rule, "ipv6CidrBlocks"))...) {
			if outside(source) {
				into.reachable(of, ports, source)
			}
		}
		for _, prefixes := range texts(at(rule, "prefixListIds")) {
			into.reachable(of, ports, "prefix list "+prefixes+", whose ranges the plan does not know")
		}
	}
}

// judgeElasticIP: an address of a NAT gateway is a way out alone.
func judgeElasticIP(record Record, of Resource, into *Public) {
	ofGateway := slices.ContainsFunc(record.Of("aws:NatGateway"), func(gateway Resource) bool {
		return referred(gateway.Text("allocationId")) == of.Name
	})
	if !ofGateway {
		into.reachable(of, "public address", everywhere)
	}
}

// document is a policy of AWS.
type document struct {
	Statement []struct {
		Sid, Effect                 string
		Principal, Action, Resource any
		Condition                   map[string]any
	}
}

func policyOf(text string) (document, error) {
	var parsed document
	err := json.Unmarshal([]byte(text), &parsed)
	return parsed, err
}

// judgePolicy looks for a statement that lets in everybody.
func judgePolicy(input, what string) judge {
	return func(_ Record, of Resource, into *Public) {
		parsed, err := policyOf(of.Text(input))
		if err != nil {
			into.Unjudged = append(into.Unjudged, of.Name+" ("+of.Type+": "+input+" is no policy that can be read)")
			return
		}
		for _, statement := range parsed.Statement {
			if statement.Effect == "Allow" && len(statement.Condition) == 0 && slices.Contains(principals(statement.Principal), "*") {
				into.reachable(of, what, "every account of AWS")
			}
		}
	}
}

// principals are whom a statement is about.
func principals(of any) []string {
	if everybody, ok := of.(string); ok {
		return []string{everybody}
	}
	var found []string
	object, _ := of.(map[string]any)
	for _, kind := range sortedKeys(object) {
		found = append(found, texts(object[kind])...)
	}
	return found
}

// shortARN is the part of an ARN that people know it by.
func shortARN(arn string) string {
	if !strings.HasPrefix(arn, "arn:") {
		return arn
	}
	parts := strings.SplitN(arn, ":", 6)
	const whole = 6
	if len(parts) < whole {
		return arn
	}
	return parts[2] + ":" + parts[5]
}
