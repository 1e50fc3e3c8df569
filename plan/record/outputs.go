package record

import (
	"encoding/base64"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// reference is what stands for an output that only the cloud would know; without an output, for the identifier.
func reference(name, output string) string {
	if output == "" {
		return "${" + name + "}"
	}
	return "${" + name + "." + output + "}"
}

// texts are outputs that are text, by the package of the resource.
var texts = map[string][]string{
	"aws":          {"arn", "name", "keyId"},
	"azure-native": {"name", "principalId", "clientId", "tenantId", "keyUri", "keyUriWithVersion", "vaultUri"},
	"gcp":          {"name", "email", "selfLink", "writerIdentity", "endpoint"},
}

// outputs are the inputs of a resource with a reference for what the cloud adds.
func outputs(args pulumi.MockResourceArgs) resource.PropertyMap {
	made := args.Inputs.Copy()
	set := func(name resource.PropertyKey, value any) {
		if _, given := made[name]; !given {
			made[name] = resource.NewPropertyValue(value)
		}
	}
	cloud, _, _ := strings.Cut(args.TypeToken, ":")
	for _, output := range texts[cloud] {
		set(resource.PropertyKey(output), reference(args.Name, output))
	}
	// What others are made of and is no plain text has to have the right form.
	authority := base64.StdEncoding.EncodeToString([]byte(reference(args.Name, "authority")))
	switch kind := args.TypeToken; {
	case kind == "aws:eks/cluster:Cluster":
		set("endpoint", reference(args.Name, "endpoint"))
		set("certificateAuthority", map[string]any{"data": authority})
		set("identities", []any{map[string]any{"oidcs": []any{map[string]any{"issuer": "https://" + reference(args.Name, "issuer")}}}})
	case kind == "aws:ec2/launchTemplate:LaunchTemplate":
		set("latestVersion", 1)
	case strings.HasPrefix(kind, "azure-native:") && strings.HasSuffix(kind, ":ManagedCluster"):
		made["oidcIssuerProfile"] = resource.NewPropertyValue(map[string]any{
			"enabled": true, "issuerURL": "https://" + reference(args.Name, "issuer") + "/",
		})
	case kind == "gcp:container/cluster:Cluster":
		made["masterAuth"] = resource.NewPropertyValue(map[string]any{"clusterCaCertificate": authority})
	case kind == "rampart:kind:EncryptionKey":
		set("name", "key1")
		set("base64", base64.StdEncoding.EncodeToString(make([]byte, encryptionKeyLength)))
	case kind == "rampart:kind:Cluster":
		for _, output := range []resource.PropertyKey{"kubeconfig", "endpoint", "clusterId", "caCertificate"} {
			set(output, reference(args.Name, string(output)))
		}
	}
	return made
}

// encryptionKeyLength is that of a key of the kind provider, in bytes.
const encryptionKeyLength = 32

// answers are what functions of clouds that the program calls would say.
func answers(token string) resource.PropertyMap {
	if !strings.HasSuffix(token, ":listManagedClusterUserCredentials") {
		return nil
	}
	kubeconfig := "apiVersion: v1\nkind: Config\nclusters:\n- name: cluster\n  cluster: {server: \"https://cluster\", " +
		"certificate-authority-data: " + base64.StdEncoding.EncodeToString([]byte("authority")) + "}\n"
	return resource.NewPropertyMapFromMap(map[string]any{"kubeconfigs": []any{
		map[string]any{"name": "clusterUser", "value": base64.StdEncoding.EncodeToString([]byte(kubeconfig))},
	}})
}
