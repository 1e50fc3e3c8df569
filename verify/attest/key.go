package attest

import (
	"errors"
	"fmt"
	"os"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"github.com/secure-systems-lab/go-securesystemslib/signerverifier"
)

// What a person types for a key of his own.
const (
	makeKey    = "openssl genpkey -algorithm ed25519 -out key.pem && chmod 600 key.pem"
	makePublic = "openssl pkey -in key.pem -pubout -out key.pub"
)

// ReadPrivateKey reads a key to sign with: PEM, PKCS #8, Ed25519 or ECDSA or RSA. A file that others can read is refused,
// because it has been anybody's key since. No error shows what is in the file.
func ReadPrivateKey(path string) (dsse.SignerVerifier, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("the key cannot be read: %w; make one: %s", err, makeKey)
	}
	const others = 0o077
	if mode := info.Mode().Perm(); mode&others != 0 {
		return nil, fmt.Errorf("key %s has mode %04o, others than its owner can get at it: make a new one with mode 0600 (%s)",
			path, mode, makeKey)
	}
	key, private, err := readKey(path)
	if err == nil && !private {
		err = errors.New("it is a public key")
	}
	if err != nil {
		return nil, fmt.Errorf("key %s cannot sign: %w; make one: %s", path, err, makeKey)
	}
	return key, nil
}

// ReadPublicKey reads a key to check signatures with.
func ReadPublicKey(path string) (dsse.Verifier, error) {
	key, private, err := readKey(path)
	if err == nil && private {
		err = errors.New("it is a private key, which who only checks should not have")
	}
	if err != nil {
		return nil, fmt.Errorf("key %s cannot be used to check: %w; get it out of the private one: %s", path, err, makePublic)
	}
	return key, nil
}

func readKey(path string) (key dsse.SignerVerifier, private bool, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, false, err
	}
	loaded, err := signerverifier.LoadKey(content)
	if err != nil {
		// The loader's error could quote the file.
		return nil, false, errors.New("it is no key in PEM form that is known: Ed25519, ECDSA or RSA, not encrypted")
	}
	private = loaded.KeyVal.Private != ""
	switch loaded.KeyType {
	case signerverifier.ED25519KeyType:
		key, err = signerverifier.NewED25519SignerVerifierFromSSLibKey(loaded)
	case signerverifier.ECDSAKeyType:
		key, err = signerverifier.NewECDSASignerVerifierFromSSLibKey(loaded)
	case signerverifier.RSAKeyType:
		key, err = signerverifier.NewRSAPSSSignerVerifierFromSSLibKey(loaded)
	default:
		err = errors.New("its kind is not known")
	}
	if err != nil {
		return nil, false, errors.New("it is damaged")
	}
	return key, private, nil
}
