// Command languagehost stands between a current Pulumi engine and pulumi-language-go v3.66.0, the newest Go language
// host that can be built from a Go module.
//
// That host learns the options of the runtime (buildTarget, binary) from its command line. Engines of today send them
// in the first call instead, which the old host does not look at: it would link an unchanged program again in every
// run. So this command reads the options from Pulumi.yaml, as the engine does, and then becomes the host that lies
// beside it.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"gopkg.in/yaml.v3"
)

// host is the file name of the real language host, in the folder of this command.
const host = "pulumi-language-go-v3.66.0"

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-language-go: %v\n", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

func run() error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding the folder of this command: %w", err)
	}
	directory, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("finding the project: %w", err)
	}
	flags, err := runtimeFlags(directory)
	if err != nil {
		return err
	}
	path := filepath.Join(filepath.Dir(self), host)
	// Flags come first: the engine's own arguments end with an address.
	arguments := append(append([]string{path}, flags...), os.Args[1:]...)
	if err := syscall.Exec(path, arguments, os.Environ()); err != nil { //nolint:gosec // it stands beside this program
		return fmt.Errorf("starting %s: %w; build it again with the airgap tool", path, err)
	}
	return nil
}

// runtimeFlags returns the options of the project that a directory is in, as flags of the old host. A directory
// outside of any project has none: the engine also starts language hosts to ask what they are.
func runtimeFlags(directory string) ([]string, error) {
	for {
		content, err := os.ReadFile(filepath.Join(directory, "Pulumi.yaml"))
		if err == nil {
			return parse(content)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("reading the project file: %w", err)
		}
		parent := filepath.Dir(directory)
		if parent == directory {
			return nil, nil
		}
		directory = parent
	}
}

func parse(content []byte) ([]string, error) {
	var project struct {
		Runtime yaml.Node `yaml:"runtime"`
	}
	if err := yaml.Unmarshal(content, &project); err != nil {
		return nil, fmt.Errorf("reading the project file: %w", err)
	}
	// "runtime: go" is short for a runtime without options.
	if project.Runtime.Kind != yaml.MappingNode {
		return nil, nil
	}
	var runtime struct {
		Options struct {
			BuildTarget string `yaml:"buildTarget"`
			Binary      string `yaml:"binary"`
		} `yaml:"options"`
	}
	if err := project.Runtime.Decode(&runtime); err != nil {
		return nil, fmt.Errorf("reading the runtime of the project file: %w", err)
	}
	var flags []string
	if runtime.Options.BuildTarget != "" {
		flags = append(flags, "-buildTarget="+runtime.Options.BuildTarget)
	}
	if runtime.Options.Binary != "" {
		flags = append(flags, "-binary="+runtime.Options.Binary)
	}
	return flags, nil
}
