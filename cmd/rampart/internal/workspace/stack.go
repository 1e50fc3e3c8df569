package workspace

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/stacks"
)

// Stack is one stack of a workspace.
type Stack struct {
	*Workspace

	// Name of the stack, and File that holds its configuration.
	Name, File string

	// Provider that the stack names, whatever else is wrong with its configuration. It decides what is compiled.
	Provider baseline.Provider

	Backend Backend
}

// copyHeader stands at the top of the copy of a stack file.
const copyHeader = "# A copy of %s that the Pulumi CLI may write its salt into.\n" +
	"# It is written anew in every run: change the original.\n"

// Prepare makes what the engine needs before it can be started on the stack. With a backend of the user's own there is
// next to nothing to make: the engine writes into the stack file itself, as its users know it.
//
// The engine writes an encryption salt into the stack file that it reads, and reformats it. So it gets a copy: files that
// belong to the repository stay as they are, and the salt, which is nothing without this clone's passphrase, stays in
// the working folder.
func (s *Stack) Prepare() error {
	if !s.Backend.Ours {
		if s.elsewhere() {
			return s.createInitProject()
		}
		return nil
	}
	if err := s.createState(); err != nil {
		return err
	}
	if err := s.removeNotes(); err != nil {
		return err
	}
	original, err := os.ReadFile(s.File)
	if err != nil {
		return fmt.Errorf("reading the stack file: %w", err)
	}
	before, err := os.ReadFile(s.configCopy())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading the copy of the stack file: %w", err)
	}
	content, err := withSalt(original, before)
	if err != nil {
		return fmt.Errorf("copying %s: %w", s.File, err)
	}
	header := fmt.Appendf(nil, copyHeader, s.File)
	if err := writeFile(s.configCopy(), append(header, content...)); err != nil {
		return fmt.Errorf("writing the copy of the stack file: %w", err)
	}
	return s.createInitProject()
}

// elsewhere says that the stack file is not the one that the project has for the stack.
func (s *Stack) elsewhere() bool {
	return s.File != filepath.Join(s.Stacks(), stacks.FileName(s.Name))
}

// createInitProject makes the project that "stack init" is run in: it takes no stack file, but writes to that of its
// project.
func (s *Stack) createInitProject() error {
	if err := os.MkdirAll(s.config(), folderMode); err != nil {
		return fmt.Errorf("making the project of the copy: %w", err)
	}
	project := "name: " + stacks.Project + "\nruntime: go\n"
	if err := writeFile(filepath.Join(s.config(), "Pulumi.yaml"), []byte(project)); err != nil {
		return fmt.Errorf("writing the project of the copy: %w", err)
	}
	return nil
}

const saltKey = "encryptionsalt"

// withSalt returns a stack file with the salt of its earlier copy, unless it has one of its own.
func withSalt(original, before []byte) ([]byte, error) {
	own, err := saltOf(original)
	if err != nil || own != "" {
		return original, err
	}
	// A copy that cannot be read has no salt to keep; the engine has it in the state, too.
	salt, err := saltOf(before)
	if err != nil || salt == "" {
		return original, nil //nolint:nilerr // see above
	}
	return fmt.Appendf(bytes.TrimRight(original, "\n"), "\n%s: %s\n", saltKey, salt), nil
}

func saltOf(file []byte) (string, error) {
	var content struct {
		Salt string `yaml:"encryptionsalt"`
	}
	if err := yaml.Unmarshal(file, &content); err != nil {
		return "", err
	}
	return content.Salt, nil
}

func (s *Stack) configCopy() string { return filepath.Join(s.config(), stacks.FileName(s.Name)) }

// InitDirectory is where "stack init" has to be run.
func (s *Stack) InitDirectory() string {
	if s.Backend.Ours || s.elsewhere() {
		return s.config()
	}
	return s.Root
}

// Variable is one variable of the engine's environment.
type Variable struct{ Name, Value string }

