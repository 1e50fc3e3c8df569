package plan

import (
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/plan"
)

// opening is one thing that makes a part of a stack public, and what the plan must say then.
type opening struct {
	what, resource string
	change         func(inputs map[string]any)
	want           string
}

// openings by stacks of which nothing is reachable from outside.
var openings = map[string][]opening{
	"eks-prod": {
		{"a security group for everybody", "eks-prod-endpoints", func(inputs map[string]any) {
			first(inputs, "ingress")["cidrBlocks"] = []any{"0.0.0.0/0"}
		}, "tcp 443, from 0.0.0.0/0"},
		{"a security group for everybody by IPv6", "eks-prod-endpoints", func(inputs map[string]any) {
			first(inputs, "ingress")["ipv6CidrBlocks"] = []any{"::/0"}
		}, "tcp 443, from ::/0"},
		{"a public address of the API server", "eks-prod-cluster", func(inputs map[string]any) {
			inner(inputs, "vpcConfig")["endpointPublicAccess"] = true
		}, "API server, from 0.0.0.0/0"},
		{"the default of EKS", "eks-prod-cluster", func(inputs map[string]any) {
			delete(inner(inputs, "vpcConfig"), "endpointPublicAccess")
		}, "API server, from 0.0.0.0/0"},
		{"public addresses in a subnet", "eks-prod-private-eu-central-1a", func(inputs map[string]any) {
			inputs["mapPublicIpOnLaunch"] = true
		}, "from 0.0.0.0/0"},
		{"SSH on nodes", "eks-prod-nodes-general", func(inputs map[string]any) {
			inputs["remoteAccess"] = map[string]any{"ec2SshKey": "mine"}
		}, "SSH on nodes, from 0.0.0.0/0"},
		{"a key for everybody", "eks-prod-logs-key", func(inputs map[string]any) {
			inputs["policy"] = `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"kms:Decrypt","Resource":"*"}]}`
		}, "use of the key, from every account of AWS"},
	},
	"aks-prod": {
		{"a public address of the API server", "aks-prod-cluster", func(inputs map[string]any) {
			inner(inputs, "apiServerAccessProfile")["enablePrivateCluster"] = false
		}, "API server, from 0.0.0.0/0"},
		{"public addresses of nodes", "aks-prod-nodes-general", func(inputs map[string]any) {
			inputs["enableNodePublicIP"] = true
		}, "public addresses for nodes of pool general, from 0.0.0.0/0"},
		{"a key vault on every network", "aks-prod-vault", func(inputs map[string]any) {
			inner(inputs, "properties")["publicNetworkAccess"] = "Enabled"
		}, "key vault, from every network"},
		{"queries of the logs on every network", "aks-prod-logs", func(inputs map[string]any) {
			inputs["publicNetworkAccessForQuery"] = "Enabled"
		}, "queries of the logs, from every network"},
		{"the default of Azure's logs", "aks-prod-logs", func(inputs map[string]any) {
			delete(inputs, "publicNetworkAccessForIngestion")
		}, "ingestion of logs, from every network"},
		{"a rule for the Internet", "aks-prod-closed", func(inputs map[string]any) {
			inputs["securityRules"] = []any{map[string]any{
				"direction": "Inbound", "access": "Allow", "protocol": "Tcp", "destinationPortRange": "22", "sourceAddressPrefix": "Internet",
			}}
		}, "Tcp 22, from Internet"},
	},
	"gke-prod": {
		{"a public address of the API server", "gke-prod-cluster", func(inputs map[string]any) {
			inner(inputs, "privateClusterConfig")["enablePrivateEndpoint"] = false
		}, "API server, from "},
		{"nodes with public addresses", "gke-prod-cluster", func(inputs map[string]any) {
			inner(inputs, "privateClusterConfig")["enablePrivateNodes"] = false
		}, "public addresses for nodes, from 0.0.0.0/0"},
		{"a key for everybody", "gke-prod-secrets-key-user", func(inputs map[string]any) {
			inputs["member"] = "allUsers"
		}, "cloudkms.cryptoKeyEncrypterDecrypter, from allUsers"},
		{"a public zone", "gke-prod-dns-googleapis", func(inputs map[string]any) {
			inputs["visibility"] = "public"
		}, "names of googleapis.com., from 0.0.0.0/0"},
	},
}

// TestWhatIsPublicIsFoundOut opens one thing after the other in what the program asks for: the plan must say so, and before
// it must not have.
//
//nolint:paralleltest // the program reads the environment
func TestWhatIsPublicIsFoundOut(t *testing.T) {
	for stack, all := range openings {
		for _, each := range all {
			record := recorded(t, stack)
			before := ways(planned(t, stack, record))
			for _, one := range record.Resources {
				if one.Name == each.resource {
					each.change(one.Inputs)
				}
			}
			after := ways(planned(t, stack, record))
			want := each.resource + ": "
			if !strings.Contains(after, want) || !strings.Contains(after, each.want) {
				t.Errorf("%s, %s: got\n%swant %s%s", stack, each.what, after, want, each.want)
			}
			if strings.Contains(before, each.want) {
				t.Errorf("%s, %s: control: it was there before:\n%s", stack, each.what, before)
			}
		}
	}
}

// TestWhatNobodyKnowsIsSaid: a plan with a kind of resource that no rule knows does not say that nothing is public.
//
//nolint:paralleltest // the program reads the environment
func TestWhatNobodyKnowsIsSaid(t *testing.T) {
	record := recorded(t, "eks-prod")
	record.Resources = append(record.Resources, plan.Resource{Type: "aws:lightsail/instance:Instance", Name: "mine"})
	made := planned(t, "eks-prod", record)
	var text strings.Builder
	if err := made.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if len(made.Public.Unjudged) != 1 || strings.Contains(text.String(), "PUBLIC: nothing") {
		t.Errorf("got %v", made.Public)
	}
}

func ways(of plan.Plan) string {
	var text strings.Builder
	for _, each := range of.Public.Reachable {
		text.WriteString(each.Resource + ": " + each.What + ", from " + each.From + "\n")
	}
	return text.String()
}

func inner(inputs map[string]any, name string) map[string]any { return inputs[name].(map[string]any) }

func first(inputs map[string]any, name string) map[string]any {
	return inputs[name].([]any)[0].(map[string]any)
}
