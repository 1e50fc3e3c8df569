package gke

import (
	"regexp"
	"testing"

	"github.com/rampart-iac/rampart/tests/framework/cloud/suite"
)

// needs are from the reference of Google's permissions. Key rings cannot be deleted, and services that are turned on stay on.
var needs = map[string]suite.Needs{
	"gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": {
		Create: []string{"artifactregistry.repositories.setIamPolicy"},
		Read:   []string{"artifactregistry.repositories.getIamPolicy"},
		Delete: []string{"artifactregistry.repositories.setIamPolicy"},
	},
	"gcp:compute/network:Network": {
		Create: []string{
			"compute.networks.create",
			"compute.routes.list",
			"compute.routes.delete",
			"compute.networks.updatePolicy",
		},
		Read:   []string{"compute.networks.get", "compute.globalOperations.get"},
		Update: []string{"compute.networks.update"},
		Delete: []string{"compute.networks.delete"},
	},
	"gcp:compute/route:Route": {
		Create: []string{"compute.routes.create", "compute.networks.updatePolicy"},
		Read:   []string{"compute.routes.get", "compute.globalOperations.get"},
		Delete: []string{"compute.routes.delete", "compute.networks.updatePolicy"},
	},
	"gcp:compute/router:Router": {
		Create: []string{"compute.routers.create", "compute.networks.updatePolicy"},
		Read:   []string{"compute.routers.get", "compute.regionOperations.get"},
		Update: []string{"compute.routers.update"},
		Delete: []string{"compute.routers.delete", "compute.networks.updatePolicy"},
	},
	"gcp:compute/routerNat:RouterNat": {
		Create: []string{"compute.routers.update", "compute.subnetworks.use"},
		Read:   []string{"compute.routers.get", "compute.regionOperations.get"},
		Update: []string{"compute.routers.update"},
		Delete: []string{"compute.routers.update"},
	},
	"gcp:compute/subnetwork:Subnetwork": {
		Create: []string{"compute.subnetworks.create", "compute.networks.updatePolicy"},
		Read:   []string{"compute.subnetworks.get", "compute.regionOperations.get"},
		Update: []string{"compute.subnetworks.update", "compute.subnetworks.setPrivateIpGoogleAccess"},
		Delete: []string{"compute.subnetworks.delete", "compute.networks.updatePolicy"},
	},
	"gcp:container/cluster:Cluster": {
		Create: []string{
			"container.clusters.create",
			"iam.serviceAccounts.actAs",
			"compute.networks.use",
			"compute.subnetworks.use",
		},
		Read: []string{
			"container.clusters.get",
			"container.clusters.getCredentials",
			"compute.instanceGroupManagers.get",
			"container.operations.get",
		},
		Update: []string{"container.clusters.update"},
		Delete: []string{"container.clusters.delete"},
	},
	"gcp:container/nodePool:NodePool": {
		Create: []string{"container.clusters.update", "iam.serviceAccounts.actAs"},
		Read:   []string{"container.clusters.get", "compute.instanceGroupManagers.get", "container.operations.get"},
		Update: []string{"container.clusters.update"},
		Delete: []string{"container.clusters.update"},
	},
	"gcp:dns/managedZone:ManagedZone": {
		Create: []string{"dns.managedZones.create", "dns.networks.bindPrivateDNSZone"},
		Read:   []string{"dns.managedZones.get"},
		Update: []string{"dns.managedZones.update"},
		Delete: []string{"dns.managedZones.delete"},
	},
	"gcp:dns/recordSet:RecordSet": {
		Create: []string{"dns.resourceRecordSets.create", "dns.changes.create"},
		Read:   []string{"dns.resourceRecordSets.list", "dns.changes.get"},
		Update: []string{"dns.resourceRecordSets.update", "dns.changes.create"},
		Delete: []string{"dns.resourceRecordSets.delete", "dns.changes.create"},
	},
	"gcp:kms/cryptoKey:CryptoKey": {
		Create: []string{"cloudkms.cryptoKeys.create"},
		Read:   []string{"cloudkms.cryptoKeys.get"},
		Update: []string{"cloudkms.cryptoKeys.update"},
		Delete: []string{
			"cloudkms.cryptoKeys.update",
			"cloudkms.cryptoKeyVersions.list",
			"cloudkms.cryptoKeyVersions.destroy",
		},
	},
	"gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": {
		Create: []string{"cloudkms.cryptoKeys.setIamPolicy"},
		Read:   []string{"cloudkms.cryptoKeys.getIamPolicy"},
		Delete: []string{"cloudkms.cryptoKeys.setIamPolicy"},
	},
	"gcp:kms/keyRing:KeyRing": {
		Create: []string{"cloudkms.keyRings.create"},
		Read:   []string{"cloudkms.keyRings.get"},
	},
	"gcp:logging/projectBucketConfig:ProjectBucketConfig": {
		Create: []string{"logging.buckets.create"},
		Read:   []string{"logging.buckets.get"},
		Update: []string{"logging.buckets.update"},
		Delete: []string{"logging.buckets.delete"},
	},
	"gcp:logging/projectSink:ProjectSink": {
		Create: []string{"logging.sinks.create"},
		Read:   []string{"logging.sinks.get"},
		Update: []string{"logging.sinks.update"},
		Delete: []string{"logging.sinks.delete"},
	},
	"gcp:projects/iAMAuditConfig:IAMAuditConfig": {
		Create: []string{"resourcemanager.projects.setIamPolicy"},
		Read:   []string{"resourcemanager.projects.getIamPolicy"},
		Update: []string{"resourcemanager.projects.setIamPolicy"},
		Delete: []string{"resourcemanager.projects.setIamPolicy"},
	},
	"gcp:projects/iAMMember:IAMMember": {
		Create: []string{"resourcemanager.projects.setIamPolicy"},
		Read:   []string{"resourcemanager.projects.getIamPolicy"},
		Delete: []string{"resourcemanager.projects.setIamPolicy"},
	},
	"gcp:projects/service:Service": {
		Create: []string{"serviceusage.services.enable"},
		Read:   []string{"serviceusage.services.get", "serviceusage.services.list", "serviceusage.operations.get"},
	},
	"gcp:serviceaccount/account:Account": {
		Create: []string{"iam.serviceAccounts.create"},
		Read:   []string{"iam.serviceAccounts.get"},
		Update: []string{"iam.serviceAccounts.update"},
		Delete: []string{"iam.serviceAccounts.delete"},
	},
}

// TestTheDeployersRoleIsEnoughAndNoMore holds the role that docs/gke.md gives the deployer.
func TestTheDeployersRoleIsEnoughAndNoMore(t *testing.T) {
	t.Parallel()
	ofGKE().Permissions(t, suite.Deployer{Document: "gke-deployer-role.json", Read: readRole, Needs: needs})
}

// TestTheDeployerGivesTheseRolesAndNoOther holds the condition under which it may give roles.
func TestTheDeployerGivesTheseRolesAndNoOther(t *testing.T) {
	t.Parallel()
	ofGKE().Grants(t, "gke-deployer-condition.yaml", regexp.MustCompile(`"role": "(roles/[^"]+)"`), regexp.MustCompile(`'(roles/[^']+)'`))
}

func readRole(t *testing.T, document []byte) []string {
	t.Helper()
	var role struct {
		Permissions []string `json:"includedPermissions"`
	}
	suite.ReadJSON(t, document, &role)
	return role.Permissions
}
