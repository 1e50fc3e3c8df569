package verify

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"testing"
	"time"

	"github.com/sigstore/sigstore-go/pkg/root"
)

// logOf is a log of certificates in the notation of a trusted root, whose key is that of a timestamp authority: any will do.
func logOf(t *testing.T, stamps *root.SigstoreTimestampingAuthority) map[string]any {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(stamps.Leaf.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	id := sha256.Sum256(der)
	return map[string]any{
		"baseUrl": "https://log.example.com", "hashAlgorithm": "SHA2_256",
		"publicKey": map[string]any{
			"rawBytes": base64.StdEncoding.EncodeToString(der), "keyDetails": "PKIX_ECDSA_P256_SHA_256",
			"validFor": map[string]any{"start": time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)},
		},
		"logId": map[string]any{"keyId": base64.StdEncoding.EncodeToString(id[:])},
	}
}
