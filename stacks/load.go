package stacks

import (
	"reflect"
	"strings"

	"github.com/rampart-iac/rampart/baseline"
)

// Values are the configuration of a stack as the Pulumi engine hands it to a program: keys have their namespace, every
// value is text, and objects and lists are JSON.
type Values map[string]string

// Load turns a stack's values into its configuration. The error is Faults with every fault that there is; nothing has
// been created or changed when it returns.
//
// The values are those of ReadFile, with secrets blinded; one that is in plain text is a fault.
func Load(values Values, host Host) (Config, error) {
	return load(values, nil, host)
}

// load is Load for values of which some settings, named without the namespace, have had their secrets decrypted.
func load(values Values, decrypted map[string]bool, host Host) (Config, error) {
	own := map[string]string{}
	decode := decoder{decrypted: decrypted}
	for _, key := range sortedKeys(values) {
		namespace, name, _ := strings.Cut(key, ":")
		if namespace == Project {
			own[name] = values[key]
			continue
		}
		// Other namespaces are the business of their providers, unless they are ours with a slip of the pen.
		if _, ok := nearest(namespace, []string{Project}); ok {
			decode.faults.add(key, "", "is not a known setting: did you mean %s:%s?", Project, name)
		}
	}

	config := DefaultOf(providerOf(own["provider"]))
	decode.settings(reflect.ValueOf(&config).Elem(), own)
	faults := append(decode.faults, validate(config, host, decode.faults)...)
	if len(faults) > 0 {
		return Config{}, faults
	}
	return config, nil
}

// providerOf is the provider that a stack names, or the default.
func providerOf(value string) string {
	if value == "" {
		return ProviderKind
	}
	return value
}

// ProviderOf returns the provider that a stack names, whatever is wrong with its configuration.
func ProviderOf(values Values) baseline.Provider {
	return baseline.Provider(providerOf(values[Project+":provider"]))
}

// ClusterName returns the name of a stack's cluster, whatever else is wrong with its configuration. Empty if the name
// itself is.
func ClusterName(values Values) string {
	cluster, _ := parse(values[Project+":cluster"]).(map[string]any)
	value, given := cluster["name"]
	if !given {
		return Default().Cluster.Name
	}
	name, _ := value.(string)
	if !clusterName.MatchString(name) {
		return ""
	}
	return name
}

// ClusterEngine returns the container engine that a stack on this machine names, whatever else is wrong with its configuration.
// Empty if it is not a text.
func ClusterEngine(values Values) string {
	cluster, _ := parse(values[Project+":cluster"]).(map[string]any)
	value, given := cluster["engine"]
	if !given {
		return Default().Cluster.Engine
	}
	engine, _ := value.(string)
	return engine
}

// ClusterVersion returns the Kubernetes version that a stack asks for, whatever else is wrong with its configuration. Empty if
// it is not a text.
func ClusterVersion(values Values) baseline.KubernetesVersion {
	cluster, _ := parse(values[Project+":cluster"]).(map[string]any)
	value, given := cluster["kubernetesVersion"]
	if !given {
		return Default().Cluster.KubernetesVersion
	}
	version, _ := value.(string)
	return baseline.KubernetesVersion(version)
}
