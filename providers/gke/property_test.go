package gke

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/providers/gke/internal/anycluster"
	"github.com/rampart-iac/rampart/providers/gke/spec"
	"github.com/rampart-iac/rampart/providers/internal/mock"
	"github.com/rampart-iac/rampart/providers/internal/property"
)

func TestMain(m *testing.M) { property.Main(m, property.Made) }

// TestInvariantsOfAnyCluster: private, encrypted, logged, with least privilege, whatever was asked for.
func TestInvariantsOfAnyCluster(t *testing.T) {
	t.Parallel()
	property.Kept(t, anycluster.Draw, makeAny, invariants)
}

// TestInvariantsAreSeenToBreak, each in every way that it names.
func TestInvariantsAreSeenToBreak(t *testing.T) {
	t.Parallel()
	cluster := *good()
	cluster.ImageRepositories = []string{"europe-west3-docker.pkg.dev/acme-prod/images"}
	property.Seen(t, cluster, makeAny, invariants)
}

func makeAny(cluster *spec.Cluster) (*mock.Engine, error) {
	made, _, err := newCluster(cluster)
	return made, err
}

type values = map[string]any

var invariants = map[string]property.Invariant[spec.Cluster]{
	"private": {Faults: private, Sabotage: []property.Sabotage{
		property.In("blue-cluster", values{"privateClusterConfig": values{"enablePrivateNodes": false}}),
		property.In("blue-cluster", values{"privateClusterConfig": values{"enablePrivateEndpoint": false}}),
		property.In("blue-cluster", values{"privateClusterConfig": values{"masterGlobalAccessConfig": values{"enabled": true}}}),
		property.In("blue-cluster", values{"masterAuthorizedNetworksConfig": nil}),
		property.In("blue-cluster", values{"masterAuthorizedNetworksConfig": values{"gcpPublicCidrsAccessEnabled": true}}),
		property.In("blue-cluster", values{"masterAuthorizedNetworksConfig": values{"cidrBlocks": []any{values{"cidrBlock": "0.0.0.0/0"}}}}),
		property.In("blue-nodes-general", values{"networkConfig": values{"enablePrivateNodes": false}}),
		property.In("blue-network", values{"deleteDefaultRoutesOnCreate": false}),
		property.In("blue-network", values{"autoCreateSubnetworks": true}),
		property.In("blue-route-google", values{"destRange": "0.0.0.0/0"}),
		property.In("blue-subnetwork", values{"privateIpGoogleAccess": false}),
	}},
	"encrypted": {Faults: encrypted, Sabotage: []property.Sabotage{
		property.In("blue-cluster", values{"databaseEncryption": values{"state": "DECRYPTED"}}),
		property.In("blue-cluster", values{"databaseEncryption": values{"keyName": "another"}}),
		property.In("blue-cluster", values{"nodeConfig": values{"bootDiskKmsKey": ""}}),
		property.In("blue-nodes-general", values{"nodeConfig": values{"bootDiskKmsKey": ""}}),
		property.In("blue-secrets-key", values{"rotationPeriod": nil}),
		property.In("blue-disks-key", values{"versionTemplate": values{"protectionLevel": "SOFTWARE"}}),
		property.In("blue-disks-key", values{"destroyScheduledDuration": "86400s"}),
	}},
	"logged": {Faults: logged, Sabotage: []property.Sabotage{
		property.In("blue-cluster", values{"loggingConfig": values{"enableComponents": []any{"SYSTEM_COMPONENTS"}}}),
		property.In("blue-logs", values{"retentionDays": 30}),
		property.In("blue-logs-sink", values{"filter": "severity>ERROR"}),
		property.In("blue-logs-sink", values{"destination": "storage.googleapis.com/elsewhere"}),
		property.In("blue-audit", values{"auditLogConfigs": []any{values{"logType": "ADMIN_READ"}}}),
		property.In("blue-audit", values{"service": "compute.googleapis.com"}),
		property.In("blue-subnetwork", values{"logConfig": nil}),
		property.In("blue-subnetwork", values{"logConfig": values{"flowSampling": 0.5}}),
		property.In("blue-cluster", values{"enableIntranodeVisibility": false}),
	}},
	"least privilege": {Faults: leastPrivilege, Sabotage: []property.Sabotage{
		property.In("blue-cluster", values{"enableLegacyAbac": true}),
		property.In("blue-cluster", values{"masterAuth": values{"clientCertificateConfig": values{"issueClientCertificate": true}}}),
		property.In("blue-cluster", values{"binaryAuthorization": values{"evaluationMode": "DISABLED"}}),
		property.In("blue-cluster", values{"nodeConfig": values{"serviceAccount": "default"}}),
		property.In("blue-nodes-general", values{"nodeConfig": values{"serviceAccount": "default"}}),
		property.In("blue-nodes-general", values{"nodeConfig": values{"workloadMetadataConfig": values{"mode": "GCE_METADATA"}}}),
		property.In("blue-nodes-general", values{"nodeConfig": values{"metadata": values{"disable-legacy-endpoints": "false"}}}),
		property.In("blue-nodes-general", values{"nodeConfig": values{"shieldedInstanceConfig": values{"enableSecureBoot": false}}}),
		property.In("blue-nodes-account-role", values{"role": "roles/editor"}),
		property.In("blue-nodes-reads-europe-west3-acme-prod-images", values{"role": "roles/artifactregistry.writer"}),
		property.In("blue-secrets-key-user", values{"member": "allAuthenticatedUsers"}),
		property.In("blue-disks-key-user", values{"role": "roles/cloudkms.admin"}),
	}},
}

