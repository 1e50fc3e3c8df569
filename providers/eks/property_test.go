package eks

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/rampart-iac/rampart/providers/eks/internal/anycluster"
	"github.com/rampart-iac/rampart/providers/eks/spec"
)

// TestInvariantsOfAnyCluster: private, encrypted, logged, with least privilege, whatever was asked for.
func TestInvariantsOfAnyCluster(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		cluster := anycluster.Draw(rt)
		made, _, err := newCluster(t, &cluster)
		if err != nil {
			rt.Fatalf("%+v: %v", cluster, err)
		}
		for _, fault := range invariantFaults(t, made, cluster.WithDefaults("blue")) {
			rt.Errorf("%s\n%+v", fault, cluster)
		}
	})
}

func invariantFaults(tb testing.TB, made *recorder, cluster spec.Cluster) []string {
	tb.Helper()
	var faults []string
	expect := func(holds bool, format string, arguments ...any) {
		if !holds {
			faults = append(faults, fmt.Sprintf(format, arguments...))
		}
	}
	control := made.only(tb, "aws:eks/cluster:Cluster")
	expect(at(control, "vpcConfig", "endpointPrivateAccess") == true, "no private address")
	expect(at(control, "vpcConfig", "endpointPublicAccess") == (len(cluster.PublicCIDRs) > 0), "public: %v", control["vpcConfig"])
	expect(at(control, "encryptionConfig", "provider", "keyArn") != nil, "Secrets are not encrypted")
	expect(len(control["enabledClusterLogTypes"].([]any)) == len(logTypes), "logs %v", control["enabledClusterLogTypes"])
	expect(at(control, "accessConfig", "bootstrapClusterCreatorAdminPermissions") == false, "the creator is an administrator in secret")
	for _, group := range made.of("aws:cloudwatch/logGroup:LogGroup") {
		expect(group.Inputs.HasValue("kmsKeyId") && group.Inputs["retentionInDays"].NumberValue() >= 90, "%s: %v", group.Name, group.Inputs)
	}
	for _, template := range made.of("aws:ec2/launchTemplate:LaunchTemplate") {
		inputs := template.Inputs.Mappable()
		expect(at(inputs, "metadataOptions", "httpTokens") == "required", "%s: tokens", template.Name)
		expect(at(inputs, "metadataOptions", "httpPutResponseHopLimit") == 1.0, "%s: hops", template.Name)
		for _, mapping := range inputs["blockDeviceMappings"].([]any) {
			expect(at(mapping, "ebs", "encrypted") == "true" && at(mapping, "ebs", "kmsKeyId") != nil, "%s: %v", template.Name, mapping)
		}
	}
	for _, key := range made.of("aws:kms/key:Key") {
		expect(key.Inputs["enableKeyRotation"].BoolValue(), "%s is not rotated", key.Name)
		expect(!strings.Contains(key.Inputs["policy"].StringValue(), `"kms:*"`), "%s: anything goes", key.Name)
	}
	for _, subnet := range made.of("aws:ec2/subnet:Subnet") {
		expect(!subnet.Inputs["mapPublicIpOnLaunch"].BoolValue(), "%s gives public addresses", subnet.Name)
	}
	for _, group := range made.of("aws:ec2/securityGroup:SecurityGroup") {
		expect(!strings.Contains(fmt.Sprint(group.Inputs.Mappable()), "0.0.0.0/0"), "%s lets the world in", group.Name)
	}
	expect(len(made.of("aws:eks/accessEntry:AccessEntry")) == 1+len(cluster.Administrators), "somebody gets in who is not named")
	expect(len(made.of("aws:ec2/flowLog:FlowLog")) == 1 || cluster.Network.Given(), "the network is not watched")
	return faults
}
