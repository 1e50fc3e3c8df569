package standin

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/tests/framework/cloud"
)

// packages are the Pulumi packages of the clouds, by the provider that a stack names.
var packages = map[string]string{"eks": "aws", "aks": "azure-native", "gke": "gcp"}

// Stack makes an installation of the product with a stack of the repository whose cluster, once the cloud has made it up, is
// this one. The stack may be destroyed. A cluster stands for one stack: what is in it is to go with the cloud's cluster
// (DeletedWith), so that "destroy" leaves it here, policies that refuse what another deployer makes included.
func (c *Cluster) Stack(t *testing.T, name string) *framework.Product {
	t.Helper()
	if c.stack != "" {
		t.Fatalf("the cluster has stood for %s, whose objects are still in it: make another for %s", c.stack, name)
	}
	c.stack = name
	product := framework.MustInstall(t, framework.Settings{Prefix: name})
	config, err := product.Take(name)
	if err != nil {
		t.Fatal(err)
	}
	config["rampart:cluster"].(map[string]any)["ephemeral"] = true
	if err := product.Configure(config); err != nil {
		t.Fatal(err)
	}
	api, err := c.api(t)
	if err != nil {
		t.Fatal(err)
	}
	provider := config["rampart:provider"].(string)
	if err := c.prepare(t.Context(), provider, config); err != nil {
		t.Fatal(err)
	}
	played, err := cloud.New(t.Context(), product.Root, filepath.Join(product.Dir, "cloud"), packages[provider])
	if err == nil {
		err = played.ServeAPI(t.Context(), api)
	}
	if err != nil {
		t.Fatal(err)
	}
	product.Variables = played.Environment()
	return product
}

// prepare gives the cluster what the cloud's would have.
func (c *Cluster) prepare(ctx context.Context, provider string, config map[string]any) error {
	switch provider {
	case "eks":
		registry, given := config["rampart:eks"].(map[string]any)["imageRegistry"].(string)
		if !given {
			return errors.New("the stack names no imageRegistry, and its images would come from elsewhere")
		}
		return c.bringImages(ctx, registry)
	case "aks":
		return c.installCalico(ctx)
	}
	return nil
}

func (c *Cluster) api(t *testing.T) (*cloud.API, error) {
	t.Helper()
	found, err := c.Connect(t.Context())
	if err != nil {
		return nil, err
	}
	certificate, err := c.read(t.Context(), "/etc/kubernetes/pki/ca.crt")
	if err != nil {
		return nil, err
	}
	key, err := c.read(t.Context(), "/etc/kubernetes/pki/ca.key")
	if err != nil {
		return nil, err
	}
	ca, err := newAuthority(certificate, key)
	if err != nil {
		return nil, err
	}
	return &cloud.API{Admin: found.Admin, Client: found.Client, ConfigAs: func(user string, groups ...string) (*rest.Config, error) {
		config := rest.AnonymousClientConfig(found.Admin)
		config.CertData, config.KeyData, err = ca.issue(user, groups)
		return config, err
	}}, nil
}

// authority is the cluster's own, which the cloud would not give away.
type authority struct {
	certificate *x509.Certificate
	key         any
}

func newAuthority(certificate, key []byte) (made authority, err error) {
	first, _ := pem.Decode(certificate)
	second, _ := pem.Decode(key)
	if first == nil || second == nil {
		return made, fmt.Errorf("the node's authority is not in PEM form")
	}
	if made.certificate, err = x509.ParseCertificate(first.Bytes); err != nil {
		return made, err
	}
	if made.key, err = x509.ParsePKCS1PrivateKey(second.Bytes); err != nil {
		made.key, err = x509.ParsePKCS8PrivateKey(second.Bytes)
	}
	return made, err
}

// issue makes a client certificate and its key, in PEM form.
func (a authority) issue(user string, groups []string) (certificate, key []byte, err error) {
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: user, Organization: groups},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, own.Public(), a.key)
	if err != nil {
		return nil, nil, err
	}
	secret, err := x509.MarshalECPrivateKey(own)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret}), nil
}
