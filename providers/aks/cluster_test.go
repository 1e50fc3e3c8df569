package aks

import (
	"strings"
	"testing"

	azure "github.com/pulumi/pulumi-azure-native-sdk/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers"
	"github.com/rampart-iac/rampart/providers/aks/spec"
	"github.com/rampart-iac/rampart/providers/internal/mock"
)

func TestFacts(t *testing.T) {
	t.Parallel()
	_, cluster := mustMake(t, asIs)
	want := baseline.Facts{
		KubernetesVersion: "v1.36.0", ControlPlane: baseline.ControlPlaneManaged, PolicyEnforcer: baseline.PolicyEnforcerCalico,
		PodCIDR: "10.244.0.0/16", ServiceCIDR: "172.20.0.0/16", AuditSink: baseline.AuditSinkLogAnalytics,
		SecretsEncryption: baseline.SecretsEncryptionKMS, TLSFloor: baseline.TLS12, DeployersGroup: testGroup, PrivateEndpoint: true,
	}
	if cluster.Facts != want {
		t.Errorf("got %+v", cluster.Facts)
	}
}

// TestWhatMustLastIsProtected: cluster, keys and logs; of an ephemeral cluster nothing. What stays behind is in a group that
// stays as well.
func TestWhatMustLastIsProtected(t *testing.T) {
	t.Parallel()
	lasting, _ := mustMake(t, asIs)
	ephemeral, _ := mustMake(t, func(args *ClusterArgs) { args.Ephemeral = true })
	for name, stays := range map[string]bool{
		"blue-cluster": false, "blue-disks": false, "blue-group": true, "blue-vault": true, "blue-secrets-key": true,
		"blue-disks-key": true, "blue-logs": true,
	} {
		if !lasting.Named(t, name).RegisterRPC.GetProtect() {
			t.Errorf("%s is not protected", name)
		}
		if ephemeral.Named(t, name).RegisterRPC.GetProtect() {
			t.Errorf("%s of an ephemeral cluster is protected", name)
		}
		if got := lasting.Named(t, name).RegisterRPC.GetRetainOnDelete(); got != stays {
			t.Errorf("%s stays when its stack goes: %t, want %t", name, got, stays)
		}
		if ephemeral.Named(t, name).RegisterRPC.GetRetainOnDelete() {
			t.Errorf("%s of an ephemeral cluster stays", name)
		}
	}
}

// TestKubeconfigHoldsNoCredential: only the address and the authority of AKS's own are in ours.
func TestKubeconfigHoldsNoCredential(t *testing.T) {
	t.Parallel()
	made, cluster := mustMake(t, asIs)
	mock.Kubeconfig(t, made)
	texts := make(chan string, 1)
	pulumi.All(cluster.Kubeconfig, cluster.Endpoint, cluster.CACertificate, cluster.OIDCIssuer).ApplyT(func(all []any) int {
		texts <- all[0].(string) + "\n" + all[1].(string) + "\n" + all[2].(string) + "\n" + all[3].(string)
		return 0
	})
	text := <-texts
	for _, want := range []string{
		`"server": "https://cluster.example:443"`, `"certificate-authority-data": "cGVt"`, `"command": "kubelogin"`,
		"\nhttps://cluster.example:443\npem\nhttps://issuer.example/1/",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "theirs") {
		t.Errorf("the credential of AKS's answer is in\n%s", text)
	}
}

func TestAnswersWithoutAnEndpointAreRefused(t *testing.T) {
	t.Parallel()
	if _, err := readEndpoint(nil); err == nil || !strings.Contains(err.Error(), "group of administrators") {
		t.Errorf("got %v", err)
	}
}

// TestFaultsStopEverything: nothing is registered, and all faults are told.
func TestFaultsStopEverything(t *testing.T) {
	t.Parallel()
	made, _, err := newCluster(&ClusterArgs{PublicCIDRs: []string{"0.0.0.0/0"}})
	if err == nil || len(made.Registered) > 0 {
		t.Fatalf("%d resources, %v", len(made.Registered), err)
	}
	for _, field := range []string{"subscription", "tenant", "region", "adminGroup", "publicCIDRs", "publicCIDRs[0]"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("no %s in %v", field, err)
		}
	}
}

