package eks

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers"
	"github.com/rampart-iac/rampart/providers/eks/spec"
	"github.com/rampart-iac/rampart/providers/internal/mock"
)

func TestFacts(t *testing.T) {
	t.Parallel()
	_, cluster := mustMake(t, asIs)
	want := baseline.Facts{
		KubernetesVersion: "v1.36.0", ControlPlane: baseline.ControlPlaneManaged, PolicyEnforcer: baseline.PolicyEnforcerCalico,
		NeedsPolicyEngine: true, PodInterfaces: "eni", PodCIDR: "10.0.0.0/16", ServiceCIDR: "172.20.0.0/16",
		AuditSink: baseline.AuditSinkCloudWatch, SecretsEncryption: baseline.SecretsEncryptionKMS, TLSFloor: baseline.TLS12,
		DeployersGroup: "rampart-deployers", AddonManager: "eks:addon-manager", PrivateEndpoint: true,
	}
	if cluster.Facts != want {
		t.Errorf("got %+v", cluster.Facts)
	}
}

// TestWhatMustLastIsProtected: cluster, keys and logs; of an ephemeral cluster nothing.
func TestWhatMustLastIsProtected(t *testing.T) {
	t.Parallel()
	lasting, _ := mustMake(t, asIs)
	ephemeral, _ := mustMake(t, func(args *ClusterArgs) { args.Ephemeral = true })
	for _, name := range []string{
		"blue-cluster", "blue-secrets-key", "blue-logs-key", "blue-volumes-key", "blue-logs-cluster", "blue-logs-flow",
	} {
		if !lasting.Named(t, name).RegisterRPC.GetProtect() {
			t.Errorf("%s is not protected", name)
		}
		if ephemeral.Named(t, name).RegisterRPC.GetProtect() {
			t.Errorf("%s of an ephemeral cluster is protected", name)
		}
		if strings.HasSuffix(name, "-key") {
			if !lasting.Named(t, name).RegisterRPC.GetRetainOnDelete() || ephemeral.Named(t, name).RegisterRPC.GetRetainOnDelete() {
				t.Errorf("%s: kept when its stack goes: %t and ephemeral %t, want true and false", name,
					lasting.Named(t, name).RegisterRPC.GetRetainOnDelete(), ephemeral.Named(t, name).RegisterRPC.GetRetainOnDelete())
			}
		}
	}
}

