package engine

import (
	"reflect"
	"testing"
)

func TestDifferences(t *testing.T) {
	t.Parallel()
	const prefix = "urn:pulumi:kind::rampart::rampart:tenant:Tenant$kubernetes:core/v1:Namespace::"
	found, err := differences([]byte(`{"steps":[
		{"op":"same","urn":"` + prefix + `green"},
		{"op":"update","urn":"` + prefix + `blue","detailedDiff":{"metadata.labels.b":{},"metadata.labels.a":{}}},
		{"op":"replace","urn":"` + prefix + `red","detailedDiff":{"metadata.name":{}}},
		{"op":"create-replacement","urn":"` + prefix + `red"},
		{"op":"delete-replaced","urn":"` + prefix + `red"},
		{"op":"create","urn":"urn:pulumi:kind::rampart::kubernetes:rbac.authorization.k8s.io/v1:Role::a::b"},
		{"op":"update","urn":"urn:pulumi:kind::rampart::pulumi:providers:kubernetes::rampart-kubernetes"},
		{"op":"update","urn":"urn:pulumi:kind::rampart::pulumi:pulumi:Stack::rampart-kind"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	const namespace = "kubernetes:core/v1:Namespace"
	want := []Difference{
		{Type: namespace, Name: "blue", What: "update", Properties: []string{"metadata.labels.a", "metadata.labels.b"}},
		{Type: namespace, Name: "red", What: "replace", Properties: []string{"metadata.name"}},
		{Type: "kubernetes:rbac.authorization.k8s.io/v1:Role", Name: "a::b", What: "create"},
	}
	if !reflect.DeepEqual(found, want) {
		t.Errorf("got  %+v\nwant %+v", found, want)
	}
	if _, err := differences([]byte("Previewing update")); err == nil {
		t.Error("text that is no JSON was understood")
	}
}
