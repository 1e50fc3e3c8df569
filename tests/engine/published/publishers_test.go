package published

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// hosts are those that the road may ask. Whoever asks another one gets no connection.
var hosts = []string{
	"api.github.com", "api.pulumi.com", "get.pulumi.com", "github.com", "raw.githubusercontent.com", "registry-1.docker.io",
}

// publishers play all hosts, behind a proxy for HTTPS as a firm has one.
type publishers struct {
	// Variables send a command to them, and to nobody else.
	Variables []string

	proxy, server *httptest.Server

	mutex   sync.Mutex
	asked   []string
	answers map[string]http.HandlerFunc // by host and path
}

// publish starts them. They answer nothing yet.
func publish(t *testing.T) *publishers {
	t.Helper()
	authority, certificate := authorities(t)
	file := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(file, authority, 0o600); err != nil {
		t.Fatal(err)
	}
	p := &publishers{answers: map[string]http.HandlerFunc{}}
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(p.answer))
	p.server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	p.server.StartTLS()
	p.proxy = httptest.NewServer(http.HandlerFunc(p.tunnel))
	t.Cleanup(func() { p.proxy.Close(); p.server.Close() })
	p.Variables = []string{
		"HTTPS_PROXY=" + p.proxy.URL, "HTTP_PROXY=" + p.proxy.URL, "NO_PROXY=", "SSL_CERT_FILE=" + file,
	}
	return p
}

// set changes the answer of a host to a path. Nil: there is no such page.
func (p *publishers) set(page string, answer http.HandlerFunc) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.answers[page] = answer
}

// heard are the requests since the last call, each once, in the order of the alphabet.
func (p *publishers) heard() []string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	asked := p.asked
	p.asked = nil
	slices.Sort(asked)
	return slices.Compact(asked)
}

func (p *publishers) note(request string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.asked = append(p.asked, request)
}

func (p *publishers) answer(w http.ResponseWriter, r *http.Request) {
	page := r.Host + r.URL.Path
	p.note(r.Method + " " + page)
	p.mutex.Lock()
	answer := p.answers[page]
	p.mutex.Unlock()
	if answer == nil {
		http.NotFound(w, r)
		return
	}
	answer(w, r)
}

// tunnel is the proxy: whatever host is asked for, the connection goes to the one server.
func (p *publishers) tunnel(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.Host)
	if r.Method != http.MethodConnect || err != nil || !slices.Contains(hosts, host) {
		p.note(r.Method + " " + r.Host + ", which nobody plays")
		http.Error(w, "not from here", http.StatusForbidden)
		return
	}
	var dialer net.Dialer
	to, err := dialer.DialContext(r.Context(), "tcp", p.server.Listener.Addr().String())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer func() { _ = to.Close() }()
	from, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer func() { _ = from.Close() }()
	if _, err := io.WriteString(from, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	const directions = 2
	ended := make(chan struct{}, directions)
	for _, pair := range [directions][2]net.Conn{{to, from}, {from, to}} {
		go func() {
			_, _ = io.Copy(pair[0], pair[1])
			ended <- struct{}{}
		}()
	}
	<-ended // closing both ends the other one
}

// authorities makes an authority, and a certificate of its for all hosts.
func authorities(t *testing.T) (authority []byte, certificate tls.Certificate) {
	t.Helper()
	key := func() *ecdsa.PrivateKey {
		made, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	from, until := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority of a test"}, NotBefore: from, NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: from, NotAfter: until, DNSNames: hosts,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	rootKey, leafKey := key(), key()
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	if err != nil {
		t.Fatal(err)
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, root, leafKey.Public(), rootKey)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: rootDER}),
		tls.Certificate{Certificate: [][]byte{leafDER}, PrivateKey: leafKey}
}
