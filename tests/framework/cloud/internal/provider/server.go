package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/rampart-iac/rampart/tests/framework/cloud/internal/schema"
	"github.com/rampart-iac/rampart/tests/framework/cloud/internal/shared"
)

// Server serves one cloud.
type Server struct {
	pulumirpc.UnimplementedResourceProviderServer

	name     string
	kind     kind
	settings Settings

	mutex   sync.Mutex
	sources map[string]*schema.Source
}

// New returns the server of a cloud, by the name of its package.
func New(name string) (*Server, error) {
	kind, known := clouds()[name]
	if !known {
		return nil, fmt.Errorf("%q is no cloud that there is a recorder for", name)
	}
	settings, err := readSettings()
	if err != nil {
		return nil, err
	}
	return &Server{name: name, kind: kind, settings: settings, sources: map[string]*schema.Source{}}, nil
}

var marshaling = plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true}

func unmarshal(properties *structpb.Struct) (resource.PropertyMap, error) {
	return plugin.UnmarshalProperties(properties, plugin.MarshalOptions{KeepUnknowns: true})
}

// GetPluginInfo answers with the version that the SDK asks for.
func (s *Server) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: s.kind.version}, nil
}

// CheckConfig refuses settings of the provider that there are none of.
func (s *Server) CheckConfig(_ context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	known, err := s.resource("pulumi:providers:" + s.name)
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.CheckResponse{Inputs: request.GetNews()}
	for name := range request.GetNews().GetFields() {
		if _, ok := known.Inputs[name]; !ok && name != "version" && !strings.HasPrefix(name, "__") {
			response.Failures = append(response.Failures, &pulumirpc.CheckFailure{Property: name, Reason: "is no setting of the provider"})
		}
	}
	return response, nil
}

// DiffConfig says that nothing of a provider's settings replaces what it has made.
func (s *Server) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{}, nil
}

// Configure takes any settings, and says what this server can do.
func (s *Server) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{SupportsPreview: true}, nil
}

// Invoke knows few functions: providers of ours ask the cloud nothing while they plan a cluster that is not there.
func (s *Server) Invoke(_ context.Context, request *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	function := s.kind.functions[request.GetTok()]
	if function == nil {
		return nil, fmt.Errorf("unexpected call of the function %s", request.GetTok())
	}
	answer, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(function(s.settings)), marshaling)
	return &pulumirpc.InvokeResponse{Return: answer}, err
}

// Cancel has nothing to stop.
func (s *Server) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// resource is the schema of a type of resource.
func (s *Server) resource(token string) (*schema.Resource, error) {
	module, name := "", "Provider"
	if parts := strings.Split(token, ":"); parts[0] == s.name {
		module, name = parts[1], parts[2]
		if !s.kind.versioned {
			module, _, _ = strings.Cut(module, "/")
		}
	}
	s.mutex.Lock()
	source, opened := s.sources[module]
	if !opened {
		path, inside := s.kind.source(module)
		directory, known := s.settings.Modules[path]
		if !known {
			s.mutex.Unlock()
			return nil, fmt.Errorf("the test did not say where the module %s is", path)
		}
		source = schema.Open(filepath.Join(directory, filepath.FromSlash(inside)))
		s.sources[module] = source
	}
	s.mutex.Unlock()
	return source.Resource(token, name)
}

// record writes a call down.
func (s *Server) record(method, urn, id string, inputs resource.PropertyMap) error {
	path, err := folder()
	if err != nil {
		return err
	}
	call := Call{Method: method, Type: typeOf(urn), Name: lastPart(urn, "::"), ID: id}
	if inputs != nil {
		call.Inputs = inputs.Mappable()
	}
	line, err := json.Marshal(call)
	if err != nil {
		return err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	const mode = 0o600
	file, err := os.OpenFile(filepath.Join(path, shared.CallsFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	if _, err := file.Write(append(line, '\n')); err != nil {
		return err
	}
	return file.Close()
}

func typeOf(urn string) string { return string(resource.URN(urn).Type()) }
