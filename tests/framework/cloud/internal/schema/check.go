package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Fault is one thing that is wrong with the inputs of a resource.
type Fault struct{ Property, Reason string }

// Check returns everything that is wrong with inputs. What is not known yet is taken to be right.
func (o Object) Check(inputs resource.PropertyMap) ([]Fault, error) { return o.check("", inputs) }

func (o Object) check(path string, inputs resource.PropertyMap) ([]Fault, error) {
	var faults []Fault
	for _, key := range inputs.StableKeys() {
		name := string(key)
		property, known := o[name]
		if !known {
			if !strings.HasPrefix(name, "__") { // the engine's own, such as __defaults
				faults = append(faults, Fault{path + name, "is no property: there are " + strings.Join(o.names(), ", ")})
			}
			continue
		}
		more, err := property.check(path+name, inputs[key])
		if err != nil {
			return nil, err
		}
		faults = append(faults, more...)
	}
	for _, name := range o.names() {
		if value, given := inputs[resource.PropertyKey(name)]; o[name].Required && (!given || value.IsNull()) {
			faults = append(faults, Fault{path + name, "is required"})
		}
	}
	return faults, nil
}

func (p Property) check(path string, value resource.PropertyValue) ([]Fault, error) {
	if value.IsString() && len(p.Values) > 0 && !slices.Contains(p.Values, value.StringValue()) {
		return []Fault{{path, fmt.Sprintf("is %q: there are %s", value.StringValue(), strings.Join(p.Values, ", "))}}, nil
	}
	return p.Type.check(path, value)
}

func (t Type) check(path string, value resource.PropertyValue) ([]Fault, error) {
	switch {
	case value.IsNull() || value.IsComputed() || value.IsOutput() || t.Kind == Any:
		return nil, nil
	case value.IsSecret():
		return t.check(path, value.SecretValue().Element)
	case t.Kind == Struct && value.IsObject():
		properties, err := t.Properties()
		if err != nil {
			return nil, err
		}
		return properties.check(path+".", value.ObjectValue())
	case t.Kind != kindOf(value):
		return []Fault{{path, fmt.Sprintf("is %s, not %s", value.TypeString(), t.Kind)}}, nil
	}
	return t.checkElements(path, value)
}

// checkElements checks what is in a list or a mapping.
func (t Type) checkElements(path string, value resource.PropertyValue) ([]Fault, error) {
	var faults []Fault
	collect := func(more []Fault, err error) error {
		faults = append(faults, more...)
		return err
	}
	if t.Kind == List {
		for i, element := range value.ArrayValue() {
			if err := collect(t.Element.check(fmt.Sprintf("%s[%d]", path, i), element)); err != nil {
				return nil, err
			}
		}
	}
	if t.Kind == Map {
		for _, key := range value.ObjectValue().StableKeys() {
			if err := collect(t.Element.check(path+"."+string(key), value.ObjectValue()[key])); err != nil {
				return nil, err
			}
		}
	}
	return faults, nil
}

func kindOf(value resource.PropertyValue) Kind {
	switch {
	case value.IsString():
		return String
	case value.IsNumber():
		return Number
	case value.IsBool():
		return Bool
	case value.IsArray():
		return List
	case value.IsObject():
		return Map
	default:
		return Any
	}
}

func (o Object) names() []string {
	names := make([]string, 0, len(o))
	for name := range o {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
