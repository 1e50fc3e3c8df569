package certificates

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

func certificate(t *testing.T, subject string, authority bool, expires time.Time) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: subject}, NotAfter: expires, IsCA: authority,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestCertificatesAreRead(t *testing.T) {
	t.Parallel()
	end := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	found, err := parse("blue", "==> /etc/kubernetes/pki/ca.crt\n"+certificate(t, "kubernetes", true, end)+
		"==> /etc/kubernetes/kubelet.conf\n\n"+
		"==> /etc/kubernetes/admin.conf\n"+certificate(t, "admin", false, end)+certificate(t, "chain", true, end)+"\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []Certificate{
		{Node: "blue", Path: "/etc/kubernetes/pki/ca.crt", Subject: "kubernetes", Authority: true, Expires: end},
		{Node: "blue", Path: "/etc/kubernetes/admin.conf", Subject: "admin", Expires: end},
	}
	if len(found) != 2 || found[0] != want[0] || found[1] != want[1] {
		t.Errorf("got  %+v\nwant %+v", found, want)
	}
	if _, err := parse("blue", "==> x\n"+string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("no")}))); err == nil {
		t.Error("a broken certificate was read")
	}
}

func TestThirtyDaysAreSoon(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for after, want := range map[time.Duration]bool{
		-time.Hour: true, 30*24*time.Hour - time.Minute: true, 30*24*time.Hour + time.Minute: false,
	} {
		if got := (Certificate{Expires: now.Add(after)}).EndsSoon(now); got != want {
			t.Errorf("%s: %v, want %v", after, got, want)
		}
	}
}
