package gke

import (
	"fmt"
	"testing"

	"github.com/rampart-iac/rampart/providers/internal/mock"
	"github.com/rampart-iac/rampart/providers/internal/property"
)

// cis is the CIS Google Kubernetes Engine Benchmark 1.9.
var cis = property.Benchmark{
	Items: []string{
		"5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.2.1", "5.2.2", "5.3.1", "5.4.1", "5.5.1", "5.5.2", "5.5.3", "5.5.4", "5.5.5", "5.5.6",
		"5.5.7", "5.6.1", "5.6.2", "5.6.3", "5.6.4", "5.6.5", "5.6.6", "5.6.7", "5.7.1", "5.7.2", "5.8.1", "5.8.2", "5.8.3", "5.9.1",
		"5.9.2", "5.10.1", "5.10.2", "5.10.3", "5.10.4",
	},
	Checks: cisItems,
	Elsewhere: map[string]string{
		"5.1.1":  "images are scanned by the registry, which is not made here",
		"5.1.2":  "people's access to the registry is the registry's",
		"5.6.6":  "a VPC lets nothing in that no rule allows; the network has none of ours, and GKE makes its own",
		"5.6.7":  "Ingresses are the users', and so are their certificates",
		"5.7.2":  "what auditd sees on a node comes by a DaemonSet of the user's",
		"5.8.2":  "Google Groups are an option, because the domain is the user's: TestGroupsOfADomain",
		"5.9.1":  "the key of a volume is named by its StorageClass, which is the user's",
		"5.10.1": "GKE has no dashboard in the cluster any more, and no setting for it",
		"5.10.3": "GKE Sandbox is no option here",
	},
	Sabotage: map[string][]property.Sabotage{
		"5.1.3":  {property.In(reader, values{"role": "roles/artifactregistry.writer"})},
		"5.1.4":  {property.In("blue-cluster", values{"binaryAuthorization": values{"evaluationMode": "DISABLED"}})},
		"5.2.1":  inNodes(values{"serviceAccount": "default"}),
		"5.2.2":  {property.In("blue-cluster", values{"workloadIdentityConfig": nil})},
		"5.3.1":  {property.In("blue-cluster", values{"databaseEncryption": values{"state": "DECRYPTED"}})},
		"5.4.1":  inNodes(values{"workloadMetadataConfig": values{"mode": "GCE_METADATA"}}),
		"5.5.1":  inNodes(values{"imageType": "UBUNTU_CONTAINERD"}),
		"5.5.2":  {property.In("blue-nodes-general", values{"management": values{"autoRepair": false}})},
		"5.5.3":  {property.In("blue-nodes-general", values{"management": values{"autoUpgrade": false}})},
		"5.5.4":  {property.In("blue-cluster", values{"releaseChannel": values{"channel": "UNSPECIFIED"}})},
		"5.5.5":  {property.In("blue-cluster", values{"enableShieldedNodes": false})},
		"5.5.6":  inNodes(values{"shieldedInstanceConfig": values{"enableIntegrityMonitoring": false}}),
		"5.5.7":  inNodes(values{"shieldedInstanceConfig": values{"enableSecureBoot": false}}),
		"5.6.1":  {property.In("blue-cluster", values{"enableIntranodeVisibility": false}), property.In("blue-subnetwork", values{"logConfig": nil})},
		"5.6.2":  {property.In("blue-cluster", values{"networkingMode": "ROUTES"}), property.In("blue-cluster", values{"ipAllocationPolicy": nil})},
		"5.6.3":  {property.In("blue-cluster", values{"masterAuthorizedNetworksConfig": nil})},
		"5.6.4":  {property.In("blue-cluster", values{"privateClusterConfig": values{"enablePrivateEndpoint": false}})},
		"5.6.5":  {property.In("blue-cluster", values{"privateClusterConfig": values{"enablePrivateNodes": false}}), property.In("blue-nodes-general", values{"networkConfig": nil})},
		"5.7.1":  {property.In("blue-cluster", values{"loggingConfig": nil}), property.In("blue-cluster", values{"monitoringConfig": nil})},
		"5.8.1":  {property.In("blue-cluster", values{"masterAuth": values{"clientCertificateConfig": values{"issueClientCertificate": true}}})},
		"5.8.3":  {property.In("blue-cluster", values{"enableLegacyAbac": true})},
		"5.9.2":  inNodes(values{"bootDiskKmsKey": nil}),
		"5.10.2": {property.In("blue-cluster", values{"enableKubernetesAlpha": true})},
		"5.10.4": {property.In("blue-cluster", values{"securityPostureConfig": values{"mode": "DISABLED"}})},
	},
}

