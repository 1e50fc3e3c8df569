package hardening

import (
	"encoding/base64"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apiserverv1 "k8s.io/apiserver/pkg/apis/apiserver/v1"
	"sigs.k8s.io/yaml"
)

// secretboxKeyBytes is the only key length that secretbox takes.
const secretboxKeyBytes = 32

// encryptionConfiguration renders the API server's encryption of Secret objects (CIS 1.2.27, 1.2.28). The key that writes
// stands first, those that are only read with follow; identity stands last, only so that values written before
// encryption can still be read: with identity first, nothing would be encrypted and nobody would be told.
func encryptionConfiguration(keys []EncryptionKey) (string, error) {
	if len(keys) == 0 {
		return "", errors.New("there is no encryption key: nothing would be encrypted")
	}
	provided := make([]apiserverv1.Key, 0, len(keys))
	for _, key := range keys {
		raw, err := base64.StdEncoding.DecodeString(key.Base64)
		if err != nil {
			// The decoder's own error quotes a piece of its input, which is a secret here.
			return "", fmt.Errorf("encryption key %q is not standard base64", key.Name)
		}
		if len(raw) != secretboxKeyBytes {
			return "", fmt.Errorf("encryption key %q has %d bytes: secretbox takes exactly %d",
				key.Name, len(raw), secretboxKeyBytes)
		}
		provided = append(provided, apiserverv1.Key{Name: key.Name, Secret: key.Base64})
	}
	config := apiserverv1.EncryptionConfiguration{
		TypeMeta: metav1.TypeMeta{APIVersion: apiserverv1.SchemeGroupVersion.String(), Kind: "EncryptionConfiguration"},
		Resources: []apiserverv1.ResourceConfiguration{{
			Resources: []string{"secrets"},
			Providers: []apiserverv1.ProviderConfiguration{
				{Secretbox: &apiserverv1.SecretboxConfiguration{Keys: provided}},
				{Identity: &apiserverv1.IdentityConfiguration{}},
			},
		}},
	}
	text, err := yaml.Marshal(config)
	return string(text), err
}
