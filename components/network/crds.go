package network

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/rampart-iac/rampart/components/internal/objects"
)

// crdGroup is the API group of all that Calico keeps in the Kubernetes datastore.
const crdGroup = "crd.projectcalico.org"

// requiredCRDs are the resources that Calico's processes read or write. Each of them waits for ever for one that is
// missing, so that a folder that lacks one is refused at once.
var requiredCRDs = []string{
	"bgpconfigurations", "bgpfilters", "bgppeers", "blockaffinities", "caliconodestatuses", "clusterinformations",
	"felixconfigurations", "globalnetworkpolicies", "globalnetworksets", "hostendpoints", "ipamblocks", "ipamconfigs",
	"ipamhandles", "ippools", "ipreservations", "kubecontrollersconfigurations", "networkpolicies", "networksets",
}

// Definitions are the full names of the custom resource definitions that CalicoArgs.CRDs must hold at least.
func Definitions() []string {
	names := slices.Clone(requiredCRDs)
	for i := range names {
		names[i] += "." + crdGroup
	}
	return names
}

// definition is one custom resource definition as upstream publishes it, but for the prose in it: data that we pass on, not
// text that we write.
type definition struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec map[string]any `json:"spec"`
}

// readDefinitions reads all *.yaml files at the root of files, sorted by name. It refuses anything that is not a
// definition of Calico's own group: a folder of CRDs must not bring other objects into a cluster.
func readDefinitions(files fs.FS) ([]definition, error) {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("crds: %w", err)
	}
	if len(names) == 0 {
		return nil, errors.New("crds: no *.yaml files in the folder: copy the release's CRDs there")
	}
	found := map[string]definition{}
	var faults []error
	for _, name := range names {
		definitions, err := readFile(files, name)
		if err != nil {
			faults = append(faults, fmt.Errorf("crds: %s: %w", name, err))
		}
		for _, crd := range definitions {
			if _, again := found[crd.Metadata.Name]; again {
				faults = append(faults, fmt.Errorf("crds: %s: %s is defined twice", name, crd.Metadata.Name))
			}
			found[crd.Metadata.Name] = crd
		}
	}
	if missing := missingCRDs(found); len(missing) > 0 && len(faults) == 0 {
		faults = append(faults, fmt.Errorf("crds: the folder lacks %s: copy all CRDs of Calico %s there",
			strings.Join(missing, ", "), Version))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	sorted := make([]definition, 0, len(found))
	for _, crd := range found {
		sorted = append(sorted, crd)
	}
	slices.SortFunc(sorted, func(a, b definition) int { return strings.Compare(a.Metadata.Name, b.Metadata.Name) })
	return sorted, nil
}

func readFile(files fs.FS, name string) ([]definition, error) {
	content, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	var definitions []definition
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return definitions, nil
		}
		if err != nil {
			return definitions, err
		}
		var crd definition
		if err := yaml.Unmarshal(document, &crd); err != nil {
			return definitions, err
		}
		if crd.Kind == "" && crd.Metadata.Name == "" {
			continue // a document of comments only
		}
		if crd.APIVersion != "apiextensions.k8s.io/v1" || crd.Kind != "CustomResourceDefinition" ||
			!strings.HasSuffix(crd.Metadata.Name, "."+crdGroup) {
			return definitions, fmt.Errorf("%s %s %q is not a custom resource definition of the group %s",
				crd.APIVersion, crd.Kind, crd.Metadata.Name, crdGroup)
		}
		// The API server drops this field if it has its default; keeping it would be a difference at every refresh.
		if crd.Spec["preserveUnknownFields"] == false {
			delete(crd.Spec, "preserveUnknownFields")
		}
		undescribeVersions(crd.Spec)
		definitions = append(definitions, crd)
	}
}

func missingCRDs(found map[string]definition) []string {
	var missing []string
	for _, resource := range requiredCRDs {
		if _, ok := found[resource+"."+crdGroup]; !ok {
			missing = append(missing, resource)
		}
	}
	return missing
}

// createDefinitions registers each definition, and returns them by the resource that they define. The provider waits until
// the API server serves it.
func createDefinitions(
	ctx *pulumi.Context, name string, definitions []definition, opts ...pulumi.ResourceOption,
) (map[string]pulumi.Resource, error) {
	created := map[string]pulumi.Resource{}
	for _, crd := range definitions {
		short := strings.TrimSuffix(crd.Metadata.Name, "."+crdGroup)
		// The typed arguments mirror the schema of schemas, which is recursive; the generic form registers the same
		// resource from upstream's data as it is.
		resource, err := apiextensions.NewCustomResource(ctx, name+"-crd-"+short, &apiextensions.CustomResourceArgs{
			ApiVersion: pulumi.String(crd.APIVersion),
			Kind:       pulumi.String(crd.Kind),
			Metadata: &metav1.ObjectMetaArgs{
				Name:   pulumi.String(crd.Metadata.Name),
				Labels: objects.Labels(),
			},
			OtherFields: kubernetes.UntypedArgs{"spec": crd.Spec},
		}, opts...)
		if err != nil {
			return nil, fmt.Errorf("custom resource definition %s: %w", crd.Metadata.Name, err)
		}
		created[short] = resource
	}
	return created, nil
}
