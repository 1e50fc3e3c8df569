// Package objects holds what every Kubernetes object that Rampart makes has in common: its labels, and the rules that
// its names are held to.
package objects

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation"
)

// ManagedByLabel and ManagedBy mark an object as ours, for people and for whoever searches for leftovers.
const (
	ManagedByLabel = "app.kubernetes.io/managed-by"
	ManagedBy      = "rampart"
)

// Labels returns the labels of an object: who manages it, and what else is given as key, value, key, value.
func Labels(pairs ...string) pulumi.StringMap {
	labels := pulumi.StringMap{ManagedByLabel: pulumi.String(ManagedBy)}
	for i := 0; i+1 < len(pairs); i += 2 {
		labels[pairs[i]] = pulumi.String(pairs[i+1])
	}
	return labels
}

// CheckNamespace returns a fault if value cannot be the namespace that field names: it must be a DNS label, and none of
// the namespaces that Kubernetes keeps for itself.
func CheckNamespace(field, value string) error {
	if value == "" {
		return fmt.Errorf("%s is required: name a namespace", field)
	}
	if problems := validation.IsDNS1123Label(value); len(problems) > 0 {
		return fmt.Errorf("%s %q: %s", field, value, strings.Join(problems, "; "))
	}
	if value == "default" || strings.HasPrefix(value, "kube-") {
		return fmt.Errorf("%s %q: %q and names that start with %q belong to Kubernetes: choose another name",
			field, value, "default", "kube-")
	}
	return nil
}