// reader is what lets nodes read the repository of a test.
const reader = "blue-nodes-reads-europe-west3-acme-prod-images"

// inNodes breaks what nodes are like: of a pool, and of the first ones of a cluster.
func inNodes(change map[string]any) []property.Sabotage {
	sabotage := []property.Sabotage{}
	for _, resource := range []string{"blue-cluster", "blue-nodes-general"} {
		whole := values{"nodeConfig": values{}}
		for key, value := range change {
			if value == nil {
				value = "" // in an object nothing can be taken away
			}
			whole["nodeConfig"].(values)[key] = value
		}
		sabotage = append(sabotage, property.In(resource, whole))
	}
	return sabotage
}

// want is an input that an item decides, and what it must be.
type want struct {
	path  []string
	value any
}

// is wants an input to be something.
func is(value any, path ...string) want { return want{path, value} }

// check of one item.
type check = func(tb testing.TB, made *mock.Engine) []string

// broken are the inputs that are not what an item wants.
func broken(inputs any, wants []want) []string {
	var faults []string
	for _, want := range wants {
		if got := mock.At(inputs, want.path...); fmt.Sprint(got) != fmt.Sprint(want.value) {
			faults = append(faults, fmt.Sprintf("%v is %v, want %v", want.path, got, want.value))
		}
	}
	return faults
}

// cluster checks inputs of the cluster, pool those of node pools, and nodes those of what nodes are like, of the first ones of a
// cluster, too.
func cluster(wants ...want) check {
	return func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		return broken(made.Only(tb, clusterToken), wants)
	}
}

func pool(wants ...want) check {
	return func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		return broken(made.Only(tb, poolToken), wants)
	}
}

func nodes(wants ...want) check {
	return func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		return append(broken(made.Only(tb, clusterToken)["nodeConfig"], wants), broken(made.Only(tb, poolToken)["nodeConfig"], wants)...)
	}
}

// both checks two things of one item.
func both(one, other check) check {
	return func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		return append(one(tb, made), other(tb, made)...)
	}
}

// cisItems are the items that the inputs of a cluster decide, each with what is wrong with them.
var cisItems = mock.Items{
	"5.1.3": func(_ testing.TB, made *mock.Engine) []string {
		var faults []string
		for _, member := range made.Of("gcp:artifactregistry/repositoryIamMember:RepositoryIamMember") {
			faults = append(faults, broken(member.Inputs.Mappable(), []want{is("roles/artifactregistry.reader", "role")})...)
		}
		return faults
	},
	"5.1.4": cluster(is("PROJECT_SINGLETON_POLICY_ENFORCE", "binaryAuthorization", "evaluationMode")),
	"5.2.1": nodes(is("blue-nodes-account@acme-prod.iam.gserviceaccount.com", "serviceAccount")),
	"5.2.2": cluster(is("acme-prod.svc.id.goog", "workloadIdentityConfig", "workloadPool")),
	"5.3.1": cluster(is("ENCRYPTED", "databaseEncryption", "state"), is("blue-secrets-key-id", "databaseEncryption", "keyName")),
	"5.4.1": nodes(is("GKE_METADATA", "workloadMetadataConfig", "mode"), is("true", "metadata", "disable-legacy-endpoints")),
	"5.5.1": nodes(is("COS_CONTAINERD", "imageType")),
	"5.5.2": pool(is(true, "management", "autoRepair")),
	"5.5.3": pool(is(true, "management", "autoUpgrade")),
	"5.5.4": cluster(is("REGULAR", "releaseChannel", "channel")),
	"5.5.5": cluster(is(true, "enableShieldedNodes")),
	"5.5.6": nodes(is(true, "shieldedInstanceConfig", "enableIntegrityMonitoring")),
	"5.5.7": nodes(is(true, "shieldedInstanceConfig", "enableSecureBoot")),
	"5.6.1": both(cluster(is(true, "enableIntranodeVisibility")), func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		subnetwork := made.Only(tb, "gcp:compute/subnetwork:Subnetwork")
		return broken(subnetwork, []want{is(1, "logConfig", "flowSampling"), is("INCLUDE_ALL_METADATA", "logConfig", "metadata")})
	}),
	"5.6.2": cluster(is("VPC_NATIVE", "networkingMode"), is("pods", "ipAllocationPolicy", "clusterSecondaryRangeName")),
	"5.6.3": cluster(is(false, "masterAuthorizedNetworksConfig", "gcpPublicCidrsAccessEnabled"), is("[]", "masterAuthorizedNetworksConfig", "cidrBlocks")),
	"5.6.4": cluster(is(true, "privateClusterConfig", "enablePrivateEndpoint")),
	"5.6.5": both(cluster(is(true, "privateClusterConfig", "enablePrivateNodes")), pool(is(true, "networkConfig", "enablePrivateNodes"))),
	"5.7.1": cluster(
		is("[SYSTEM_COMPONENTS WORKLOADS APISERVER SCHEDULER CONTROLLER_MANAGER]", "loggingConfig", "enableComponents"),
		is("[SYSTEM_COMPONENTS APISERVER SCHEDULER CONTROLLER_MANAGER]", "monitoringConfig", "enableComponents"),
	),
	"5.8.1":  cluster(is(false, "masterAuth", "clientCertificateConfig", "issueClientCertificate")),
	"5.8.3":  cluster(is(false, "enableLegacyAbac")),
	"5.9.2":  nodes(is("blue-disks-key-id", "bootDiskKmsKey")),
	"5.10.2": cluster(is(false, "enableKubernetesAlpha")),
	"5.10.4": cluster(is("BASIC", "securityPostureConfig", "mode"), is("VULNERABILITY_BASIC", "securityPostureConfig", "vulnerabilityMode")),
}

