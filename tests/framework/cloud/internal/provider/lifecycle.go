package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/rampart-iac/rampart/tests/framework/cloud/internal/schema"
)

// updates is an output of every resource here: how often it was changed. The real ones have none of that name.
const updates = "__updates"

// Check holds inputs to the schema. What it finds fails the run, as with the real provider.
func (s *Server) Check(_ context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	inputs, err := unmarshal(request.GetNews())
	if err != nil {
		return nil, err
	}
	known, err := s.resource(typeOf(request.GetUrn()))
	if err != nil {
		return nil, err
	}
	faults, err := known.Inputs.Check(inputs)
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.CheckResponse{Inputs: request.GetNews()}
	for _, fault := range faults {
		response.Failures = append(response.Failures, &pulumirpc.CheckFailure{Property: fault.Property, Reason: fault.Reason})
	}
	return response, nil
}

// Diff compares inputs, and says which changes make a new resource.
func (s *Server) Diff(_ context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	before, err := unmarshal(request.GetOldInputs())
	if err != nil {
		return nil, err
	}
	after, err := unmarshal(request.GetNews())
	if err != nil {
		return nil, err
	}
	urnType := typeOf(request.GetUrn())
	known, err := s.resource(urnType)
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}
	diff := before.Diff(after)
	if diff == nil {
		return response, nil
	}
	for _, key := range diff.ChangedKeys() {
		name := string(key)
		if slices.Contains(request.GetIgnoreChanges(), name) {
			continue
		}
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
		response.Diffs = append(response.Diffs, name)
		if known.Inputs[name].Replaces || slices.Contains(s.kind.replaced[urnType], name) {
			response.Replaces = append(response.Replaces, name)
		}
	}
	// A second one of the same name would be refused.
	named := resource.PropertyKey("name")
	if own := s.kind.named[urnType]; own != "" {
		named = resource.PropertyKey(own)
	}
	response.DeleteBeforeReplace = len(response.GetReplaces()) > 0 && after.HasValue(named)
	return response, nil
}

// Create makes up what the cloud would answer. Of a preview only the inputs are known.
func (s *Server) Create(_ context.Context, request *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	inputs, err := unmarshal(request.GetProperties())
	if err != nil {
		return nil, err
	}
	made, err := s.makeUp(request.GetUrn(), inputs, 0, request.GetPreview())
	if err != nil {
		return nil, err
	}
	properties, err := plugin.MarshalProperties(made.Outputs, marshaling)
	if err != nil {
		return nil, err
	}
	if request.GetPreview() {
		return &pulumirpc.CreateResponse{Properties: properties}, nil
	}
	if inputs.ContainsUnknowns() {
		return nil, fmt.Errorf("%s is made with inputs that are not known", request.GetUrn())
	}
	return &pulumirpc.CreateResponse{Id: made.ID, Properties: properties}, s.record("create", request.GetUrn(), made.ID, inputs)
}

// Update answers as Create does, with what counts changes counted up.
func (s *Server) Update(_ context.Context, request *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	before, err := unmarshal(request.GetOlds())
	if err != nil {
		return nil, err
	}
	inputs, err := unmarshal(request.GetNews())
	if err != nil {
		return nil, err
	}
	count := 1
	if value := before[updates]; value.IsNumber() {
		count += int(value.NumberValue())
	}
	if request.GetPreview() {
		properties, err := plugin.MarshalProperties(s.expect(typeOf(request.GetUrn()), before, inputs), marshaling)
		return &pulumirpc.UpdateResponse{Properties: properties}, err
	}
	made, err := s.makeUp(request.GetUrn(), inputs, count, false)
	if err != nil {
		return nil, err
	}
	properties, err := plugin.MarshalProperties(made.Outputs, marshaling)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.UpdateResponse{Properties: properties}, s.record("update", request.GetUrn(), request.GetId(), inputs)
}

// expect is what a preview knows of a resource after a change: what it was, with the new inputs, and nothing of what the
// change makes anew.
func (s *Server) expect(urnType string, before, inputs resource.PropertyMap) resource.PropertyMap {
	after := maps.Clone(before)
	for name, value := range inputs {
		after[name] = complete(value, before[name])
	}
	for _, name := range s.kind.recomputed[urnType] {
		after[resource.PropertyKey(name)] = resource.MakeComputed(resource.NewStringProperty(""))
	}
	return after
}

// complete is an input with what the cloud has added to it: of an object, the properties that the input leaves out.
func complete(input, before resource.PropertyValue) resource.PropertyValue {
	if !input.IsObject() || !before.IsObject() {
		return input
	}
	completed := before.ObjectValue().Copy()
	maps.Copy(completed, input.ObjectValue())
	return property(completed)
}

// Read finds everything as it was made, but for what the test has changed by hand.
func (s *Server) Read(_ context.Context, request *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	drift, err := readDrift()
	if err != nil {
		return nil, err
	}
	state, err := unmarshal(request.GetProperties())
	if err != nil {
		return nil, err
	}
	inputs, err := unmarshal(request.GetInputs())
	if err != nil {
		return nil, err
	}
	for name, value := range drift[lastPart(request.GetUrn(), "::")] {
		state[resource.PropertyKey(name)] = resource.NewPropertyValue(value)
		if _, given := inputs[resource.PropertyKey(name)]; given {
			inputs[resource.PropertyKey(name)] = resource.NewPropertyValue(value)
		}
	}
	response := &pulumirpc.ReadResponse{Id: request.GetId()}
	if response.Properties, err = plugin.MarshalProperties(state, marshaling); err != nil {
		return nil, err
	}
	if response.Inputs, err = plugin.MarshalProperties(inputs, marshaling); err != nil {
		return nil, err
	}
	return response, s.record("read", request.GetUrn(), request.GetId(), nil)
}

// Delete writes down that a resource is gone.
func (s *Server) Delete(_ context.Context, request *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, s.record("delete", request.GetUrn(), request.GetId(), nil)
}

// makeUp answers for the cloud: inputs come back as outputs, and every other output gets something of its kind. What only
// the cloud can tell is not known in a preview.
func (s *Server) makeUp(urn string, inputs resource.PropertyMap, count int, preview bool) (*resourceMade, error) {
	known, err := s.resource(typeOf(urn))
	if err != nil {
		return nil, err
	}
	made := &resourceMade{
		Type: typeOf(urn), Name: lastPart(urn, "::"), Inputs: inputs, Outputs: maps.Clone(inputs), Settings: s.settings, Updates: count,
	}
	made.ID = made.Name + "-" + made.digits(8)
	if preview {
		for name, property := range known.Outputs {
			if _, given := inputs[resource.PropertyKey(name)]; !given {
				made.Outputs[resource.PropertyKey(name)] = resource.MakeComputed(zero(property.Type))
			}
		}
		return made, nil
	}
	for name, property := range known.Outputs {
		if property.Type.Kind == schema.String {
			made.set(resource.PropertyKey(name), name+"-"+made.digits(8))
		}
	}
	s.kind.answer(made)
	made.Outputs[updates] = resource.NewNumberProperty(float64(count))
	return made, nil
}

func zero(of schema.Type) resource.PropertyValue {
	switch of.Kind {
	case schema.Number:
		return resource.NewNumberProperty(0)
	case schema.Bool:
		return resource.NewBoolProperty(false)
	case schema.List:
		return resource.NewArrayProperty(nil)
	case schema.Map, schema.Struct:
		return resource.NewObjectProperty(resource.PropertyMap{})
	case schema.Any, schema.String:
	}
	return resource.NewStringProperty("")
}
