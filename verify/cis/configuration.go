package cis

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// contentOf reads a file as the process sees it, which may be in a container.
func (v *view) contentOf(process Process, file string) (string, error) {
	return v.content(path.Join(fmt.Sprintf("/proc/%d/root", process.PID), file))
}

// everyProcess decides an item by each process of a program, which must run.
func everyProcess(program string, is func(*view, Process) (bool, string, error)) test {
	return func(v *view) (ok bool, evidence string, err error) {
		evidence = program + " does not run here"
		for _, each := range v.running(program) {
			if ok, evidence, err = is(v, each); err != nil || !ok {
				return false, evidence, err
			}
		}
		return ok, evidence, nil
	}
}

// mayBeAnonymous are the paths that say whether the API server lives, and the one by which a node that joins finds it:
// kubeadm signs what is there, so that a node need not trust it.
var mayBeAnonymous = []string{"/livez", "/readyz", "/healthz", "/api/v1/namespaces/kube-public/configmaps/cluster-info"}

// anonymousRestricted accepts, beside --anonymous-auth=false, what later editions of the benchmark name first: a
// configuration that lets anonymous requests through to a few paths.
func anonymousRestricted(v *view) (bool, string, error) {
	return everyProcess(apiServerProgram, func(v *view, process Process) (bool, string, error) {
		given := flagsOf(process.Args)
		file, set := given.get("authentication-config")
		if !set {
			ok, evidence := is("anonymous-auth", "false")(given)
			return ok, evidence, nil
		}
		text, err := v.contentOf(process, file)
		if err != nil {
			return false, "", err
		}
		var config struct {
			Anonymous *struct {
				Enabled    bool
				Conditions []struct{ Path string }
			}
		}
		if err := yaml.Unmarshal([]byte(text), &config); err != nil {
			return false, "", fmt.Errorf("reading %s: %w", file, err)
		}
		switch {
		case config.Anonymous == nil:
			return false, file + " says nothing of anonymous requests", nil
		case !config.Anonymous.Enabled:
			return true, file + " refuses anonymous requests", nil
		case len(config.Anonymous.Conditions) == 0:
			return false, file + " lets anonymous requests through to every path", nil
		}
		for _, condition := range config.Anonymous.Conditions {
			if !slices.Contains(mayBeAnonymous, condition.Path) {
				return false, file + " lets anonymous requests through to " + condition.Path, nil
			}
		}
		return true, fmt.Sprintf("%s lets anonymous requests through to %d paths only", file, len(config.Anonymous.Conditions)), nil
	})(v)
}

// encryptionStrong looks at the provider that writes, which is the first one, of every resource.
func encryptionStrong(v *view) (bool, string, error) {
	return everyProcess(apiServerProgram, func(v *view, process Process) (bool, string, error) {
		file, set := flagsOf(process.Args).get("encryption-provider-config")
		if !set {
			return false, "--encryption-provider-config is not set", nil
		}
		text, err := v.contentOf(process, file)
		if err != nil {
			return false, "", err
		}
		var config struct {
			Resources []struct{ Providers []map[string]any }
		}
		if err := yaml.Unmarshal([]byte(text), &config); err != nil {
			// The decoder's words may quote a key.
			return false, "", fmt.Errorf("reading %s: it is not YAML", file)
		}
		writes := ""
		for _, resource := range config.Resources {
			if len(resource.Providers) == 0 {
				return false, "a resource has no provider", nil
			}
			for writes = range resource.Providers[0] {
				if !slices.Contains([]string{"secretbox", "kms", "aescbc"}, writes) {
					return false, "what encrypts a resource is " + writes, nil
				}
			}
		}
		return writes != "", "what encrypts is " + writes, nil
	})(v)
}

// etcdAuthorityApart compares the certificates themselves: two files may hold the same one.
func etcdAuthorityApart(v *view) (bool, string, error) {
	authority := func(program, flag string) (string, error) {
		running := v.running(program)
		if len(running) == 0 {
			return "", fmt.Errorf("%s does not run here", program)
		}
		file, set := flagsOf(running[0].Args).get(flag)
		if !set {
			return "", nil
		}
		text, err := v.contentOf(running[0], file)
		return strings.TrimSpace(text), err
	}
	etcds, err := authority("etcd", "trusted-ca-file")
	if err != nil {
		return false, "", err
	}
	others, err := authority(apiServerProgram, "client-ca-file")
	if err != nil {
		return false, "", err
	}
	switch etcds {
	case "":
		return false, "etcd: --trusted-ca-file is not set", nil
	case others:
		return false, "etcd trusts the authority that signs every client of the API server", nil
	default:
		return true, "etcd trusts another authority than the API server's clients have", nil
	}
}
