// Package mock stands for Pulumi's engine in tests of the clouds' components.
package mock

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers"
)

// Engine keeps what a program registers, and makes up what others are made of.
type Engine struct {
	// Complete gives a resource the outputs that the cloud would. Its inputs are among them already.
	Complete func(args pulumi.MockResourceArgs, outputs Outputs)

	// Answer is what a function returns. Nil: nothing.
	Answer func(args pulumi.MockCallArgs) (resource.PropertyMap, error)

	// Registered are all resources, in the order in which they came.
	Registered []pulumi.MockResourceArgs

	mutex sync.Mutex
}

// Call is a function that the program calls.
func (e *Engine) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	if e.Answer == nil {
		return nil, nil
	}
	return e.Answer(args)
}

// NewResource keeps a resource, and returns its identifier and its outputs.
func (e *Engine) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.Registered = append(e.Registered, args)
	outputs := Outputs(args.Inputs.Copy())
	e.Complete(args, outputs)
	return args.Name + "-id", resource.PropertyMap(outputs), nil
}

// Outputs of a resource.
type Outputs resource.PropertyMap

// Default sets an output that is no input.
func (o Outputs) Default(property string, value any) {
	if _, given := o[resource.PropertyKey(property)]; !given {
		o.Set(property, value)
	}
}

// Set sets an output, whatever the input of its name was.
func (o Outputs) Set(property string, value any) {
	o[resource.PropertyKey(property)] = resource.NewPropertyValue(value)
}

// Run has a cluster made by this engine.
func (e *Engine) Run(make func(ctx *pulumi.Context) (*providers.Cluster, error)) (*providers.Cluster, error) {
	var cluster *providers.Cluster
	err := pulumi.RunErr(func(ctx *pulumi.Context) (err error) {
		cluster, err = make(ctx)
		return err
	}, pulumi.WithMocks("project", "stack", e))
	return cluster, err
}

// Maker makes clusters that are named blue.
type Maker[Args any] struct {
	Engine func() *Engine

	// Good are arguments that nothing is wrong with.
	Good func() *Args

	New func(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*providers.Cluster, error)
}

// Make makes one of any arguments.
func (m Maker[Args]) Make(args *Args) (*Engine, *providers.Cluster, error) {
	engine := m.Engine()
	cluster, err := engine.Run(func(ctx *pulumi.Context) (*providers.Cluster, error) { return m.New(ctx, "blue", args) })
	return engine, cluster, err
}

// Must makes one of good arguments with a change.
func (m Maker[Args]) Must(tb testing.TB, change func(*Args)) (*Engine, *providers.Cluster) {
	tb.Helper()
	args := m.Good()
	change(args)
	engine, cluster, err := m.Make(args)
	if err != nil {
		tb.Fatal(err)
	}
	return engine, cluster
}

// Items of a benchmark, each with what is wrong with the inputs of a cluster.
type Items map[string]func(tb testing.TB, made *Engine) []string

// Hold holds clusters to each item.
func (i Items) Hold(t *testing.T, clusters map[string]*Engine) {
	t.Helper()
	for name, made := range clusters {
		for id, check := range i {
			t.Run(id+" "+name, func(t *testing.T) {
				t.Parallel()
				for _, fault := range check(t, made) {
					t.Error(fault)
				}
			})
		}
	}
}

// Of are the resources of a type, by its token or the last part of it, sorted by their names.
func (e *Engine) Of(token string) []pulumi.MockResourceArgs {
	var found []pulumi.MockResourceArgs
	for _, args := range e.Registered {
		if args.TypeToken == token || strings.HasSuffix(args.TypeToken, ":"+token) {
			found = append(found, args)
		}
	}
	slices.SortFunc(found, func(a, b pulumi.MockResourceArgs) int { return strings.Compare(a.Name, b.Name) })
	return found
}

// Only are the inputs of the one resource of a type.
func (e *Engine) Only(tb testing.TB, token string) map[string]any {
	tb.Helper()
	found := e.Of(token)
	if len(found) != 1 {
		tb.Fatalf("%d resources of type %s, want 1", len(found), token)
	}
	return found[0].Inputs.Mappable()
}

// Named is the one resource of a name.
func (e *Engine) Named(tb testing.TB, name string) pulumi.MockResourceArgs {
	tb.Helper()
	for _, args := range e.Registered {
		if args.Name == name {
			return args
		}
	}
	tb.Fatalf("no resource %s", name)
	return pulumi.MockResourceArgs{}
}

// At follows keys into a value: At(inputs, "vpcConfig", "endpointPublicAccess").
func At(value any, keys ...string) any {
	for _, key := range keys {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return value
}

// Inputs are those of the one resource of a name, and nil if there is none.
func (e *Engine) Inputs(name string) map[string]any {
	for _, args := range e.Registered {
		if args.Name == name {
			return args.Inputs.Mappable()
		}
	}
	return nil
}

// Kubeconfig is the text of that of the cluster that is named blue, as the Kubernetes provider gets it: secret, and without any
// credential.
func Kubeconfig(tb testing.TB, made *Engine) string {
	tb.Helper()
	kubeconfig := made.Named(tb, "blue-kubernetes").Inputs["kubeconfig"]
	if !kubeconfig.IsSecret() {
		tb.Fatal("the kubeconfig is not secret")
	}
	text := kubeconfig.SecretValue().Element.StringValue()
	for _, bad := range []string{"token:", `"token"`, "client-key", "client-certificate", "password", "insecure-skip-tls-verify"} {
		if strings.Contains(text, bad) {
			tb.Errorf("the kubeconfig has %s", bad)
		}
	}
	for _, want := range []string{`"exec"`, `"certificate-authority-data": "cGVt"`, `"server": "https://`} {
		if !strings.Contains(text, want) {
			tb.Errorf("the kubeconfig has no %s", want)
		}
	}
	return text
}
