// Package examples reads the examples that stand beside admission policies: what each must allow and what it must deny.
// The same files are run against the API server's own plugin, in the components' unit tests, and against a real API
// server in tests/apiserver.
package examples

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

// File is a file of examples.
type File struct {
	// Namespaces are the namespaces that the examples speak of, with their labels.
	Namespaces map[string]map[string]string `json:"namespaces"`

	// Examples in their order.
	Examples []Example `json:"examples"`
}

// Example is one request, or, with Pod, one for every kind that has a pod specification.
type Example struct {
	// Says what it is about.
	Says string `json:"says"`

	// Deny is a part of the message with which it must be denied. Empty: it must be allowed.
	Deny string `json:"deny"`

	// Names are further parts of that message.
	Names []string `json:"names"`

	// User and Groups who ask. Default: mallory, who may do everything that RBAC decides, and is trusted by no policy.
	User   string   `json:"user"`
	Groups []string `json:"groups"`

	// Operation is CREATE, UPDATE, DELETE or CONNECT. Default: UPDATE with Old, else CREATE.
	Operation string `json:"operation"`

	// Subresource of the object. Default: none.
	Subresource string `json:"subresource"`

	// Resource that a CONNECT or a subresource's object is of, and the Target's name. Default: that of the object.
	Resource string `json:"resource"`
	Target   string `json:"target"`

	// Namespace of Pod, or of Target. Default: blue; none for nodes.
	Namespace string `json:"namespace"`

	// Pod is a change of DecentPod: a strategic merge patch of its specification.
	Pod json.RawMessage `json:"pod"`

	// Kinds that Pod is put into. Default: all of BearingKinds.
	Kinds []string `json:"kinds"`

	// Object is a whole object, Old what it was before an update.
	Object json.RawMessage `json:"object"`
	Old    json.RawMessage `json:"old"`
}

// Request is what one example comes to.
type Request struct {
	Example

	// Name is what identifies it among the requests of a file.
	Name string

	// Kind of the object around a pod.
	Kind string

	// Object that is to be stored or deleted, or the options of a CONNECT, and what it was before.
	Object, Old runtime.Object
}

// Attacker is the user who asks if an example names none.
const Attacker = "mallory"

// DefaultNamespace is the one that pods are in if an example names none.
const DefaultNamespace = "blue"

// Load reads a file.
func Load(path string) (*File, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	file := &File{}
	if err := yaml.UnmarshalStrict(content, file); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return file, nil
}

// Requests are all that the file's examples come to.
func (f *File) Requests() ([]Request, error) {
	var requests []Request
	for _, example := range f.Examples {
		made, err := example.requests()
		if err != nil {
			return nil, fmt.Errorf("example %q: %w", example.Says, err)
		}
		requests = append(requests, made...)
	}
	return requests, nil
}

func (e Example) requests() ([]Request, error) {
	if e.User == "" {
		e.User = Attacker
	}
	if e.Namespace == "" && e.Resource != "nodes" {
		e.Namespace = DefaultNamespace
	}
	if e.Operation == "" {
		e.Operation = "CREATE"
		if e.Old != nil {
			e.Operation = "UPDATE"
		}
	}
	if e.Pod == nil {
		return e.single()
	}
	spec, err := e.podSpec()
	if err != nil {
		return nil, err
	}
	kinds := e.Kinds
	if len(kinds) == 0 {
		kinds = BearingKinds()
	}
	var requests []Request
	for _, kind := range kinds {
		if !slices.Contains(BearingKinds(), kind) {
			return nil, fmt.Errorf("kind %q has no pod", kind)
		}
		requests = append(requests, Request{
			Example: e, Name: e.Says + " in " + kind, Kind: kind, Object: Bearer(kind, e.Namespace, *spec),
		})
	}
	return requests, nil
}

func (e Example) single() ([]Request, error) {
	request := Request{Example: e, Name: e.Says}
	var err error
	if e.Object != nil {
		if request.Object, err = decode(e.Object); err != nil {
			return nil, err
		}
	}
	if e.Old != nil {
		request.Old, err = decode(e.Old)
	}
	return []Request{request}, err
}

func decode(content []byte) (runtime.Object, error) {
	object, _, err := scheme.Codecs.UniversalDeserializer().Decode(content, nil, nil)
	return object, err
}

func (e Example) podSpec() (*corev1.PodSpec, error) {
	decent, err := json.Marshal(DecentPod())
	if err != nil {
		return nil, err
	}
	patched, err := strategicpatch.StrategicMergePatch(decent, e.Pod, corev1.PodSpec{})
	if err != nil {
		return nil, err
	}
	spec := &corev1.PodSpec{}
	return spec, yaml.UnmarshalStrict(patched, spec)
}
