package gke

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/rampart-iac/rampart/providers/internal/mock"
)

// want is an input of the cluster, or of a node's configuration, that an item decides, and what it must be.
type want struct {
	path  []string
	value any
}

// clusterItems are the items of the CIS Google Kubernetes Engine Benchmark 1.9 that an input of the cluster decides.
var clusterItems = map[string][]want{
	"5.3.1":  {{[]string{"databaseEncryption", "state"}, "ENCRYPTED"}, {[]string{"databaseEncryption", "keyName"}, "blue-secrets-key-id"}},
	"5.2.2":  {{[]string{"workloadIdentityConfig", "workloadPool"}, "acme-prod.svc.id.goog"}},
	"5.5.4":  {{[]string{"releaseChannel", "channel"}, "REGULAR"}},
	"5.5.5":  {{[]string{"enableShieldedNodes"}, true}},
	"5.6.2":  {{[]string{"networkingMode"}, "VPC_NATIVE"}, {[]string{"ipAllocationPolicy", "clusterSecondaryRangeName"}, "pods"}},
	"5.6.3":  {{[]string{"masterAuthorizedNetworksConfig", "gcpPublicCidrsAccessEnabled"}, false}},
	"5.6.4":  {{[]string{"privateClusterConfig", "enablePrivateEndpoint"}, true}},
	"5.6.5":  {{[]string{"privateClusterConfig", "enablePrivateNodes"}, true}},
	"5.6.7":  {{[]string{"datapathProvider"}, "ADVANCED_DATAPATH"}},
	"5.7.1":  {{[]string{"loggingConfig", "enableComponents"}, "[SYSTEM_COMPONENTS WORKLOADS APISERVER SCHEDULER CONTROLLER_MANAGER]"}},
	"5.8.1":  {{[]string{"masterAuth", "clientCertificateConfig", "issueClientCertificate"}, false}},
	"5.8.3":  {{[]string{"enableLegacyAbac"}, false}},
	"5.10.2": {{[]string{"enableKubernetesAlpha"}, false}},
	"5.10.4": {{[]string{"binaryAuthorization", "evaluationMode"}, "PROJECT_SINGLETON_POLICY_ENFORCE"}},
	"5.10.5": {{[]string{"securityPostureConfig", "mode"}, "BASIC"}, {[]string{"securityPostureConfig", "vulnerabilityMode"}, "VULNERABILITY_BASIC"}},
}

// nodeItems are those that the configuration of nodes decides, for the first ones of a cluster, too.
var nodeItems = map[string][]want{
	"5.2.1": {{[]string{"serviceAccount"}, "blue-nodes-account@acme-prod.iam.gserviceaccount.com"}},
	"5.4.1": {{[]string{"workloadMetadataConfig", "mode"}, "GKE_METADATA"}, {[]string{"metadata", "disable-legacy-endpoints"}, "true"}},
	"5.5.1": {{[]string{"imageType"}, "COS_CONTAINERD"}},
	"5.5.6": {{[]string{"shieldedInstanceConfig", "enableIntegrityMonitoring"}, true}},
	"5.5.7": {{[]string{"shieldedInstanceConfig", "enableSecureBoot"}, true}},
	"5.9.1": {{[]string{"bootDiskKmsKey"}, "blue-disks-key-id"}},
}

// poolItems are those that a node pool decides.
var poolItems = map[string][]want{
	"5.5.2": {{[]string{"management", "autoRepair"}, true}},
	"5.5.3": {{[]string{"management", "autoUpgrade"}, true}},
	"5.6.5": {{[]string{"networkConfig", "enablePrivateNodes"}, true}},
}

// broken are the items that inputs do not keep, and what is there instead.
func broken(items map[string][]want, inputs any) []string {
	var faults []string
	for _, id := range slices.Sorted(maps.Keys(items)) {
		for _, want := range items[id] {
			if got := mock.At(inputs, want.path...); fmt.Sprint(got) != fmt.Sprint(want.value) {
				faults = append(faults, fmt.Sprintf("%s: %v is %v, want %v", id, want.path, got, want.value))
			}
		}
	}
	return faults
}

// TestCISItems holds the inputs of a cluster to each item, and to it again in the sizes that clusters come in.
func TestCISItems(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*ClusterArgs){
		"default": asIs,
		"large": func(args *ClusterArgs) {
			args.Network.Egress, args.SecurityDomain = "nat", "example.com"
			args.ImageRepositories = []string{"europe-west3-docker.pkg.dev/acme-prod/images"}
		},
		"ephemeral dev": func(args *ClusterArgs) { args.Environment, args.Ephemeral = "dev", true },
	} {
		made, _ := mustMake(t, change)
		cluster, pool := made.Only(t, clusterToken), made.Only(t, poolToken)
		faults := slices.Concat(
			broken(clusterItems, cluster), broken(poolItems, pool),
			broken(nodeItems, cluster["nodeConfig"]), broken(nodeItems, pool["nodeConfig"]),
		)
		for _, fault := range faults {
			t.Errorf("%s: %s", name, fault)
		}
	}
}

// TestBrokenItemsAreSeen: every item is, if its input is not there.
func TestBrokenItemsAreSeen(t *testing.T) {
	t.Parallel()
	for _, items := range []map[string][]want{clusterItems, nodeItems, poolItems} {
		wants := 0
		for _, each := range items {
			wants += len(each)
		}
		if faults := broken(items, map[string]any{}); len(faults) != wants {
			t.Errorf("%d faults of %d", len(faults), wants)
		}
	}
}

// TestBesideTheBenchmark: what the baseline asks for, and the benchmark does not.
func TestBesideTheBenchmark(t *testing.T) {
	t.Parallel()
	made, _ := mustMake(t, asIs)
	for _, fault := range slices.Concat(
		broken(map[string][]want{"RMP-CPL-012": {{[]string{"serviceExternalIpsConfig", "enabled"}, false}}}, made.Only(t, clusterToken)),
		broken(map[string][]want{"RMP-NOD-006": {{[]string{"nodeConfig", "kubeletConfig", "podPidsLimit"}, 4096}}}, made.Only(t, poolToken)),
	) {
		t.Error(fault)
	}
}

// TestFlowLogs is item 5.6.1: every connection is written down.
func TestFlowLogs(t *testing.T) {
	t.Parallel()
	made, _ := mustMake(t, asIs)
	subnetwork := made.Only(t, "gcp:compute/subnetwork:Subnetwork")
	if mock.At(subnetwork, "logConfig", "flowSampling") != 1.0 || subnetwork["privateIpGoogleAccess"] != true {
		t.Errorf("got %v", subnetwork)
	}
}

// TestPublicAddressIsSeen: in dev a range may reach one, and the check of item 5.6.4 says so.
func TestPublicAddressIsSeen(t *testing.T) {
	t.Parallel()
	made, cluster := mustMake(t, func(args *ClusterArgs) { args.Environment, args.PublicCIDRs = "dev", []string{"203.0.113.0/24"} })
	faults := broken(clusterItems, made.Only(t, clusterToken))
	if len(faults) != 1 || faults[0][:5] != "5.6.4" || cluster.Facts.PrivateEndpoint {
		t.Errorf("%v, private %t", faults, cluster.Facts.PrivateEndpoint)
	}
}