// besideCIS is what the baseline asks of inputs, and CIS does not.
var besideCIS = mock.Items{
	"RMP-CPL-012": cluster(is(false, "serviceExternalIpsConfig", "enabled")),
	"RMP-NET-001": cluster(is("ADVANCED_DATAPATH", "datapathProvider")),
	"RMP-NOD-006": pool(is(podProcesses, "nodeConfig", "kubeletConfig", "podPidsLimit")),
}

// large asks for much that has a default of nothing.
func large(args *ClusterArgs) {
	args.Network.Egress, args.SecurityDomain = "nat", "example.com"
	args.ImageRepositories = []string{"europe-west3-docker.pkg.dev/acme-prod/images"}
}

// TestCISItems holds the inputs of a cluster to each item, and to it again in the sizes that clusters come in.
func TestCISItems(t *testing.T) {
	t.Parallel()
	clusters := map[string]*mock.Engine{}
	for name, change := range map[string]func(*ClusterArgs){
		"default": asIs, "large": large,
		"ephemeral dev": func(args *ClusterArgs) { args.Environment, args.Ephemeral = "dev", true },
	} {
		clusters[name], _ = mustMake(t, change)
	}
	cisItems.Hold(t, clusters)
}

// TestBesideTheBenchmark holds the inputs of a cluster to what only the baseline asks for.
func TestBesideTheBenchmark(t *testing.T) {
	t.Parallel()
	made, _ := mustMake(t, asIs)
	besideCIS.Hold(t, map[string]*mock.Engine{"default": made})
}

// TestEveryCISItemIsAnswered, by a check or by somebody who is named.
func TestEveryCISItemIsAnswered(t *testing.T) { t.Parallel(); cis.Complete(t) }

// TestCISItemsSeeSabotage: each check goes red when what it is about is broken.
func TestCISItemsSeeSabotage(t *testing.T) {
	t.Parallel()
	cis.Seen(t, func() *mock.Engine { made, _ := mustMake(t, large); return made })
}

// TestGroupsOfADomain is item 5.8.2: roles may name groups of the domain that the stack names, and of none otherwise.
func TestGroupsOfADomain(t *testing.T) {
	t.Parallel()
	made, _ := mustMake(t, large)
	if group := mock.At(made.Only(t, clusterToken), "authenticatorGroupsConfig", "securityGroup"); group != "gke-security-groups@example.com" {
		t.Errorf("groups of %v", group)
	}
	made, _ = mustMake(t, asIs)
	if groups := made.Only(t, clusterToken)["authenticatorGroupsConfig"]; groups != nil {
		t.Errorf("control: groups of %v", groups)
	}
}

// TestPublicAddressIsSeen: in dev a range may reach one, and the check of item 5.6.4 says so.
func TestPublicAddressIsSeen(t *testing.T) {
	t.Parallel()
	made, cluster := mustMake(t, func(args *ClusterArgs) { args.Environment, args.PublicCIDRs = "dev", []string{"203.0.113.0/24"} })
	if len(cisItems["5.6.4"](t, made)) == 0 || cluster.Facts.PrivateEndpoint {
		t.Errorf("item 5.6.4 does not see a public address; private %t", cluster.Facts.PrivateEndpoint)
	}
}
