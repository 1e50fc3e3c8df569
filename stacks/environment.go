package stacks

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Variables of the environment that the program and the command line agree on.
const (
	// HomeVariable names the working folder. Default: .rampart in the folder of the project.
	HomeVariable = "RAMPART_HOME"

	// StateVariable names the backend that a stack's state is in. The command line sets it, and the plugin notes it beside a
	// cluster on this machine: a run with another backend is to know that the cluster is not its own.
	StateVariable = "RAMPART_STATE"

	// FileVariable names the stack file that the configuration was copied from. The command line sets it.
	FileVariable = "RAMPART_STACK_FILE"

	// KeyStepVariable asks one run for a step of a rotation of the encryption key. It is no setting: "rampart rotate-key"
	// sets it, and does between the steps what makes them safe.
	KeyStepVariable = "RAMPART_KEY_STEP"

	// HeldTenantsVariable names tenants of the stack, separated by commas, that one run leaves out, as if they were not made yet.
	// It is no setting: "rampart up" sets it, before a run that adds them (docs/decisions/0034-many-tenants-at-once.md).
	HeldTenantsVariable = "RAMPART_HELD_TENANTS"
)

const defaultHome = ".rampart"

// Home returns the absolute path of the working folder. The engine runs programs in the folder of their project.
func Home() (string, error) {
	home := os.Getenv(HomeVariable)
	if home == "" {
		home = defaultHome
	}
	absolute, err := filepath.Abs(home)
	if err != nil {
		return "", fmt.Errorf("finding the working folder %s: %w", home, err)
	}
	return absolute, nil
}

// ThisHost returns what validation has to know about this machine and a working folder, for a stack.
func ThisHost(home, stack string) (Host, error) {
	networks, err := HostNetworks()
	if err != nil {
		return Host{}, err
	}
	images, err := ReadImages(home)
	if err != nil {
		return Host{}, err
	}
	clusters, err := FindClusters(home, KubeconfigName)
	if err != nil {
		return Host{}, err
	}
	return Host{Networks: networks, Stack: stack, Clusters: clusters, Images: images, Now: time.Now()}, nil
}

// engineValues are the values that the engine handed to this program.
func engineValues() (Values, error) {
	values := Values{}
	if text := os.Getenv(pulumi.EnvConfig); text != "" {
		if err := json.Unmarshal([]byte(text), &values); err != nil {
			return nil, fmt.Errorf("reading the configuration that the engine handed over: %w", err)
		}
	}
	return values, checkFresh(values)
}

// Handover is the part of the environment in which the engine hands a stack's values to its program, for whoever runs the
// program without the engine. Secrets stay blinded.
func Handover(stack string, values Values) (map[string]string, error) {
	config, err := json.Marshal(values)
	if err != nil {
		return nil, fmt.Errorf("handing the configuration over: %w", err)
	}
	held := []string{}
	for _, key := range sortedKeys(values) {
		if strings.Contains(values[key], blinded) {
			held = append(held, key)
		}
	}
	secrets, err := json.Marshal(held)
	if err != nil {
		return nil, fmt.Errorf("handing the configuration over: %w", err)
	}
	return map[string]string{
		pulumi.EnvStack: stack, pulumi.EnvConfig: string(config), pulumi.EnvConfigSecretKeys: string(secrets),
	}, nil
}

// engineSecrets are the settings that hold a secret, by their names without the namespace. The engine has decrypted them.
func engineSecrets() (map[string]bool, error) {
	var keys []string
	if text := os.Getenv(pulumi.EnvConfigSecretKeys); text != "" {
		if err := json.Unmarshal([]byte(text), &keys); err != nil {
			return nil, fmt.Errorf("reading which settings the engine holds secret: %w", err)
		}
	}
	secrets := map[string]bool{}
	for _, key := range keys {
		if name, ours := strings.CutPrefix(key, Project+":"); ours {
			secrets[name] = true
		}
	}
	return secrets, nil
}

// checkFresh compares what the engine handed over with the stack file that it is a copy of. The command line makes the
// copy, because the engine writes its salt into the file that it reads; somebody who edits the stack file and then runs
// the engine by hand would get the settings of before.
func checkFresh(values Values) error {
	path := os.Getenv(FileVariable)
	if path == "" {
		return nil
	}
	current, err := ReadFile(path)
	if err != nil {
		return err
	}
	if !maps.EqualFunc(current, values, sameButSecrets) {
		return errors.New("the configuration is not that of " + path + ": run eval \"$(bin/rampart env)\" again, " +
			"and change settings in that file only")
	}
	return nil
}

// sameButSecrets compares a value of a file, with its secrets blinded, with the one that the engine handed over.
func sameButSecrets(file, engine string) bool {
	if file == engine || file == blinded {
		return true
	}
	return strings.Contains(file, blinded) && sameParsed(parse(file), parse(engine))
}

func sameParsed(file, engine any) bool {
	if file == blinded {
		return true
	}
	switch file := file.(type) {
	case map[string]any:
		engine, ok := engine.(map[string]any)
		return ok && maps.EqualFunc(file, engine, sameParsed)
	case []any:
		engine, ok := engine.([]any)
		return ok && slices.EqualFunc(file, engine, sameParsed)
	default:
		return file == engine
	}
}
