package framework

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"time"
)

// checkDeadline is for a check that asks nobody, on a busy machine.
const checkDeadline = time.Minute

// CheckAttestation runs rampart check-attestation to its end, whatever its exit status.
func (p *Product) CheckAttestation(ctx context.Context, args ...string) (Result, error) {
	run, err := p.Start(append([]string{"check-attestation"}, args...)...)
	if err != nil {
		return Result{}, err
	}
	return WaitAtMost(ctx, run, checkDeadline)
}

// SigningKey makes a pair of keys to sign results with and to check them, in files of that name, as openssl writes them.
func SigningKey(dir, name string) (private, public string, err error) {
	open, secret, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		return "", "", err
	}
	private = filepath.Join(dir, name+".pem")
	if err := os.WriteFile(private, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		return "", "", err
	}
	if der, err = x509.MarshalPKIXPublicKey(open); err != nil {
		return "", "", err
	}
	public = filepath.Join(dir, name+".pub")
	return private, public, os.WriteFile(public, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o600)
}
