package rotation

import (
	"crypto/sha256"
	"errors"
	"fmt"

	apiserverv1 "k8s.io/apiserver/pkg/apis/apiserver/v1"
	"sigs.k8s.io/yaml"
)

// Configuration is what a rotation has to know of an encryption configuration: no secret is in it.
type Configuration struct {
	// Hash is what an API server calls the file by that it has taken up.
	Hash string

	// Keys are the names of the keys, in their order: the first one writes.
	Keys []string

	// Fingerprints tell, by name, keys of one name apart, and give nothing of them away.
	Fingerprints map[string]string

	// Resources are encrypted: a resource, with its group behind a dot unless that is the core group's, or a wildcard.
	Resources []string
}

// ParseConfiguration reads the file that an API server reads. Errors do not quote it.
func ParseConfiguration(text []byte) (Configuration, error) {
	var config apiserverv1.EncryptionConfiguration
	if err := yaml.UnmarshalStrict(text, &config); err != nil {
		// The parser's error could quote a key.
		return Configuration{}, errors.New("the encryption configuration is not one that the API server reads")
	}
	parsed := Configuration{Hash: fmt.Sprintf("sha256:%x", sha256.Sum256(text)), Fingerprints: map[string]string{}}
	for _, resource := range config.Resources {
		parsed.Resources = append(parsed.Resources, resource.Resources...)
		for _, provider := range resource.Providers {
			if provider.Secretbox == nil {
				continue
			}
			for _, key := range provider.Secretbox.Keys {
				parsed.Keys = append(parsed.Keys, key.Name)
				// A key is 32 random bytes: nobody finds it by trying.
				parsed.Fingerprints[key.Name] = fmt.Sprintf("%x", sha256.Sum256([]byte("rampart key "+key.Name+" "+key.Secret)))
			}
		}
	}
	if len(config.Resources) != 1 || len(parsed.Keys) == 0 {
		return Configuration{}, errors.New("the encryption configuration is not one of ours: it must have one list of resources " +
			"and secretbox keys")
	}
	return parsed, nil
}
