package apiserver

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/restmapper"
)

// Install makes the Kubernetes objects that a Pulumi program registers, as the administrator, without Pulumi's engine.
func (s *Server) Install(ctx context.Context, program pulumi.RunFunc) error {
	recorder := &engine{}
	if err := pulumi.RunErr(program, pulumi.WithMocks("project", "stack", recorder)); err != nil {
		return err
	}
	mapper := s.Mapper()
	for _, object := range recorder.objects {
		client, err := ResourceOf(s.Dynamic, mapper, object)
		if err != nil {
			return err
		}
		if _, err := client.Create(ctx, object, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return nil
}

// Mapper knows what the server serves.
func (s *Server) Mapper() *restmapper.DeferredDiscoveryRESTMapper {
	return restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(s.Client.Discovery()))
}

// ResourceOf is where a client reads and writes an object.
func ResourceOf(
	client dynamic.Interface, mapper *restmapper.DeferredDiscoveryRESTMapper, object *unstructured.Unstructured,
) (dynamic.ResourceInterface, error) {
	kind := object.GroupVersionKind()
	mapping, err := mapper.RESTMapping(schema.GroupKind{Group: kind.Group, Kind: kind.Kind}, kind.Version)
	if err != nil {
		return nil, err
	}
	if namespace := object.GetNamespace(); namespace != "" {
		return client.Resource(mapping.Resource).Namespace(namespace), nil
	}
	return client.Resource(mapping.Resource), nil
}

// engine stands for Pulumi's: it writes down the Kubernetes objects that a program registers.
type engine struct {
	mutex   sync.Mutex
	objects []*unstructured.Unstructured
}

// Call answers nothing: what is installed here asks nothing.
func (e *engine) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return nil, fmt.Errorf("unexpected call of %s", args.Token)
}

// NewResource keeps an object.
func (e *engine) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	if strings.HasPrefix(args.TypeToken, "kubernetes:") {
		text, err := json.Marshal(args.Inputs.Mappable())
		if err != nil {
			return "", nil, err
		}
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON(text); err != nil {
			return "", nil, fmt.Errorf("%s: %w", args.Name, err)
		}
		e.mutex.Lock()
		defer e.mutex.Unlock()
		e.objects = append(e.objects, object)
	}
	return args.Name, args.Inputs, nil
}
