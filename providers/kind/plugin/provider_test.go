package plugin

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a golden file, or writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s has changed; if that is meant, run: go test ./providers/kind/plugin -update\ngot:\n%s", path, got)
	}
}

type testSchema struct {
	Resources map[tokens.Type]struct {
		Properties      map[string]struct{ Secret bool }
		InputProperties map[string]struct{ Secret bool }
	}
}

func readSchema(t *testing.T) (string, testSchema) {
	t.Helper()
	resp, err := startPlugin(t, newFakeEngine()).GetSchema(p.GetSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var schema testSchema
	if err := json.Unmarshal([]byte(resp.Schema), &schema); err != nil {
		t.Fatal(err)
	}
	return resp.Schema, schema
}

func TestSchemaIsTheCommittedOne(t *testing.T) {
	t.Parallel()
	text, _ := readSchema(t)
	var tree any
	if err := json.Unmarshal([]byte(text), &tree); err != nil {
		t.Fatal(err)
	}
	indented, err := json.MarshalIndent(tree, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "schema.json", append(indented, '\n'))
}

func TestSecretPropertiesAreTheSchemas(t *testing.T) {
	t.Parallel()
	_, schema := readSchema(t)
	for token, found := range schema.Resources {
		secret := map[string]bool{}
		for name, property := range found.Properties {
			secret[name] = property.Secret
		}
		for name, property := range found.InputProperties {
			secret[name] = secret[name] || property.Secret
		}
		for name, want := range secret {
			if got := slices.Contains(secretProperties()[token], name); got != want {
				t.Errorf("%s of %s: marked secret %v, secret in the schema %v", name, token, got, want)
			}
		}
	}
}

func TestEncryptionKey(t *testing.T) {
	t.Parallel()
	server := startPlugin(t, newFakeEngine())
	urn := resource.NewURN("test", "rampart", "", keyToken, "key")
	preview, err := server.Create(p.CreateRequest{Urn: urn, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	if !preview.Properties.Get("base64").IsComputed() {
		t.Errorf("base64 = %v in a preview, want unknown", preview.Properties.Get("base64"))
	}
	first, err := server.Create(p.CreateRequest{Urn: urn})
	if err != nil {
		t.Fatal(err)
	}
	second, err := server.Create(p.CreateRequest{Urn: urn})
	if err != nil {
		t.Fatal(err)
	}
	key := first.Properties.Get("base64")
	if !key.Secret() || len(key.AsString()) != 44 || key.Equals(second.Properties.Get("base64")) {
		t.Error("a key must be 32 secret bytes, each time others")
	}
	// As the state of an older plugin could have it: not marked.
	read, err := server.Read(p.ReadRequest{ID: first.ID, Urn: urn, Properties: first.Properties.Set("base64", key.WithSecret(false))})
	if err != nil {
		t.Fatal(err)
	}
	if !read.Properties.Get("base64").Equals(key) {
		t.Error("a refresh must keep the key, as a secret")
	}
	if _, err := server.Read(p.ReadRequest{ID: "key", Urn: urn}); err == nil || !strings.Contains(err.Error(), "cannot be imported") {
		t.Errorf("error of an import = %v, want a reason", err)
	}
	keepers := property.NewMap(map[string]property.Value{
		"keepers": property.New(map[string]property.Value{"a": property.New("b")}),
	})
	diff, err := server.Diff(p.DiffRequest{ID: first.ID, Urn: urn, State: first.Properties, Inputs: keepers})
	if err != nil {
		t.Fatal(err)
	}
	if got := diff.DetailedDiff["keepers"].Kind; got != p.UpdateReplace {
		t.Errorf("difference of keepers = %q, want a replacement", got)
	}
}