// TestGivenSubnetsAreTakenAsTheyAre: nothing is made in them, and the roles are on them.
func TestGivenSubnetsAreTakenAsTheyAre(t *testing.T) {
	t.Parallel()
	made, _ := mustMake(t, func(args *ClusterArgs) {
		args.Network = spec.Network{
			NodeSubnetID: pulumi.String("their-nodes"), APIServerSubnetID: pulumi.String("their-api"), Egress: spec.EgressFirewall,
		}
	})
	for _, kind := range []string{"VirtualNetwork", "NetworkSecurityGroup", "NatGateway", "PublicIPAddress", "RouteTable"} {
		if found := made.Of(kind); len(found) > 0 {
			t.Errorf("%s is made", found[0].Name)
		}
	}
	if got := made.Named(t, "blue-cluster-role-nodes-subnet").Inputs["scope"].StringValue(); got != "their-nodes" {
		t.Errorf("role on %s", got)
	}
	if got := mock.At(clusterOf(t, made), "apiServerAccessProfile", "subnetId"); got != "their-api" {
		t.Errorf("API server in %v", got)
	}
	if got := mock.At(clusterOf(t, made), "networkProfile", "outboundType"); got != "userDefinedRouting" {
		t.Errorf("way out %v", got)
	}
}

// TestAFirewallIsTheOnlyWayOut of a network that is made with one.
func TestAFirewallIsTheOnlyWayOut(t *testing.T) {
	t.Parallel()
	made, _ := mustMake(t, func(args *ClusterArgs) {
		args.Network.Egress, args.Network.FirewallIP = spec.EgressFirewall, "10.100.0.4"
	})
	if len(made.Of("NatGateway"))+len(made.Of("PublicIPAddress")) > 0 {
		t.Error("there is a NAT gateway, too")
	}
	routes := made.Named(t, "blue-routes").Inputs.Mappable()
	route := routes["routes"].([]any)[0]
	if routes["disableBgpRoutePropagation"] != true || mock.At(route, "addressPrefix") != "0.0.0.0/0" || mock.At(route, "nextHopIpAddress") != "10.100.0.4" {
		t.Errorf("got %v", routes)
	}
}

// TestOptions are off unless they are asked for.
func TestOptions(t *testing.T) {
	t.Parallel()
	without, _ := mustMake(t, asIs)
	with, _ := mustMake(t, func(args *ClusterArgs) { args.AzurePolicy, args.Defender, args.FIPS = true, true, true })
	for made, want := range map[*mock.Engine]bool{without: false, with: true} {
		cluster := clusterOf(t, made)
		if got := mock.At(cluster, "securityProfile", "defender") != nil; got != want {
			t.Errorf("Defender %t, want %t", got, want)
		}
		if got := mock.At(cluster, "addonProfiles", "azurepolicy", "enabled"); got != want {
			t.Errorf("Azure Policy %v, want %t", got, want)
		}
		if got := poolsOf(t, made)[0]["enableFIPS"]; got != want {
			t.Errorf("FIPS %v, want %t", got, want)
		}
	}
}

// TestLogsAnswerWhereTheyAreAskedTo: by a public address only for questions that were let in, and for the sensor of Defender.
func TestLogsAnswerWhereTheyAreAskedTo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change           func(*ClusterArgs)
		query, ingestion string
	}{
		"as it is":       {asIs, "Disabled", "Disabled"},
		"in dev":         {func(args *ClusterArgs) { args.Environment = "dev" }, "Disabled", "Disabled"},
		"public queries": {func(args *ClusterArgs) { args.PublicLogQueries = true }, "Enabled", "Disabled"},
		"Defender":       {func(args *ClusterArgs) { args.Defender = true }, "Disabled", "Enabled"},
	} {
		made, _ := mustMake(t, test.change)
		workspace := made.Named(t, "blue-logs").Inputs.Mappable()
		query, ingestion := workspace["publicNetworkAccessForQuery"], workspace["publicNetworkAccessForIngestion"]
		if query != test.query || ingestion != test.ingestion {
			t.Errorf("%s: queries %v, ingestion %v", name, query, ingestion)
		}
	}
}

// TestAProviderOfTheCallerIsTaken, and none is made beside it.
func TestAProviderOfTheCallerIsTaken(t *testing.T) {
	t.Parallel()
	mocks := newEngine()
	_, err := mocks.Run(func(ctx *pulumi.Context) (*providers.Cluster, error) {
		provider, err := azure.NewProvider(ctx, "mine", nil)
		if err != nil {
			return nil, err
		}
		return NewCluster(ctx, "blue", good(), pulumi.Provider(provider))
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range mocks.Registered {
		if args.TypeToken == "pulumi:providers:azure-native" && args.Name != "mine" {
			t.Errorf("%s is made", args.Name)
		}
		if strings.HasPrefix(args.TypeToken, "azure-native:") && !strings.Contains(args.Provider, "::mine::") {
			t.Errorf("%s is made by %s", args.Name, args.Provider)
		}
	}
}
