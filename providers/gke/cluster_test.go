package gke

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers"
	"github.com/rampart-iac/rampart/providers/gke/spec"
	"github.com/rampart-iac/rampart/providers/internal/mock"
)

func TestFacts(t *testing.T) {
	t.Parallel()
	_, cluster := mustMake(t, asIs)
	want := baseline.Facts{
		KubernetesVersion: "v1.35.0", ControlPlane: baseline.ControlPlaneManaged, PolicyEnforcer: baseline.PolicyEnforcerDataplaneV2,
		PodCIDR: "10.32.0.0/14", ServiceCIDR: "10.64.0.0/20", AuditSink: baseline.AuditSinkCloudLogging,
		SecretsEncryption: baseline.SecretsEncryptionKMS, TLSFloor: baseline.TLS12,
		Deployer: "deployer@acme-prod.iam.gserviceaccount.com", AddonManager: "system:addon-manager", PrivateEndpoint: true,
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
	for name, retained := range map[string]bool{
		"blue-cluster": false, "blue-keys": false, "blue-secrets-key": true, "blue-disks-key": true, "blue-logs": true,
	} {
		if rpc := lasting.Named(t, name).RegisterRPC; !rpc.GetProtect() || rpc.GetRetainOnDelete() != retained {
			t.Errorf("%s: protected %t, retained %t, want true and %t", name, rpc.GetProtect(), rpc.GetRetainOnDelete(), retained)
		}
		if rpc := ephemeral.Named(t, name).RegisterRPC; rpc.GetProtect() || rpc.GetRetainOnDelete() {
			t.Errorf("%s of an ephemeral cluster is kept", name)
		}
	}
	if lasting.Only(t, clusterToken)["deletionProtection"] != true || ephemeral.Only(t, clusterToken)["deletionProtection"] != false {
		t.Error("deletion protection of GKE is not that of the cluster")
	}
}

// TestKeysServeOnlyTheirs: each is rotated, can be had back for a month, and one account of Google's own may use it.
func TestKeysServeOnlyTheirs(t *testing.T) {
	t.Parallel()
	made, _ := mustMake(t, asIs)
	for _, key := range made.Of("gcp:kms/cryptoKey:CryptoKey") {
		inputs := key.Inputs.Mappable()
		if inputs["rotationPeriod"] != "7776000s" || inputs["destroyScheduledDuration"] != "2592000s" || mock.At(inputs, "versionTemplate", "protectionLevel") != "HSM" {
			t.Errorf("%s: %v", key.Name, inputs)
		}
	}
	got := map[string]any{}
	for _, grant := range made.Of("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember") {
		inputs := grant.Inputs.Mappable()
		got[inputs["cryptoKeyId"].(string)] = inputs["member"]
		if inputs["role"] != "roles/cloudkms.cryptoKeyEncrypterDecrypter" {
			t.Errorf("%s has %v", grant.Name, inputs["role"])
		}
	}
	want := map[string]any{
		"blue-secrets-key-id": "serviceAccount:service-111122223333@container-engine-robot.iam.gserviceaccount.com",
		"blue-disks-key-id":   "serviceAccount:service-111122223333@compute-system.iam.gserviceaccount.com",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v", got)
	}
}

func TestAKeyOfTheUsers(t *testing.T) {
	t.Parallel()
	const own = "projects/k/locations/europe-west3/keyRings/a/cryptoKeys/b"
	made, _ := mustMake(t, func(args *ClusterArgs) { args.SecretsKey = own })
	if got := mock.At(made.Only(t, clusterToken), "databaseEncryption", "keyName"); got != own {
		t.Errorf("got %v", got)
	}
	if keys := made.Of("gcp:kms/cryptoKey:CryptoKey"); len(keys) != 1 {
		t.Errorf("%d keys are made, want that for disks", len(keys))
	}
}

// TestRolesAreNarrow: nodes have what Google has for nodes, and no role that can change anything.
func TestRolesAreNarrow(t *testing.T) {
	t.Parallel()
	made, _ := mustMake(t, func(args *ClusterArgs) {
		args.ImageRepositories = []string{"europe-west3-docker.pkg.dev/acme-prod/images"}
	})
	if role := made.Only(t, "gcp:projects/iAMMember:IAMMember")["role"]; role != "roles/container.defaultNodeServiceAccount" {
		t.Errorf("nodes have %v", role)
	}
	reader := made.Only(t, "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember")
	if reader["role"] != "roles/artifactregistry.reader" || reader["repository"] != "images" {
		t.Errorf("nodes have %v", reader)
	}
}

// TestCalicoOrDataplane: one of them enforces policies, and the facts say which.
func TestCalicoOrDataplane(t *testing.T) {
	t.Parallel()
	made, _ := mustMake(t, asIs)
	if cluster := made.Only(t, clusterToken); cluster["networkPolicy"] != nil || cluster["datapathProvider"] != "ADVANCED_DATAPATH" {
		t.Errorf("Dataplane V2: %v, %v", cluster["networkPolicy"], cluster["datapathProvider"])
	}
	made, calico := mustMake(t, func(args *ClusterArgs) { args.Calico = true })
	cluster := made.Only(t, clusterToken)
	if mock.At(cluster, "networkPolicy", "enabled") != true || mock.At(cluster, "addonsConfig", "networkPolicyConfig", "disabled") != false ||
		cluster["datapathProvider"] != "LEGACY_DATAPATH" || calico.Facts.PolicyEnforcer != baseline.PolicyEnforcerManagedCalico {
		t.Errorf("Calico: %v, %+v", cluster, calico.Facts)
	}
	if cluster["enableIntranodeVisibility"] != true {
		t.Error("connections on one node are not seen")
	}
}

// TestNoWayOut: without NAT, the one route leads to Google's own addresses.
func TestNoWayOut(t *testing.T) {
	t.Parallel()
	made, _ := mustMake(t, asIs)
	if route := made.Only(t, "gcp:compute/route:Route"); route["destRange"] != "199.36.153.4/30" {
		t.Errorf("got %v", route)
	}
	if nats := made.Of("gcp:compute/routerNat:RouterNat"); len(nats) != 0 {
		t.Errorf("%d NATs", len(nats))
	}
	if made.Only(t, "gcp:compute/network:Network")["deleteDefaultRoutesOnCreate"] != true {
		t.Error("the network has the default route")
	}
}

// TestGivenNetworkIsLeftAlone: nothing of a network is made.
func TestGivenNetworkIsLeftAlone(t *testing.T) {
	t.Parallel()
	made, _ := mustMake(t, func(args *ClusterArgs) {
		args.Network = spec.Network{
			CIDR: "10.1.0.0/20", PodCIDR: "10.32.0.0/14", NetworkID: pulumi.String("vpc"), SubnetworkID: pulumi.String("nodes"),
			PodRange: "p", ServiceRange: "s",
		}
	})
	for _, args := range made.Registered {
		if strings.HasPrefix(args.TypeToken, "gcp:compute/") || strings.HasPrefix(args.TypeToken, "gcp:dns/") {
			t.Errorf("%s is made", args.Name)
		}
	}
	cluster := made.Only(t, clusterToken)
	if cluster["subnetwork"] != "nodes" || mock.At(cluster, "ipAllocationPolicy", "servicesSecondaryRangeName") != "s" {
		t.Errorf("got %v", cluster)
	}
}

// TestChangesReplaceNothing: what changes of nodes must not be an input that makes a new pool before the old one is gone.
func TestChangesReplaceNothing(t *testing.T) {
	t.Parallel()
	made, _ := mustMake(t, asIs)
	pool, cluster := made.Named(t, "blue-nodes-general"), made.Named(t, "blue-cluster")
	if pool.Inputs.HasValue("name") || !pool.Inputs.HasValue("namePrefix") || pool.Inputs.HasValue("version") {
		t.Errorf("got %v", pool.Inputs)
	}
	if ignored := pool.RegisterRPC.GetIgnoreChanges(); !slices.Equal(ignored, []string{"initialNodeCount", "nodeCount", "version"}) {
		t.Errorf("of pools, changes of %v are ignored", ignored)
	}
	if ignored := cluster.RegisterRPC.GetIgnoreChanges(); !slices.Equal(ignored, []string{"nodeConfig", "initialNodeCount"}) {
		t.Errorf("of clusters, changes of %v are ignored", ignored)
	}
	if timeout := cluster.RegisterRPC.GetCustomTimeouts().GetCreate(); timeout != "45m" {
		t.Errorf("a cluster has %s to be made", timeout)
	}
}

// TestProviderOfTheCallers: what is made is made by it.
func TestProviderOfTheCallers(t *testing.T) {
	t.Parallel()
	mocks := newEngine()
	_, err := mocks.Run(func(ctx *pulumi.Context) (*providers.Cluster, error) {
		own, err := gcp.NewProvider(ctx, "own", &gcp.ProviderArgs{})
		if err != nil {
			return nil, err
		}
		return NewCluster(ctx, "blue", good(), pulumi.Providers(own))
	})
	if err != nil {
		t.Fatal(err)
	}
	if made := mocks.Of("pulumi:providers:gcp"); len(made) != 1 || made[0].Name != "own" {
		t.Errorf("%d providers", len(made))
	}
	if provider := mocks.Named(t, "blue-cluster").Provider; !strings.Contains(provider, "own") {
		t.Errorf("the cluster is made by %s", provider)
	}
}

func TestBadArgumentsMakeNothing(t *testing.T) {
	t.Parallel()
	mocks, _, err := newCluster(nil)
	if err == nil || !strings.Contains(err.Error(), "project") || !strings.Contains(err.Error(), "deployer") {
		t.Errorf("got %v", err)
	}
	if len(mocks.Registered) > 0 {
		t.Errorf("%d resources are made", len(mocks.Registered))
	}
}
