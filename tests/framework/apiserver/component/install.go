package component

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/restmapper"

	"github.com/rampart-iac/rampart/tests/framework/apiserver"
)

// Install runs a Pulumi program and writes every Kubernetes object that it registers to the server, in its order, as the
// administrator: what a component makes is on a real API server within a second, without the engine and its plugins.
// Components are registered, and nothing else comes of them.
func Install(ctx context.Context, server *apiserver.Server, program pulumi.RunFunc) error {
	groups, err := restmapper.GetAPIGroupResources(server.Client.Discovery())
	if err != nil {
		return err
	}
	engine := &applyingEngine{
		context: ctx, dynamic: server.Dynamic, mapper: restmapper.NewDiscoveryRESTMapper(groups),
	}
	err = pulumi.RunErr(program, pulumi.WithMocks("project", "stack", engine))
	return errors.Join(err, engine.failed)
}

// applyingEngine stands for the Pulumi engine and its Kubernetes plugin.
type applyingEngine struct {
	context context.Context // the interface of the engine has none
	dynamic dynamic.Interface
	mapper  meta.RESTMapper

	mu     sync.Mutex
	failed error
}

// Call answers no invoke: components make none.
func (e *applyingEngine) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return nil, fmt.Errorf("unexpected call of %s", args.Token)
}

// NewResource applies a Kubernetes object, and returns its inputs as its outputs.
func (e *applyingEngine) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	if strings.HasPrefix(args.TypeToken, "kubernetes:") {
		if err := e.apply(args); err != nil {
			err = fmt.Errorf("%s %s: %w", args.TypeToken, args.Name, err)
			e.mu.Lock()
			defer e.mu.Unlock()
			e.failed = errors.Join(e.failed, err)
			return "", nil, err
		}
	}
	return args.Name + "-id", args.Inputs.Copy(), nil
}

func (e *applyingEngine) apply(args pulumi.MockResourceArgs) error {
	object := &unstructured.Unstructured{}
	object.Object, _ = plain(resource.NewObjectProperty(args.Inputs)).(map[string]any)
	kind := object.GroupVersionKind()
	mapping, err := e.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return err
	}
	var client dynamic.ResourceInterface = e.dynamic.Resource(mapping.Resource)
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		client = e.dynamic.Resource(mapping.Resource).Namespace(object.GetNamespace())
	}
	_, err = client.Apply(e.context, object.GetName(), object, metav1.ApplyOptions{FieldManager: "pulumi", Force: true})
	return err
}

// plain is a property as JSON knows it, with secrets opened.
func plain(value resource.PropertyValue) any {
	switch {
	case value.IsSecret():
		return plain(value.SecretValue().Element)
	case value.IsOutput():
		return plain(value.OutputValue().Element)
	case value.IsObject():
		object := map[string]any{}
		for key, element := range value.ObjectValue() {
			object[string(key)] = plain(element)
		}
		return object
	case value.IsArray():
		list := make([]any, 0, len(value.ArrayValue()))
		for _, element := range value.ArrayValue() {
			list = append(list, plain(element))
		}
		return list
	case value.IsNumber():
		// Kubernetes knows whole numbers only, and unstructured objects no others.
		return int64(value.NumberValue())
	default:
		return value.V
	}
}