// Variables are what the engine is run with, beside the environment of this process: the same for "rampart up" and, after
// "rampart env", for a "pulumi up" by hand.
func (s *Stack) Variables(lookup Lookup) []Variable {
	get := func(name string) string {
		value, _ := lookup(name)
		return value
	}
	variables := []Variable{
		{stacks.HomeVariable, s.Home},
		{stacks.StateVariable, s.Backend.Place},
		{"PATH", strings.Join(slices.DeleteFunc([]string{s.Bin(), get("PATH")}, func(path string) bool {
			return path == ""
		}), string(filepath.ListSeparator))},
		{"PULUMI_STACK", s.Name},
		{"PULUMI_SKIP_UPDATE_CHECK", "true"},
		// The program asks for it; older plugins for Kubernetes hear it from here only.
		{"PULUMI_K8S_ENABLE_PATCH_FORCE", "true"},
		// The language host compiles the program. Without these, it would need a C compiler, and link an unchanged
		// program again after every commit.
		{"CGO_ENABLED", "0"},
		{"GOFLAGS", s.goFlags(get("GOFLAGS"))},
	}
	if s.Provider == baseline.ProviderKind && get(parallelVariable) == "" {
		variables = append(variables, Variable{parallelVariable, atOnce})
	}
	if images, err := stacks.ReadImages(s.Home); err == nil && images != nil {
		// The road has brought what the stack needs. The engine would look for the plugins of every cloud's SDK in go.mod.
		variables = append(variables, Variable{"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true"})
	}
	if !s.Backend.Ours {
		if s.elsewhere() {
			variables = append(variables, Variable{configFileVariable, s.File})
		}
		return variables
	}
	variables = append(variables,
		Variable{backendVariable, s.plainURL() + withoutNotes},
		Variable{configFileVariable, s.configCopy()},
		Variable{stacks.FileVariable, s.File},
		// A lost copy is no lost salt: it is in the state, too.
		Variable{"PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER", "true"},
	)
	if get("PULUMI_HOME") == "" {
		variables = append(variables, Variable{"PULUMI_HOME", s.pulumiHome()})
	}
	if !s.hasPassphrase(lookup) {
		variables = append(variables, Variable{"PULUMI_CONFIG_PASSPHRASE_FILE", s.passphrase()})
	}
	return variables
}

// goFlags are the user's, and what the programs here are compiled with unless the user says otherwise: without the SDKs of
// clouds that the stack has nothing to do with (docs/decisions/0019-one-cloud-a-program.md).
func (s *Stack) goFlags(own string) string {
	flags := own
	if !strings.Contains(own, "-buildvcs") {
		flags += " -buildvcs=false"
	}
	if !strings.Contains(own, "-tags") {
		flags += " -tags=" + strings.Join(stacks.BuildTags(s.Provider), ",")
	}
	return strings.TrimSpace(flags)
}

// The engine does four things at once for each core. In a cluster on this machine they are waits for its API server, nearly all
// of them (docs/decisions/0034-many-tenants-at-once.md). A cloud counts, and has limits.
const (
	parallelVariable = "PULUMI_PARALLEL"
	atOnce           = "32"
)

// configFileVariable sets the flag --config-file of every command of the Pulumi CLI that has it.
const configFileVariable = "PULUMI_OPTION_CONFIG_FILE"

func (s *Stack) hasPassphrase(lookup Lookup) bool {
	// An empty passphrase is one, too.
	if _, ok := lookup("PULUMI_CONFIG_PASSPHRASE"); ok {
		return true
	}
	file, ok := lookup("PULUMI_CONFIG_PASSPHRASE_FILE")
	return ok && file != ""
}

// Environment is an environment with the stack's variables in it.
func (s *Stack) Environment(base []string, lookup Lookup) []string {
	variables := s.Variables(lookup)
	environment := slices.DeleteFunc(slices.Clone(base), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.ContainsFunc(variables, func(v Variable) bool { return v.Name == name })
	})
	for _, variable := range variables {
		environment = append(environment, variable.Name+"="+variable.Value)
	}
	return environment
}
