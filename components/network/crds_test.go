package network

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// definitionFiles is a folder like upstream's, with the smallest definitions that there can be.
func definitionFiles() fstest.MapFS {
	files := fstest.MapFS{}
	for _, resource := range requiredCRDs {
		files[crdGroup+"_"+resource+".yaml"] = &fstest.MapFile{Data: []byte(definitionText(resource))}
	}
	return files
}

func definitionText(resource string) string {
	return fmt.Sprintf(`---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: %[1]s.%[2]s
spec:
  group: %[2]s
  names: {kind: A, plural: %[1]s}
  preserveUnknownFields: false
  scope: Cluster
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          port: {anyOf: [{type: integer}, {type: string}], x-kubernetes-int-or-string: true}
`, resource, crdGroup)
}

func TestReadDefinitions(t *testing.T) {
	t.Parallel()
	var oneFile strings.Builder
	oneFile.WriteString("# the release's CRDs in one file\n")
	for _, resource := range requiredCRDs {
		oneFile.WriteString(definitionText(resource))
	}
	for name, files := range map[string]fstest.MapFS{
		"a file each": definitionFiles(),
		"one file":    {"crds.yaml": &fstest.MapFile{Data: []byte(oneFile.String())}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			definitions, err := readDefinitions(files)
			if err != nil {
				t.Fatal(err)
			}
			if len(definitions) != len(requiredCRDs) {
				t.Fatalf("%d definitions, want %d", len(definitions), len(requiredCRDs))
			}
			for i, crd := range definitions {
				if want := requiredCRDs[i] + "." + crdGroup; crd.Metadata.Name != want {
					t.Errorf("definition %d is %s, want %s: they are sorted", i, crd.Metadata.Name, want)
				}
				if _, kept := crd.Spec["preserveUnknownFields"]; kept {
					t.Errorf("%s: a default that the API server drops is kept", crd.Metadata.Name)
				}
			}
		})
	}
}

func TestReadDefinitionsRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(fstest.MapFS)
		want   []string
	}{
		{"an empty folder", func(files fstest.MapFS) { clear(files) }, []string{"no *.yaml files", "copy"}},
		{"missing definitions", func(files fstest.MapFS) {
			delete(files, crdGroup+"_ippools.yaml")
			delete(files, crdGroup+"_hostendpoints.yaml")
		}, []string{"lacks hostendpoints, ippools", Version}},
		{"another kind of object", func(files fstest.MapFS) {
			files["role.yaml"] = &fstest.MapFile{Data: []byte("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: x.crd.projectcalico.org}\n")}
		}, []string{"role.yaml", "ClusterRole", "not a custom resource definition"}},
		{"another group", func(files fstest.MapFS) {
			files["other.yaml"] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(definitionText("things"), crdGroup, "evil.org"))}
		}, []string{"other.yaml", "things.evil.org", "not a custom resource definition"}},
		{"the same twice, and no YAML", func(files fstest.MapFS) {
			files["again.yaml"] = &fstest.MapFile{Data: []byte(definitionText("ippools"))}
			files["broken.yaml"] = &fstest.MapFile{Data: []byte("{")}
		}, []string{"ippools.crd.projectcalico.org is defined twice", "broken.yaml"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			files := definitionFiles()
			test.change(files)
			_, err := readDefinitions(files)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v does not say %q", err, want)
				}
			}
		})
	}
}
