package provider

import (
	"encoding/base64"
	"strings"
)

const gcpModule = "github.com/pulumi/pulumi-gcp/sdk/v7"

// gcp is pulumi-gcp v7.
func gcp() kind {
	return kind{
		version: "7.38.0",
		source: func(module string) (string, string) {
			return gcpModule, strings.TrimSuffix("go/gcp/"+module, "/")
		},
		// Of these the documentation in the SDK does not say it; Google Cloud cannot change them.
		replaced: map[string][]string{
			"gcp:container/cluster:Cluster": {
				"name", "project", "location", "network", "subnetwork", "datapathProvider", "networkingMode", "ipAllocationPolicy",
				"privateClusterConfig", "enableKubernetesAlpha",
			},
			"gcp:container/nodePool:NodePool":                     {"name", "namePrefix", "cluster", "location", "networkConfig"},
			"gcp:compute/network:Network":                         {"name", "autoCreateSubnetworks"},
			"gcp:compute/subnetwork:Subnetwork":                   {"name", "network", "region"},
			"gcp:kms/keyRing:KeyRing":                             {"name", "location", "project"},
			"gcp:kms/cryptoKey:CryptoKey":                         {"name", "keyRing", "purpose", "destroyScheduledDuration"},
			"gcp:serviceaccount/account:Account":                  {"accountId", "project"},
			"gcp:projects/iAMMember:IAMMember":                    {"project", "role", "member"},
			"gcp:logging/projectBucketConfig:ProjectBucketConfig": {"bucketId", "location", "project"},
		},
		answer: answerGCP,
	}
}

// answerGCP gives names, identifiers and the parts of a cluster that others are made of.
func answerGCP(made *resourceMade) {
	name := made.text("name")
	if name == "" {
		name = made.Name + "-" + made.digits(7) // as the provider does with what is given no name
		made.set("name", name)
	}
	project := "projects/" + made.text("project")
	switch made.Type {
	case "gcp:kms/keyRing:KeyRing":
		made.ID = project + "/locations/" + made.text("location") + "/keyRings/" + name
	case "gcp:kms/cryptoKey:CryptoKey":
		made.ID = made.text("keyRing") + "/cryptoKeys/" + name
	case "gcp:compute/network:Network":
		made.ID = project + "/global/networks/" + name
	case "gcp:compute/subnetwork:Subnetwork":
		made.ID = project + "/regions/" + made.text("region") + "/subnetworks/" + name
	case "gcp:logging/projectBucketConfig:ProjectBucketConfig":
		made.ID = project + "/locations/" + made.text("location") + "/buckets/" + made.text("bucketId")
	case "gcp:serviceaccount/account:Account":
		made.set("email", made.text("accountId")+"@"+made.text("project")+".iam.gserviceaccount.com")
		made.ID = project + "/serviceAccounts/" + made.Outputs["email"].StringValue()
	case "gcp:container/cluster:Cluster":
		made.ID = project + "/locations/" + made.text("location") + "/clusters/" + name
		made.set("endpoint", strings.TrimPrefix(made.Settings.Endpoint, "https://"))
		made.Outputs["masterAuth"] = property(map[string]any{
			"clientCertificateConfig": map[string]any{"issueClientCertificate": false},
			"clusterCaCertificate":    base64.StdEncoding.EncodeToString([]byte(made.Settings.CertificateAuthority)),
		})
	case "gcp:container/nodePool:NodePool":
		made.ID = made.text("cluster") + "/nodePools/" + made.text("namePrefix") + made.digits(8)
	}
}