func private(made *mock.Engine, args spec.Cluster) []string {
	var faults property.Faults
	cluster := made.Inputs("blue-cluster")
	config := cluster["privateClusterConfig"]
	faults.Expect(mock.At(config, "enablePrivateNodes") == true, "nodes have public addresses")
	faults.Expect(mock.At(config, "enablePrivateEndpoint") == args.Private(), "endpoint: %v", config)
	faults.Expect(mock.At(config, "masterGlobalAccessConfig", "enabled") == false, "other regions reach it")
	authorized := cluster["masterAuthorizedNetworksConfig"]
	faults.Expect(mock.At(authorized, "gcpPublicCidrsAccessEnabled") == false, "everybody in Google's cloud reaches it: %v", authorized)
	var ranges []string
	blocks, _ := mock.At(authorized, "cidrBlocks").([]any)
	for _, block := range blocks {
		ranges = append(ranges, fmt.Sprint(mock.At(block, "cidrBlock")))
	}
	faults.Expect(slices.Equal(ranges, slices.Concat(args.AuthorizedCIDRs, args.PublicCIDRs)), "%v may reach it", ranges)
	for _, pool := range made.Of(poolToken) {
		faults.Expect(mock.At(pool.Inputs.Mappable(), "networkConfig", "enablePrivateNodes") == true, "%s has public addresses", pool.Name)
	}
	if args.Network.Given() {
		return faults
	}
	network := made.Inputs("blue-network")
	faults.Expect(network["deleteDefaultRoutesOnCreate"] == true && network["autoCreateSubnetworks"] == false, "network: %v", network)
	faults.Expect(made.Inputs("blue-subnetwork")["privateIpGoogleAccess"] == true, "Google is reached in public")
	for _, route := range made.Of("gcp:compute/route:Route") {
		wide := route.Inputs["destRange"].StringValue() != "199.36.153.4/30"
		faults.Expect(!wide || route.Name == "blue-route-out" && args.Network.Egress == spec.EgressNAT, "%s is a way out", route.Name)
	}
	return faults
}

func encrypted(made *mock.Engine, args spec.Cluster) []string {
	var faults property.Faults
	cluster := made.Inputs("blue-cluster")
	want := "blue-secrets-key-id"
	if args.SecretsKey != "" {
		want = args.SecretsKey
	}
	secrets := cluster["databaseEncryption"]
	faults.Expect(mock.At(secrets, "state") == "ENCRYPTED" && mock.At(secrets, "keyName") == want, "Secrets: %v", secrets)
	for name, config := range nodeConfigs(made) {
		faults.Expect(mock.At(config, "bootDiskKmsKey") == "blue-disks-key-id", "%s: disks with %v", name, mock.At(config, "bootDiskKmsKey"))
	}
	for _, key := range made.Of("gcp:kms/cryptoKey:CryptoKey") {
		inputs := key.Inputs.Mappable()
		faults.Expect(inputs["rotationPeriod"] == fmt.Sprintf("%ds", args.KeyRotationDays*86400), "%s: rotation %v", key.Name, inputs["rotationPeriod"])
		faults.Expect(mock.At(inputs, "versionTemplate", "protectionLevel") == "HSM", "%s is not in hardware", key.Name)
		faults.Expect(inputs["destroyScheduledDuration"] == "2592000s", "%s is soon gone", key.Name)
	}
	return faults
}

