package provider

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/rampart-iac/rampart/tests/framework/cloud/internal/shared"
)

// Settings are what a test tells its recorders.
type Settings = shared.Settings

// Drift is what somebody has changed by hand.
type Drift = shared.Drift

// Call is one request.
type Call = shared.Call

// kind is what the server has to know about one cloud.
type kind struct {
	// version of the plugin that the SDK asks for.
	version string

	// source is where a package of the SDK lies: the path of its module and the folder in it. The module of a token such as
	// aws:eks/cluster:Cluster is eks; that of a provider itself is empty.
	source func(module string) (modulePath, folder string)

	// versioned says that modules have a version, of the cloud's API, where those of others have the name of the resource:
	// azure-native:network/v20240501:Subnet.
	versioned bool

	// replaced are properties whose change makes a new resource, beside those of which the SDK says so.
	replaced map[string][]string

	// named is the property that gives a resource its name, where that is not name.
	named map[string]string

	// recomputed are outputs that a change of the resource gives a new value, which a preview cannot know.
	recomputed map[string][]string

	// answer completes what the server made up for a resource.
	answer func(made *resourceMade)

	// functions answer questions, by their tokens. Nil: the provider of ours asks none.
	functions map[string]func(settings Settings) map[string]any
}

// clouds by the names of their packages.
func clouds() map[string]kind {
	return map[string]kind{"aws": aws(), "azure-native": azure(), "gcp": gcp()}
}

// resourceMade is a resource with what is made up of it.
type resourceMade struct {
	Type, Name string
	// ID is the same for the same resource in every run.
	ID       string
	Inputs   resource.PropertyMap
	Outputs  resource.PropertyMap
	Settings Settings
	// Updates is how often the resource has been changed since it was made.
	Updates int
}

// text is an input that is text, or nothing.
func (m *resourceMade) text(property resource.PropertyKey) string {
	if value, given := m.Inputs[property]; given && value.IsString() {
		return value.StringValue()
	}
	return ""
}

// set gives an output that is not an input.
func (m *resourceMade) set(property resource.PropertyKey, value any) {
	if _, given := m.Inputs[property]; !given {
		m.Outputs[property] = resource.NewPropertyValue(value)
	}
}

// digits are hexadecimal ones that follow from the resource's name.
func (m *resourceMade) digits(count int) string { return digits(m.Type+m.Name, count) }

func digits(of string, count int) string {
	sum := sha256.Sum256([]byte(of))
	return hex.EncodeToString(sum[:])[:count]
}

func property(value any) resource.PropertyValue { return resource.NewPropertyValue(value) }

// folder that the test and this process share.
func folder() (string, error) {
	path := os.Getenv(shared.Variable)
	if path == "" {
		return "", fmt.Errorf("%s is not set: this plugin stands for a cloud in tests, and is not the real one", shared.Variable)
	}
	return path, nil
}

func readSettings() (Settings, error) {
	var settings Settings
	return settings, readJSON(shared.SettingsFile, &settings)
}

func readDrift() (Drift, error) {
	var drift Drift
	err := readJSON(shared.DriftFile, &drift)
	if os.IsNotExist(err) {
		return nil, nil
	}
	return drift, err
}

func readJSON(name string, into any) error {
	path, err := folder()
	if err != nil {
		return err
	}
	content, err := os.ReadFile(filepath.Join(path, name))
	if err != nil {
		return err
	}
	return json.Unmarshal(content, into)
}

// lastPart of a URN or a token.
func lastPart(text, separator string) string {
	return text[strings.LastIndex(text, separator)+len(separator):]
}
