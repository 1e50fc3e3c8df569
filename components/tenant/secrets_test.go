package tenant

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TestSecretsStaySecret: the value is plain when it is handed over, and nowhere after that.
func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	recorder := admit(t, TenantArgs{
		Name: "blue", KubernetesVersion: "v1.37.0",
		Secrets: map[string]map[string]pulumi.StringInput{
			"db":  {"password": pulumi.String("hunter2")},
			"api": {"token": pulumi.ToSecret(pulumi.String("t")).(pulumi.StringOutput)},
		},
	})
	recorder.CheckHouseRules(t, "blue")
	made := recorder.OfType("kubernetes:core/v1:Secret")
	if len(made) != 2 || made[0].Name != "blue-secret-api" || made[1].Name != "blue-secret-db" {
		t.Fatalf("made %v", made)
	}
	for i, want := range map[int]string{0: "dA==", 1: "aHVudGVyMg=="} {
		data := made[i].Inputs["data"]
		for data.IsSecret() {
			data = data.SecretValue().Element
		}
		for key, value := range data.ObjectValue() {
			if !made[i].Inputs["data"].ContainsSecrets() {
				t.Errorf("%s: %s is not secret", made[i].Name, key)
			}
			for value.IsSecret() {
				value = value.SecretValue().Element
			}
			if value.StringValue() != want {
				t.Errorf("%s: %s is %q, want %q", made[i].Name, key, value.StringValue(), want)
			}
		}
	}
	for _, args := range recorder.All() {
		if strings.Contains(fmt.Sprint(args.Inputs), "hunter2") {
			t.Errorf("%s shows the value", args.Name)
		}
	}
}

func TestCheckSecretNames(t *testing.T) {
	t.Parallel()
	var got []string
	CheckSecretNames(map[string][]string{
		"db": {"password", "user.name"}, "DB": {"a"}, "empty": nil, "keys": {"a b", ""},
	}, func(field string, value any, rule string) {
		got = append(got, fmt.Sprintf("%s %v: %s", field, value, rule))
	})
	want := []string{"secrets DB: is not the name of a Secret", "secrets.empty map[]: is empty", "secrets.keys : is not the name", "secrets.keys a b: is not the name"}
	if !slices.EqualFunc(got, want, strings.HasPrefix) {
		t.Errorf("got %q", got)
	}
}