func logged(made *mock.Engine, args spec.Cluster) []string {
	var faults property.Faults
	cluster := made.Inputs("blue-cluster")
	components := fmt.Sprint(mock.At(cluster, "loggingConfig", "enableComponents"))
	faults.Expect(components == "[SYSTEM_COMPONENTS WORKLOADS APISERVER SCHEDULER CONTROLLER_MANAGER]", "logs of %s", components)
	faults.Expect(cluster["enableIntranodeVisibility"] == true, "connections on one node are not seen")
	days, _ := made.Inputs("blue-logs")["retentionDays"].(float64)
	faults.Expect(days >= 90, "logs are kept for %v days", days)
	sink := made.Inputs("blue-logs-sink")
	filter, _ := sink["filter"].(string)
	faults.Expect(strings.Contains(filter, `cluster_name="`+args.Name+`"`), "the sink lets through %s", filter)
	faults.Expect(sink["destination"] == "logging.googleapis.com/blue-logs-id", "the sink leads to %v", sink["destination"])
	if !args.GivenAuditConfig {
		audit := made.Inputs("blue-audit")
		var types []string
		configs, _ := audit["auditLogConfigs"].([]any)
		for _, config := range configs {
			types = append(types, fmt.Sprint(mock.At(config, "logType")))
		}
		faults.Expect(audit["service"] == "container.googleapis.com" && len(types) == 3, "reads are written down of %v: %v", audit["service"], types)
	}
	if !args.Network.Given() {
		faults.Expect(mock.At(made.Inputs("blue-subnetwork"), "logConfig", "flowSampling") == 1.0, "the network is not watched")
		faults.Expect(strings.Contains(filter, "gce_subnetwork"), "the sink leaves connections out: %s", filter)
	}
	return faults
}

func leastPrivilege(made *mock.Engine, args spec.Cluster) []string {
	var faults property.Faults
	cluster := made.Inputs("blue-cluster")
	faults.Expect(cluster["enableLegacyAbac"] == false, "ABAC is on")
	faults.Expect(mock.At(cluster, "masterAuth", "clientCertificateConfig", "issueClientCertificate") == false, "certificates for clients")
	faults.Expect(mock.At(cluster, "binaryAuthorization", "evaluationMode") == "PROJECT_SINGLETON_POLICY_ENFORCE", "any image runs")
	for name, config := range nodeConfigs(made) {
		faults.Expect(mock.At(config, "serviceAccount") == "blue-nodes-account@acme-prod.iam.gserviceaccount.com", "%s: account", name)
		faults.Expect(mock.At(config, "workloadMetadataConfig", "mode") == "GKE_METADATA", "%s: pods get the node's credentials", name)
		faults.Expect(mock.At(config, "metadata", "disable-legacy-endpoints") == "true", "%s: legacy metadata", name)
		faults.Expect(mock.At(config, "shieldedInstanceConfig", "enableSecureBoot") == true, "%s: secure boot", name)
	}
	for _, grant := range made.Of("gcp:projects/iAMMember:IAMMember") {
		faults.Expect(grant.Inputs["role"].StringValue() == "roles/container.defaultNodeServiceAccount", "%s: %v", grant.Name, grant.Inputs["role"])
	}
	readers := made.Of("gcp:artifactregistry/repositoryIamMember:RepositoryIamMember")
	faults.Expect(len(readers) == len(args.ImageRepositories), "nodes read %d repositories", len(readers))
	for _, reader := range readers {
		faults.Expect(reader.Inputs["role"].StringValue() == "roles/artifactregistry.reader", "%s: %v", reader.Name, reader.Inputs["role"])
	}
	grants := made.Of("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember")
	faults.Expect(len(grants) == 2, "%d may use keys", len(grants))
	for _, grant := range grants {
		member := grant.Inputs["member"].StringValue()
		faults.Expect(grant.Inputs["role"].StringValue() == "roles/cloudkms.cryptoKeyEncrypterDecrypter" && strings.HasPrefix(member, "serviceAccount:service-"+args.ProjectNumber+"@"),
			"%s: %s as %v", grant.Name, member, grant.Inputs["role"])
	}
	return faults
}

// nodeConfigs are those of every pool, and of the nodes that a cluster starts with.
func nodeConfigs(made *mock.Engine) map[string]any {
	configs := map[string]any{"first nodes": made.Inputs("blue-cluster")["nodeConfig"]}
	for _, pool := range made.Of(poolToken) {
		configs[pool.Name] = pool.Inputs.Mappable()["nodeConfig"]
	}
	return configs
}
