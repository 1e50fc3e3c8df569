package kind_test

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/kind"
)

// recorder keeps what the program registered with the engine.
type recorder struct {
	mu            sync.Mutex
	registrations map[string]pulumi.MockResourceArgs
}

func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.registrations[args.TypeToken] = args
	return args.Name + "-id", args.Inputs, nil
}

func (r *recorder) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return nil, nil
}

func TestResourcesRegisterWithPropertyNamesAndSecrets(t *testing.T) {
	t.Parallel()
	mocks := &recorder{registrations: map[string]pulumi.MockResourceArgs{}}
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		if _, err := kind.NewEncryptionKeyResource(ctx, "key", nil); err != nil {
			return err
		}
		_, err := kind.NewClusterResource(ctx, "cluster", &kind.ClusterResourceArgs{
			Name:              pulumi.String("rampart"),
			KubernetesVersion: pulumi.String("v1.37.0"),
			Image:             pulumi.String("localhost/rampart/node:v1.37.0"),
			ImageID:           pulumi.String("sha256:0"),
			Workers:           pulumi.Int(2),
			PodSubnet:         pulumi.String("10.244.0.0/16"),
			ServiceSubnet:     pulumi.String("10.96.0.0/16"),
			Directory:         pulumi.String("/tmp/rampart"),
			ControlPlaneFiles: pulumi.StringMap{"encryption.yaml": pulumi.String("s3cret")},
		})
		return err
	}, pulumi.WithMocks("project", "stack", mocks))
	if err != nil {
		t.Fatal(err)
	}

	cluster, ok := mocks.registrations[kind.ClusterResourceToken]
	if !ok {
		t.Fatalf("no resource of type %s was registered", kind.ClusterResourceToken)
	}
	if !cluster.Inputs["controlPlaneFiles"].IsSecret() {
		t.Error("controlPlaneFiles must reach the engine as a secret")
	}
	for name, want := range map[resource.PropertyKey]resource.PropertyValue{
		"name":              resource.NewProperty("rampart"),
		"kubernetesVersion": resource.NewProperty("v1.37.0"),
		"imageId":           resource.NewProperty("sha256:0"),
		"workers":           resource.NewProperty(2.0),
		"directory":         resource.NewProperty("/tmp/rampart"),
	} {
		if got := cluster.Inputs[name]; !got.DeepEquals(want) {
			t.Errorf("input %s = %v, want %v", name, got, want)
		}
	}
	if got := cluster.RegisterRPC.GetAdditionalSecretOutputs(); len(got) != 2 {
		t.Errorf("additional secret outputs of the cluster = %q, want kubeconfig and controlPlaneFiles", got)
	}

	key, ok := mocks.registrations[kind.EncryptionKeyResourceToken]
	if !ok {
		t.Fatalf("no resource of type %s was registered", kind.EncryptionKeyResourceToken)
	}
	if got := key.RegisterRPC.GetAdditionalSecretOutputs(); !slices.Equal(got, []string{"base64", "otherBase64"}) {
		t.Errorf("additional secret outputs of the key = %q, want base64 and otherBase64", got)
	}
}

// schema is the part of the plugin's schema that programs depend on.
type schema struct {
	Resources map[string]struct {
		Properties      map[string]struct{ Secret bool }
		InputProperties map[string]any
	}
}

// properties returns the property names that a struct's tags give.
func properties(of reflect.Type) []string {
	var names []string
	for field := range of.NumField() {
		if name := of.Field(field).Tag.Get("pulumi"); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func keys[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestResourcesMatchThePluginsSchema(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("plugin/testdata/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var found schema
	if err := json.Unmarshal(text, &found); err != nil {
		t.Fatal(err)
	}
	want := []string{kind.ClusterResourceToken, kind.EncryptionKeyResourceToken, kind.ReadyNodesResourceToken}
	if got := keys(found.Resources); !slices.Equal(got, want) {
		t.Fatalf("the schema's resources are %v, the tokens %v", got, want)
	}
	for token, resource := range map[string]struct{ inputs, outputs reflect.Type }{
		kind.ClusterResourceToken: {
			inputs:  kind.ClusterResourceArgs{}.ElementType(),
			outputs: reflect.TypeFor[kind.ClusterResource](),
		},
		kind.EncryptionKeyResourceToken: {
			inputs:  kind.EncryptionKeyResourceArgs{}.ElementType(),
			outputs: reflect.TypeFor[kind.EncryptionKeyResource](),
		},
		kind.ReadyNodesResourceToken: {
			inputs:  kind.ReadyNodesResourceArgs{}.ElementType(),
			outputs: reflect.TypeFor[kind.ReadyNodesResource](),
		},
	} {
		if got, want := properties(resource.inputs), keys(found.Resources[token].InputProperties); !slices.Equal(got, want) {
			t.Errorf("inputs of %s are %v, in the schema %v", token, got, want)
		}
		if got, want := properties(resource.outputs), keys(found.Resources[token].Properties); !slices.Equal(got, want) {
			t.Errorf("outputs of %s are %v, in the schema %v", token, got, want)
		}
	}
}
