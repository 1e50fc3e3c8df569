package tenant

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/rampart-iac/rampart/components/internal/objects"
)

// CheckSecretNames calls report with the field, the value and the rule of each name that is none: that of a Secret, or of
// a key in one. It sees no values, and so it cannot show one.
func CheckSecretNames(keys map[string][]string, report func(field string, value any, rule string)) {
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		field := "secrets." + name
		if len(validation.IsDNS1123Subdomain(name)) > 0 {
			report("secrets", name, "is not the name of a Secret: use lower-case letters, digits, dashes and dots, with a "+
				"letter or digit at both ends")
		}
		if len(keys[name]) == 0 {
			report(field, map[string]string{}, "is empty: give the Secret at least one key and its value")
		}
		for _, key := range slices.Sorted(slices.Values(keys[name])) {
			if len(validation.IsConfigMapKey(key)) > 0 {
				report(field, key, "is not the name of a key: use letters, digits, dashes, underscores and dots")
			}
		}
	}
}

// secretKeys are the names of the secrets and of their keys.
func secretKeys(secrets map[string]map[string]pulumi.StringInput) map[string][]string {
	keys := map[string][]string{}
	for name, values := range secrets {
		keys[name] = slices.Collect(maps.Keys(values))
	}
	return keys
}

// createSecrets makes the tenant's Secrets. Their values are secret in the state whatever they were before, and a new value
// is written into the same object: what has it mounted sees it within minutes.
func createSecrets(ctx *pulumi.Context, name string, args TenantArgs, opts ...pulumi.ResourceOption) error {
	for _, secret := range slices.Sorted(maps.Keys(args.Secrets)) {
		data := pulumi.StringMap{}
		for key, value := range args.Secrets[secret] {
			data[key] = pulumi.ToSecret(value).(pulumi.StringOutput).ApplyT(func(text string) string {
				return base64.StdEncoding.EncodeToString([]byte(text))
			}).(pulumi.StringOutput)
		}
		if _, err := corev1.NewSecret(ctx, name+"-secret-"+secret, &corev1.SecretArgs{
			Metadata: &metav1.ObjectMetaArgs{
				Name:      pulumi.String(secret),
				Namespace: pulumi.String(args.Namespace),
				Labels:    objects.Labels(TenantLabel, args.Name),
			},
			Type: pulumi.String("Opaque"),
			Data: data,
		}, opts...); err != nil {
			return fmt.Errorf("secret %s: %w", secret, err)
		}
	}
	return nil
}
