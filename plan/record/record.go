// Package record runs a stack's program without the engine, without the clouds' plugins and without an account, and keeps what
// it asks for.
package record

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/plan"
)

// Variable names the file that a program which was asked to plan writes its record to. The command line sets it.
const Variable = "RAMPART_PLAN_FILE"

// Wanted says whether this program was asked for a record.
func Wanted() bool { return os.Getenv(Variable) != "" }

// Write runs the program and writes the record to the file that was asked for.
func Write(program pulumi.RunFunc, project string) error {
	path := os.Getenv(Variable)
	made, err := Run(program, project, os.Getenv(pulumi.EnvStack))
	if err != nil {
		return err
	}
	const mode = 0o600
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode)
	if err != nil {
		return fmt.Errorf("writing the plan: %w", err)
	}
	if err := made.Write(file); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}

// Run runs the program and returns what it asked for. The configuration comes out of the environment, as the engine hands
// it over.
func Run(program pulumi.RunFunc, project, stack string) (plan.Record, error) {
	kept := &recorder{}
	if err := pulumi.RunErr(program, pulumi.WithMocks(project, stack, kept)); err != nil {
		return plan.Record{}, err
	}
	slices.SortFunc(kept.resources, func(a, b plan.Resource) int {
		return strings.Compare(a.Type+" "+a.Name, b.Type+" "+b.Name)
	})
	return plan.Record{Stack: stack, Resources: kept.resources}, nil
}

// recorder stands for the engine.
type recorder struct {
	mutex     sync.Mutex
	resources []plan.Resource
}

func (r *recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return answers(args.Token), nil
}

// NewResource keeps a resource, and answers with its inputs and with references for what only the cloud would know.
func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	inputs, _ := plain(resource.NewProperty(args.Inputs)).(map[string]any)
	kept := plan.Resource{Type: args.TypeToken, Name: args.Name, Inputs: inputs}
	if args.RegisterRPC != nil && !strings.HasPrefix(args.TypeToken, "pulumi:") {
		kept.Parent = nameOf(args.RegisterRPC.GetParent())
	}
	r.resources = append(r.resources, kept)
	return reference(args.Name, ""), outputs(args), nil
}

// nameOf is the last part of a URN; the stack is nobody's parent.
func nameOf(urn string) string {
	if urn == "" || strings.Contains(urn, "::"+string(resource.RootStackType)+"::") {
		return ""
	}
	return resource.URN(urn).Name()
}

// plain writes a value as JSON has it.
func plain(value resource.PropertyValue) any {
	switch {
	case value.IsSecret(), value.IsOutput() && value.OutputValue().Secret:
		return plan.Secret
	case value.IsObject():
		object := map[string]any{}
		for key, element := range value.ObjectValue() {
			object[string(key)] = plain(element)
		}
		return object
	case value.IsArray():
		elements := make([]any, 0, len(value.ArrayValue()))
		for _, element := range value.ArrayValue() {
			elements = append(elements, plain(element))
		}
		return elements
	case value.IsString():
		return value.StringValue()
	case value.IsNumber():
		return value.NumberValue()
	case value.IsBool():
		return value.BoolValue()
	case value.IsResourceReference():
		return reference(value.ResourceReferenceValue().URN.Name(), "")
	default:
		return nil // nothing, or what no provider here takes: files
	}
}
