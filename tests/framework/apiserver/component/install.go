package component

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

	"github.com/rampart-iac/rampart/tests/framework/apiserver"
)

// Install makes the Kubernetes objects that a Pulumi program registers, as the administrator, without Pulumi's engine.
func Install(ctx context.Context, server *apiserver.Server, program pulumi.RunFunc) error {
	recorder := &engine{}
	if err := pulumi.RunErr(program, pulumi.WithMocks("project", "stack", recorder)); err != nil {
		return err
	}
	mapper := server.Mapper()
	for _, object := range recorder.objects {
		client, err := apiserver.ResourceOf(server.Dynamic, mapper, object)
		if err != nil {
			return err
		}
		if _, err := client.Create(ctx, object, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return nil
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
