package plan

import (
	"slices"
	"strings"
)

func gcpJudges(judges map[string]judge) {
	closed(judges,
		"gcp:Service", "gcp:Network", "gcp:Subnetwork", "gcp:Router", "gcp:RecordSet", "gcp:KeyRing", "gcp:CryptoKey", "gcp:Account",
		"gcp:ProjectBucketConfig", "gcp:ProjectSink", "gcp:IAMAuditConfig")
	for _, kind := range []string{
		"gcp:IAMMember", "gcp:CryptoKeyIAMMember", "gcp:RepositoryIamMember", "gcp:BucketIAMMember",
	} {
		judges[kind] = judgeMember
	}
	judges["gcp:Cluster"] = judgeGKE
	judges["gcp:NodePool"] = func(_ Record, of Resource, into *Public) {
		if private, given := of.At("networkConfig", "enablePrivateNodes").(bool); given && !private {
			into.reachable(of, "public addresses for nodes", everywhere)
		}
	}
	judges["gcp:Route"] = func(_ Record, of Resource, into *Public) {
		if of.Text("nextHopGateway") == "default-internet-gateway" && of.Text("destRange") == everywhere {
			into.out(of, "the network, for what has or is given a public address")
		}
	}
	judges["gcp:RouterNat"] = func(_ Record, of Resource, into *Public) { into.out(of, "nodes and pods, by this gateway") }
	judges["gcp:ManagedZone"] = func(_ Record, of Resource, into *Public) {
		if of.Text("visibility") != "private" {
			into.reachable(of, "names of "+of.Text("dnsName"), everywhere)
		}
	}
	judges["gcp:Firewall"] = func(_ Record, of Resource, into *Public) {
		if of.Text("direction") == "EGRESS" || len(of.List("allows")) == 0 || of.True("disabled") {
			return
		}
		ranges := of.Texts("sourceRanges")
		if len(ranges) == 0 && len(of.Texts("sourceTags"))+len(of.Texts("sourceServiceAccounts")) == 0 {
			ranges = []string{everywhere}
		}
		for _, source := range ranges {
			if outside(source) {
				into.reachable(of, "what the rule allows", source)
			}
		}
	}
	judges["gcp:Bucket"] = func(_ Record, of Resource, into *Public) {
		if of.Text("publicAccessPrevention") != "enforced" {
			into.reachable(of, "bucket without prevention of public access", "whoever a policy names")
		}
	}
}

func judgeGKE(_ Record, of Resource, into *Public) {
	if !of.True("privateClusterConfig", "enablePrivateEndpoint") {
		var ranges []string
		for _, block := range of.List("masterAuthorizedNetworksConfig", "cidrBlocks") {
			ranges = append(ranges, text(block, "cidrBlock"))
		}
		if of.At("masterAuthorizedNetworksConfig") != nil && len(ranges) == 0 {
			ranges = []string{"nowhere: no range is named"}
		}
		into.reachable(of, "API server", orEverywhere(ranges))
		if of.True("masterAuthorizedNetworksConfig", "gcpPublicCidrsAccessEnabled") {
			into.reachable(of, "API server", "everything in Google Cloud that has a public address")
		}
	}
	if !of.True("privateClusterConfig", "enablePrivateNodes") {
		into.reachable(of, "public addresses for nodes", everywhere)
	}
}

func judgeMember(_ Record, of Resource, into *Public) {
	if member := of.Text("member"); slices.Contains([]string{"allUsers", "allAuthenticatedUsers"}, member) {
		into.reachable(of, strings.TrimPrefix(of.Text("role"), "roles/"), member)
	}
}
