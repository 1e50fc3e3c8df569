package stacks

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/encoding"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"gopkg.in/yaml.v3"
)

// fileSections are what a stack file may hold at its top. Pulumi itself takes a misspelt one without a word, and the
// stack would come up with defaults only.
var fileSections = []string{"config", "environment", "encryptionsalt", "encryptedkey", "secretsprovider"}

// FileName is the name of a stack's file.
func FileName(stack string) string {
	return "Pulumi." + stack + ".yaml"
}

// List returns the names of the stacks that have a file in a folder, sorted.
func List(directory string) ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(directory, FileName("*")))
	if err != nil {
		return nil, fmt.Errorf("listing the stacks in %s: %w", directory, err)
	}
	names := make([]string, 0, len(paths))
	for _, path := range paths {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "Pulumi."), ".yaml"))
	}
	slices.Sort(names)
	return names, nil
}

// Find returns the path of a stack's file in a folder. The error of an unknown stack names those that there are.
func Find(directory, stack string) (string, error) {
	names, err := List(directory)
	if err != nil {
		return "", err
	}
	if !slices.Contains(names, stack) {
		return "", fmt.Errorf("stack %q: there is no %s in %s: use one of %s, or add the file",
			stack, FileName(stack), directory, strings.Join(names, ", "))
	}
	return filepath.Join(directory, FileName(stack)), nil
}

// ReadFile returns the values in a stack's file as the engine would hand them to the program. Secret values come out
// blinded.
func ReadFile(path string) (Values, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("stack file %s: there is no such file", path)
	}
	if err != nil {
		return nil, fmt.Errorf("reading a stack file: %w", err)
	}
	if err := checkSections(content); err != nil {
		return nil, fmt.Errorf("stack file %s: %w", path, err)
	}
	project := &workspace.Project{Name: tokens.PackageName(Project)}
	stack, err := workspace.LoadProjectStackBytes(nil, project, content, path, encoding.YAML)
	if err != nil {
		return nil, fmt.Errorf("stack file %s: %w", path, err)
	}
	settings, err := stack.Config.Decrypt(config.NewBlindingDecrypter())
	if err != nil {
		return nil, fmt.Errorf("stack file %s: %w", path, err)
	}
	values := Values{}
	for key, value := range settings {
		values[key.String()] = value
	}
	return values, nil
}

func checkSections(content []byte) error {
	sections := map[string]any{}
	if err := yaml.Unmarshal(content, &sections); err != nil {
		return fmt.Errorf("is not YAML: %w", err)
	}
	var faults Faults
	for _, section := range sortedKeys(sections) {
		if slices.Contains(fileSections, section) {
			continue
		}
		rule := "is not a section of a stack file: settings stand under config"
		if near, ok := nearest(section, fileSections); ok {
			rule = fmt.Sprintf("is not a section of a stack file: did you mean %s?", near)
		}
		faults.add(section, "", "%s", rule)
	}
	if len(faults) > 0 {
		return faults
	}
	return nil
}
