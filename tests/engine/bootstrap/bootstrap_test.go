package bootstrap

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/tests/framework/cloud"
)

// places are what each cloud's must hold and say.
var places = map[string]struct {
	plugin           string
	made             []string
	before           [2]string // the first comes before the second
	backend, secrets string
}{
	"eks-prod": {
		"aws",
		[]string{
			"bucket", "bucket-private", "bucket-owner", "bucket-versions", "bucket-encryption", "bucket-policy", "key", "key-alias",
		},
		[2]string{"bucket-private", "bucket-policy"},
		"export PULUMI_BACKEND_URL='s3://eks-prod-state-", "--secrets-provider 'awskms:///arn:aws:kms:eu-central-1:",
	},
	"aks-prod": {
		"azure-native",
		[]string{"group", "account", "versions", "container", "vault", "key", "deployer-blobs", "deployer-key"},
		[2]string{"key", "deployer-key"},
		"export PULUMI_BACKEND_URL='azblob://state?storage_account=state", "--secrets-provider 'azurekeyvault://state-",
	},
	"gke-prod": {
		"gcp",
		[]string{
			"service-cloudkms", "service-storage", "keys", "secrets-key", "secrets-key-user", "objects-key", "objects-key-user", "bucket",
			"deployer-objects",
		},
		[2]string{"objects-key-user", "bucket"},
		"export PULUMI_BACKEND_URL='gs://gke-prod-state-", "--secrets-provider 'gcpkms://projects/acme-prod/locations/europe-west3/keyRings/",
	},
}

func TestBootstrap(t *testing.T) {
	t.Parallel()
	for stack, want := range places {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			product := framework.MustInstall(t, framework.Settings{Prefix: "boot"})
			stand, err := cloud.New(t.Context(), product.Root, filepath.Join(product.Dir, "cloud"), want.plugin)
			if err != nil {
				t.Fatal(err)
			}
			// Wherever the user keeps other state, this one is on this machine: the address leads nowhere.
			product.Variables = append(stand.Environment(), "PULUMI_BACKEND_URL=s3://nowhere.invalid")
			product.Stack = stack
			product.ConfigFile = filepath.Join(product.Root, "stacks", "Pulumi."+stack+".yaml")
			result, err := product.Run(t.Context(), "bootstrap")
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range []string{want.backend, "pulumi stack init " + stack + " ", want.secrets} {
				if !strings.Contains(result.Stdout, line) {
					t.Errorf("it does not say %q:\n%s", line, result.Stdout)
				}
			}
			var made []string
			for _, call := range calls(t, stand, "create") {
				made = append(made, strings.TrimPrefix(call.Name, stack+"-state-"))
			}
			if first, second := slices.Index(made, want.before[0]), slices.Index(made, want.before[1]); first < 0 || first > second {
				t.Errorf("%s does not come before %s: %v", want.before[0], want.before[1], made)
			}
			slices.Sort(made)
			slices.Sort(want.made)
			if !slices.Equal(made, want.made) {
				t.Errorf("made %v, want %v", made, want.made)
			}
			if err := stand.Forget(); err != nil {
				t.Fatal(err)
			}
			if _, err := product.Run(t.Context(), "bootstrap"); err != nil {
				t.Fatal(err)
			}
			for _, method := range []string{"create", "update", "delete"} {
				if again := calls(t, stand, method); len(again) > 0 {
					t.Errorf("a second run calls %s: %+v", method, again)
				}
			}
		})
	}
}

func calls(t *testing.T, of *cloud.Cloud, method string) []cloud.Call {
	t.Helper()
	all, err := of.Calls()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(call cloud.Call) bool { return call.Method != method })
}
