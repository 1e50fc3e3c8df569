package objects

import (
	"reflect"
	"strings"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// PropagationAnnotation tells the Kubernetes plugin how to delete an object. It is the plugin's, not the API server's.
const PropagationAnnotation = "pulumi.com/deletionPropagationPolicy"

// DeletedInBackground says whether objects of a Pulumi type are deleted in the background.
func DeletedInBackground(token string) bool {
	return strings.HasPrefix(token, "kubernetes:") && !strings.HasPrefix(token, "kubernetes:apps/") &&
		!strings.HasSuffix(token, "Patch") && token != "kubernetes:crd.projectcalico.org/v1:KubeControllersConfiguration"
}

// deleteInBackground has an object that owns no others deleted at once.
//
// The plugin deletes in the foreground unless told otherwise: the object gets a finalizer, which the garbage collector
// takes off a moment later. If that moment falls between the plugin's look at the object and the start of its watch, the
// plugin waits for an event that never comes, ten minutes by default. An object that is deleted in the background is gone
// when it looks.
//
// It is a transformation, so that no component has to think of it. Workloads keep the foreground: their pods are to be
// gone when the next resource is deleted. Settings that Calico's controllers write to are left alone too: they would drop
// the annotation, and every refresh would find it missing.
func deleteInBackground(args *pulumi.ResourceTransformationArgs) *pulumi.ResourceTransformationResult {
	if !DeletedInBackground(args.Type) {
		return nil
	}
	meta := metadataOf(args.Props)
	if meta == nil {
		return nil
	}
	annotations, ok := meta.Annotations.(pulumi.StringMap)
	if meta.Annotations != nil && !ok {
		return nil
	}
	with := pulumi.StringMap{PropagationAnnotation: pulumi.String("background")}
	for key, value := range annotations {
		with[key] = value
	}
	meta.Annotations = with
	return &pulumi.ResourceTransformationResult{Props: args.Props, Opts: args.Opts}
}

// metadataOf returns the metadata among the arguments of an object, nil if there is none. A patch of somebody else's
// object has metadata of another type and is left alone: it is taken back, not deleted.
func metadataOf(props pulumi.Input) *metav1.ObjectMetaArgs {
	if untyped, ok := props.(kubernetes.UntypedArgs); ok {
		meta, _ := untyped["metadata"].(*metav1.ObjectMetaArgs)
		return meta
	}
	value := reflect.ValueOf(props)
	if value.Kind() != reflect.Pointer || value.Elem().Kind() != reflect.Struct {
		return nil
	}
	field := value.Elem().FieldByName("Metadata")
	if !field.IsValid() {
		return nil
	}
	meta, _ := field.Interface().(*metav1.ObjectMetaArgs)
	return meta
}