// TestKeysServeOnlyTheirs: each is rotated, can be had back for a month, and nobody in the account can use it by a policy
// of IAM alone.
func TestKeysServeOnlyTheirs(t *testing.T) {
	t.Parallel()
	made, _ := mustMake(t, asIs)
	use := []string{"kms:Decrypt", "kms:Encrypt", "kms:CreateGrant", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:*"}
	for _, key := range made.Of("aws:kms/key:Key") {
		inputs := key.Inputs.Mappable()
		if inputs["enableKeyRotation"] != true || inputs["rotationPeriodInDays"] != 365.0 || inputs["deletionWindowInDays"] != 30.0 {
			t.Errorf("%s: %v", key.Name, inputs)
		}
		for _, statement := range statements(t, inputs["policy"]) {
			principal := fmt.Sprint(statement.Principal)
			if strings.Contains(principal, "*") {
				t.Errorf("%s: anybody may %v", key.Name, statement.Action)
			}
			if !strings.Contains(principal, ":root") {
				continue
			}
			for _, action := range statement.Action {
				if slices.Contains(use, action) {
					t.Errorf("%s: the account may %s", key.Name, action)
				}
			}
		}
	}
	grants := 0
	for _, statement := range statements(t, made.Named(t, "blue-secrets-key").Inputs["policy"].StringValue()) {
		if slices.Contains(statement.Action, "kms:CreateGrant") {
			grants++
			if len(statement.Condition) > 0 || fmt.Sprint(statement.Principal) != "map[AWS:"+good().Deployer+"]" {
				t.Errorf("EKS takes no condition on the grant, and only the deployer makes one: %+v", statement)
			}
		}
	}
	if grants != 1 {
		t.Errorf("%d statements let somebody make grants of the key for secrets", grants)
	}
}

// TestAdministratorsOfOneNameAreToldApart, also from the deployer.
func TestAdministratorsOfOneNameAreToldApart(t *testing.T) {
	t.Parallel()
	made, _ := mustMake(t, func(args *ClusterArgs) {
		args.Administrators = []string{
			"arn:aws:iam::111122223333:role/admin", "arn:aws:iam::444455556666:role/admin", "arn:aws:iam::111122223333:role/x/deployer",
		}
	})
	for name, principal := range map[string]string{
		"blue-access-deployer":              good().Deployer,
		"blue-access-admin":                 "arn:aws:iam::111122223333:role/admin",
		"blue-access-444455556666-admin":    "arn:aws:iam::444455556666:role/admin",
		"blue-access-111122223333-deployer": "arn:aws:iam::111122223333:role/x/deployer",
	} {
		if got := made.Named(t, name).Inputs["principalArn"].StringValue(); got != principal {
			t.Errorf("%s is of %s, want %s", name, got, principal)
		}
	}
}

// TestRolesAreNarrow: nobody's policy of ours allows everything of something, and services are held to this account.
func TestRolesAreNarrow(t *testing.T) {
	t.Parallel()
	made, _ := mustMake(t, asIs)
	for _, policy := range made.Of("aws:iam/rolePolicy:RolePolicy") {
		for _, statement := range statements(t, policy.Inputs["policy"].StringValue()) {
			for _, action := range statement.Action {
				if strings.Contains(action, "*") || statement.Resource == "*" && action != "logs:DescribeLogGroups" {
					t.Errorf("%s allows %s on %v", policy.Name, action, statement.Resource)
				}
			}
		}
	}
	for _, role := range made.Of("aws:iam/role:Role") {
		for _, statement := range statements(t, role.Inputs["assumeRolePolicy"].StringValue()) {
			if service := statement.Principal["Service"]; service != "ec2.amazonaws.com" &&
				statement.Condition["StringEquals"]["aws:SourceAccount"] != testAccount {
				t.Errorf("%s: %v may take it for any account", role.Name, service)
			}
		}
	}
}

func TestNodesGiveNothingAway(t *testing.T) {
	t.Parallel()
	made, _ := mustMake(t, asIs)
	template := made.Only(t, "aws:ec2/launchTemplate:LaunchTemplate")
	for _, mapping := range template["blockDeviceMappings"].([]any) {
		if mock.At(mapping, "ebs", "encrypted") != "true" || mock.At(mapping, "ebs", "kmsKeyId") != "arn-of-blue-volumes-key" || mock.At(mapping, "ebs", "volumeType") != "gp3" {
			t.Errorf("disk %v", mapping)
		}
	}
	group := made.Only(t, "aws:eks/nodeGroup:NodeGroup")
	if template["keyName"] != nil || group["remoteAccess"] != nil {
		t.Error("nodes have a way in by SSH")
	}
	if group["amiType"] != "BOTTLEROCKET_x86_64" {
		t.Errorf("nodes run %v", group["amiType"])
	}
	settings, err := base64.StdEncoding.DecodeString(template["userData"].(string))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"host-containers.admin]\nenabled = false", "host-containers.control]\nenabled = false", `lockdown = "integrity"`, "seccomp-default = true", "pod-pids-limit = 4096"} {
		if !strings.Contains(string(settings), want) {
			t.Errorf("no %q in the nodes' settings", want)
		}
	}
}

// TestChangesReplaceNothing: what changes of a node group must not be an input that makes a new one.
func TestChangesReplaceNothing(t *testing.T) {
	t.Parallel()
	made, _ := mustMake(t, asIs)
	group := made.Named(t, "blue-nodes-general")
	if group.Inputs.HasValue("nodeGroupName") || !group.Inputs.HasValue("nodeGroupNamePrefix") {
		t.Error("a node group with a fixed name goes before the next one is there")
	}
	if group.Inputs.HasValue("instanceTypes") || made.Only(t, "aws:ec2/launchTemplate:LaunchTemplate")["instanceType"] != "m7i.large" {
		t.Error("a single instance type is to stand in the template")
	}
	if ignored := group.RegisterRPC.GetIgnoreChanges(); !slices.Equal(ignored, []string{"scalingConfig.desiredSize"}) {
		t.Errorf("changes of %v are ignored", ignored)
	}
	for _, name := range []string{"blue-cluster", "blue-nodes-general"} {
		if timeout := made.Named(t, name).RegisterRPC.GetCustomTimeouts().GetCreate(); timeout != "45m" && timeout != "60m" {
			t.Errorf("%s may take %q", name, timeout)
		}
	}
}

