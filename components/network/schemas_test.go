package network

import (
	"reflect"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestUndescribeVersions: prose goes wherever a schema stands; properties of that name and data stay.
func TestUndescribeVersions(t *testing.T) {
	t.Parallel()
	const described = `
description: of the definition itself
versions:
- name: v1
  additionalPrinterColumns: [{name: A, description: kept}]
  schema:
    openAPIV3Schema:
      description: gone
      type: object
      properties:
        description: {type: string, description: gone}
        list:
          type: array
          description: gone
          items: {type: object, description: gone, default: {description: kept}}
        map: {additionalProperties: {type: string, description: gone}}
        open: {additionalProperties: true, description: gone}
        one: {oneOf: [{description: gone, required: [a]}], anyOf: [{description: gone}], allOf: [{description: gone}]}
        none: {not: {description: gone, type: string}, enum: [description]}
- name: v2
  schema: {openAPIV3Schema: {description: gone}}
- name: v3
`
	const plain = `
description: of the definition itself
versions:
- name: v1
  additionalPrinterColumns: [{name: A, description: kept}]
  schema:
    openAPIV3Schema:
      type: object
      properties:
        description: {type: string}
        list:
          type: array
          items: {type: object, default: {description: kept}}
        map: {additionalProperties: {type: string}}
        open: {additionalProperties: true}
        one: {oneOf: [{required: [a]}], anyOf: [{}], allOf: [{}]}
        none: {not: {type: string}, enum: [description]}
- name: v2
  schema: {openAPIV3Schema: {}}
- name: v3
`
	got := parse(t, described)
	undescribeVersions(got)
	if want := parse(t, plain); !reflect.DeepEqual(want, got) {
		t.Errorf("got\n%v\nwant\n%v", got, want)
	}
}

func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	var parsed map[string]any
	if err := yaml.Unmarshal([]byte(text), &parsed); err != nil {
		t.Fatal(err)
	}
	return parsed
}
