package isolation

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/components/internal/objects"
)

// The part of Calico's policy language that this package speaks, as release 3.28 keeps it in the Kubernetes datastore.
// docs/decisions/0016-cluster-wide-isolation.md says why it is not upstream's own Go module.
const calicoAPIVersion = "crd.projectcalico.org/v1"

// storedPrefix is what Calico's own tools put before a policy's name when they write it into the datastore, and take
// away when they read it.
const storedPrefix = "default."

// calicoSpec is the spec of a GlobalNetworkPolicy or of a NetworkPolicy of Calico. Policies are evaluated from the lowest
// order to the highest, and the first rule that matches decides. Those of Kubernetes have the order 1000.
type calicoSpec struct {
	Order    int          `json:"order"`
	Selector string       `json:"selector"`
	Types    []string     `json:"types"`
	Ingress  []calicoRule `json:"ingress,omitempty"`
	Egress   []calicoRule `json:"egress,omitempty"`
}

type calicoRule struct {
	Action      string        `json:"action"`
	IPVersion   int           `json:"ipVersion,omitempty"`
	Protocol    string        `json:"protocol,omitempty"`
	Source      *calicoEntity `json:"source,omitempty"`
	Destination *calicoEntity `json:"destination,omitempty"`
}

// calicoEntity matches one end of a connection by all that is given.
type calicoEntity struct {
	Selector    string         `json:"selector,omitempty"`
	NotSelector string         `json:"notSelector,omitempty"`
	Nets        []string       `json:"nets,omitempty"`
	Ports       []any          `json:"ports,omitempty"` // numbers, and ranges such as "2379:2381"
	Services    *calicoService `json:"services,omitempty"`
}

// calicoService matches the addresses and ports behind a service, as they are at any time.
type calicoService struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
}

const (
	allow = "Allow"
	deny  = "Deny"
)

// createCalicoPolicy registers a policy of Calico: a NetworkPolicy in a namespace, or a GlobalNetworkPolicy if namespace
// is empty.
func createCalicoPolicy(
	ctx *pulumi.Context, name, called, namespace string, spec calicoSpec, opts ...pulumi.ResourceOption,
) (*apiextensions.CustomResource, error) {
	kind, metadata := "GlobalNetworkPolicy", &metav1.ObjectMetaArgs{
		Name: pulumi.String(storedPrefix + called), Labels: objects.Labels(),
	}
	if namespace != "" {
		kind, metadata.Namespace = "NetworkPolicy", pulumi.String(namespace)
	}
	untyped, err := untypedSpec(spec)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", kind, called, err)
	}
	made, err := apiextensions.NewCustomResource(ctx, name, &apiextensions.CustomResourceArgs{
		ApiVersion: pulumi.String(calicoAPIVersion), Kind: pulumi.String(kind), Metadata: metadata,
		OtherFields: kubernetes.UntypedArgs{"spec": untyped},
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", kind, called, err)
	}
	return made, nil
}

func untypedSpec(spec calicoSpec) (map[string]any, error) {
	text, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	var untyped map[string]any
	return untyped, json.Unmarshal(text, &untyped)
}

// Selectors of Calico. The label projectcalico.org/namespace is Calico's own on every pod, over whatever the pod says
// itself. It is there from the moment that the pod is, which the labels of its namespace are not: those reach a node by a
// way of their own.
const (
	namespaceLabel = "projectcalico.org/namespace"
	anyPod         = "has(" + namespaceLabel + ")"
	dnsPods        = namespaceLabel + ` == "` + systemNamespace + `" && ` + dnsLabel + ` == "` + dnsApp + `"`
	// nodes are the host endpoints that kube-controllers makes of nodes. A pod may bear their label, and is none of them.
	nodes = `!has(` + namespaceLabel + `) && projectcalico.org/created-by == "calico-kube-controllers"`
)

func podsOf(namespace string) string { return fmt.Sprintf("%s == %q", namespaceLabel, namespace) }

func podsOutside(namespaces []string) string {
	quoted := make([]string, 0, len(namespaces))
	for _, namespace := range slices.Sorted(slices.Values(namespaces)) {
		quoted = append(quoted, fmt.Sprintf("%q", namespace))
	}
	return fmt.Sprintf("%s && %s not in { %s }", anyPod, namespaceLabel, strings.Join(quoted, ", "))
}

// apiServer matches the API server wherever it is.
func apiServer() *calicoEntity {
	return &calicoEntity{Services: &calicoService{Name: "kubernetes", Namespace: "default"}}
}

// createAPIServerPolicy lets a namespace's pods connect to the API server.
func createAPIServerPolicy(
	ctx *pulumi.Context, name, namespace string, opts ...pulumi.ResourceOption,
) (pulumi.Resource, error) {
	return createCalicoPolicy(ctx, name+"-allow-api-server", "allow-api-server", namespace, calicoSpec{
		Order: orderTenant, Selector: "all()", Types: []string{"Egress"},
		Egress: []calicoRule{{Action: allow, Destination: apiServer()}},
	}, opts...)
}