func TestKubeconfigHoldsNoCredential(t *testing.T) {
	t.Parallel()
	made, _ := mustMake(t, asIs)
	text := mock.Kubeconfig(t, made)
	again, _ := mustMake(t, asIs)
	if mock.Kubeconfig(t, again) != text {
		t.Error("its text changes from run to run")
	}
	provider := made.Named(t, "blue-kubernetes")
	if got := provider.Inputs["clusterIdentifier"].StringValue(); got != "https://issuer.example/1" {
		t.Errorf("clusterIdentifier %q", got)
	}
	waits := strings.Join(provider.RegisterRPC.GetDependencies(), " ")
	for _, want := range []string{"::blue-access-deployer", "::blue-access-deployer-rights"} {
		if !strings.Contains(waits, want) {
			t.Errorf("objects in the cluster do not wait for %s", want)
		}
	}
}

func TestAGivenNetworkIsLeftAlone(t *testing.T) {
	t.Parallel()
	made, _ := mustMake(t, func(args *ClusterArgs) {
		args.Network = spec.Network{CIDR: "10.1.0.0/16", VPCID: pulumi.String("vpc-1"), Subnets: []spec.Subnet{
			{Zone: "eu-central-1a", ID: pulumi.String("subnet-1")}, {Zone: "eu-central-1b", ID: pulumi.String("subnet-2")},
		}}
	})
	for _, args := range made.Registered {
		if strings.HasPrefix(args.TypeToken, "aws:ec2/") && args.TypeToken != "aws:ec2/launchTemplate:LaunchTemplate" {
			t.Errorf("made %s", args.TypeToken)
		}
	}
	if got := fmt.Sprint(mock.At(made.Only(t, "aws:eks/cluster:Cluster"), "vpcConfig", "subnetIds")); got != "[subnet-1 subnet-2]" {
		t.Errorf("subnets %s", got)
	}
}

func TestTheCallersProviderIsTaken(t *testing.T) {
	t.Parallel()
	mocks := newEngine()
	_, err := mocks.Run(func(ctx *pulumi.Context) (*providers.Cluster, error) {
		own, err := aws.NewProvider(ctx, "own", &aws.ProviderArgs{Region: pulumi.String("eu-central-1")})
		if err != nil {
			return nil, err
		}
		return NewCluster(ctx, "blue", good(), pulumi.Providers(own))
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := mocks.Of("pulumi:providers:aws"); len(got) != 1 || got[0].Name != "own" {
		t.Errorf("providers %v", got)
	}
	own, _ := mustMake(t, asIs)
	inputs := own.Only(t, "pulumi:providers:aws")
	if fmt.Sprint(inputs["allowedAccountIds"]) != `["111122223333"]` && fmt.Sprint(inputs["allowedAccountIds"]) != "[111122223333]" {
		t.Errorf("other accounts are not refused: %v", inputs)
	}
}

func TestEveryFaultIsToldBeforeAnythingIsRegistered(t *testing.T) {
	t.Parallel()
	mocks, _, err := newCluster(&ClusterArgs{Account: "1", PublicCIDRs: []string{"0.0.0.0/0"}})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"account", "region", "deployer", "network.zones", "publicCIDRs[0]"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %s in: %v", want, err)
		}
	}
	for _, args := range mocks.Registered {
		if args.TypeToken != "pulumi:pulumi:Stack" {
			t.Errorf("registered %s", args.TypeToken)
		}
	}
}

// TestChildrenBearTheirClustersName, and are its children.
func TestChildrenBearTheirClustersName(t *testing.T) {
	t.Parallel()
	made, _ := mustMake(t, func(args *ClusterArgs) { args.Network.Egress, args.IRSA, args.GuardDuty = spec.EgressNAT, true, true })
	for _, args := range made.Registered {
		if args.TypeToken == "pulumi:pulumi:Stack" || args.Name == "blue" {
			continue
		}
		if !strings.HasPrefix(args.Name, "blue-") || !strings.Contains(args.RegisterRPC.GetParent(), ComponentToken) {
			t.Errorf("%s %s is a child of %q", args.TypeToken, args.Name, args.RegisterRPC.GetParent())
		}
	}
}
