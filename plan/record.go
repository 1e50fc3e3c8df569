package plan

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Record is everything that a stack's program asked the engine for, in order of type and name.
type Record struct {
	Stack     string     `json:"stack"`
	Resources []Resource `json:"resources"`
}

// Resource is one resource that the program asked for.
type Resource struct {
	Type   string `json:"type"`
	Name   string `json:"name"`
	Parent string `json:"parent,omitempty"`

	// Inputs as JSON has them. What another resource will say once it is there stands as a reference to it, ${name} for
	// its identifier and ${name.output} for anything else, also amid text; a secret is Secret.
	Inputs map[string]any `json:"inputs,omitempty"`
}

// Secret stands for a value that the program holds secret.
const Secret = "[secret]"

// Read reads a record that Write has written.
func Read(from io.Reader) (Record, error) {
	var record Record
	if err := json.NewDecoder(from).Decode(&record); err != nil {
		return Record{}, fmt.Errorf("reading what the program recorded: %w", err)
	}
	return record, nil
}

// Write writes the record as JSON.
func (r Record) Write(to io.Writer) error {
	if err := json.NewEncoder(to).Encode(r); err != nil {
		return fmt.Errorf("writing what the program recorded: %w", err)
	}
	return nil
}

// Of are the resources of a type.
func (r Record) Of(kind string) []Resource {
	var found []Resource
	for _, each := range r.Resources {
		if each.Kind() == kind {
			found = append(found, each)
		}
	}
	return found
}

// named is the resource of a name, which may be a reference.
func (r Record) named(name string) (Resource, bool) {
	name = referred(name)
	at := slices.IndexFunc(r.Resources, func(each Resource) bool { return each.Name == name })
	if at < 0 {
		return Resource{}, false
	}
	return r.Resources[at], true
}

// referred is the name in a reference, or the text as it is.
func referred(text string) string {
	inner, isReference := strings.CutPrefix(text, "${")
	if !isReference {
		return text
	}
	inner, _, _ = strings.Cut(inner, "}")
	name, _, _ := strings.Cut(inner, ".")
	return name
}

// Kind is the type without what is about packaging: aws:Vpc for aws:ec2/vpc:Vpc, azure-native:ManagedCluster without a version of
// its API, and kubernetes:Namespace. Types of our own keep their module.
func (r Resource) Kind() string {
	parts := strings.Split(r.Type, ":")
	const plain = 3
	if len(parts) != plain || parts[0] == "rampart" || parts[0] == "pulumi" {
		return r.Type
	}
	return parts[0] + ":" + parts[2]
}

// Package is the first part of the type: aws, kubernetes.
func (r Resource) Package() string {
	name, _, _ := strings.Cut(r.Type, ":")
	return name
}

// At follows keys into the inputs: At("vpcConfig", "subnetIds").
func (r Resource) At(keys ...string) any { return at(r.Inputs, keys...) }

// Text is the text at some keys, or nothing.
func (r Resource) Text(keys ...string) string {
	text, _ := r.At(keys...).(string)
	return text
}

// True says whether a truth value is set.
func (r Resource) True(keys ...string) bool {
	set, _ := r.At(keys...).(bool)
	return set
}

// Number is the number at some keys, or 0.
func (r Resource) Number(keys ...string) float64 {
	number, _ := r.At(keys...).(float64)
	return number
}

// List is the list at some keys.
func (r Resource) List(keys ...string) []any { return list(r.At(keys...)) }

// Texts are the texts in the list at some keys.
func (r Resource) Texts(keys ...string) []string { return texts(r.At(keys...)) }

func at(value any, keys ...string) any {
	for _, key := range keys {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return value
}

func list(value any) []any {
	elements, _ := value.([]any)
	return elements
}

// texts are the texts in a list, or a text alone: policies write lists of one so.
func texts(value any) []string {
	if text, ok := value.(string); ok {
		return []string{text}
	}
	var found []string
	for _, element := range list(value) {
		if text, ok := element.(string); ok {
			found = append(found, text)
		}
	}
	return found
}

func text(value any, keys ...string) string {
	text, _ := at(value, keys...).(string)
	return text
}
