package approval

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
)

const (
	nodeUserPrefix = "system:node:"
	nodesGroup     = "system:nodes"

	// minRSABits is what the benchmark and browsers ask for; kubelets use elliptic curves.
	minRSABits   = 2048
	minCurveBits = 256
)

// request is a decent request for a serving certificate: what remains is whether its names are the node's.
type request struct {
	node      string
	names     []string
	addresses []netip.Addr
}

// parse returns what a kubelet asks for, or why nobody should get that. It looks at the request alone.
func parse(csr *certificatesv1.CertificateSigningRequest) (request, error) {
	node, isNode := strings.CutPrefix(csr.Spec.Username, nodeUserPrefix)
	if !isNode || node == "" || !slices.Contains(csr.Spec.Groups, nodesGroup) {
		return request{}, fmt.Errorf("%q is not a node", csr.Spec.Username)
	}
	if err := checkUsages(csr.Spec.Usages); err != nil {
		return request{}, err
	}
	block, rest := pem.Decode(csr.Spec.Request)
	if block == nil || block.Type != "CERTIFICATE REQUEST" || len(bytes.TrimSpace(rest)) > 0 {
		return request{}, errors.New("it is not one certificate request in PEM form")
	}
	asked, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return request{}, fmt.Errorf("it cannot be read: %w", err)
	}
	if err := asked.CheckSignature(); err != nil {
		return request{}, fmt.Errorf("whoever asks does not have the key: %w", err)
	}
	for _, check := range []func(*x509.CertificateRequest, string) error{checkKey, checkSubject, checkExtensions} {
		if err := check(asked, csr.Spec.Username); err != nil {
			return request{}, err
		}
	}
	found := request{node: node, names: asked.DNSNames}
	for _, ip := range asked.IPAddresses {
		address, ok := netip.AddrFromSlice(ip)
		if !ok {
			return request{}, fmt.Errorf("%v is not an address", ip)
		}
		found.addresses = append(found.addresses, address.Unmap())
	}
	if len(found.names)+len(found.addresses) == 0 {
		return request{}, errors.New("it names neither a host nor an address")
	}
	return found, nil
}

func checkUsages(usages []certificatesv1.KeyUsage) error {
	allowed := []certificatesv1.KeyUsage{
		certificatesv1.UsageServerAuth, certificatesv1.UsageDigitalSignature, certificatesv1.UsageKeyEncipherment,
	}
	for _, usage := range usages {
		if !slices.Contains(allowed, usage) {
			return fmt.Errorf("the usage %q is not one of a server", usage)
		}
	}
	if !slices.Contains(usages, certificatesv1.UsageServerAuth) {
		return errors.New("it is not for a server")
	}
	return nil
}

func checkKey(asked *x509.CertificateRequest, _ string) error {
	switch key := asked.PublicKey.(type) {
	case *ecdsa.PublicKey:
		if bits := key.Curve.Params().BitSize; bits < minCurveBits {
			return fmt.Errorf("an elliptic curve of %d bits is weak", bits)
		}
		return nil
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minRSABits {
			return fmt.Errorf("an RSA key of %d bits is weak", bits)
		}
		return nil
	default:
		return fmt.Errorf("keys of the type %s are not used by kubelets", asked.PublicKeyAlgorithm)
	}
}

// checkSubject: exactly one organization and the user's own name, and nothing else.
func checkSubject(asked *x509.CertificateRequest, user string) error {
	subject := asked.Subject
	if subject.CommonName != user {
		return fmt.Errorf("the name is %q, and it comes from %q", subject.CommonName, user)
	}
	if !slices.Equal(subject.Organization, []string{nodesGroup}) {
		return fmt.Errorf("the organizations are %q, not %q alone", subject.Organization, nodesGroup)
	}
	if len(subject.Names) != 2 {
		return fmt.Errorf("the subject has more than a name and an organization: %s", subject)
	}
	return nil
}

var subjectAlternativeName = asn1.ObjectIdentifier{2, 5, 29, 17}

func checkExtensions(asked *x509.CertificateRequest, _ string) error {
	for _, extension := range asked.Extensions {
		if !extension.Id.Equal(subjectAlternativeName) {
			return fmt.Errorf("it asks for the extension %s", extension.Id)
		}
	}
	if len(asked.EmailAddresses) > 0 || len(asked.URIs) > 0 {
		return errors.New("it names an e-mail address or a URI")
	}
	return nil
}

// checkNames: the only name of a node is its own. The names in a Node object are not asked: a kubelet writes them itself.
func (r request) checkNames() error {
	for _, name := range r.names {
		if name != r.node {
			return fmt.Errorf("%q is not the node's name", name)
		}
	}
	return nil
}

// checkAddresses: the addresses must be in the Node object, which the kubelet writes itself, and among those that the
// node's name leads to, which it does not.
func (r request) checkAddresses(node *corev1.Node, resolved []netip.Addr) error {
	var reported []netip.Addr
	for _, address := range node.Status.Addresses {
		if parsed, err := netip.ParseAddr(address.Address); err == nil {
			reported = append(reported, parsed.Unmap())
		}
	}
	for _, address := range r.addresses {
		if !slices.Contains(reported, address) {
			return fmt.Errorf("%s is not among the node's addresses %v", address, reported)
		}
		if !slices.ContainsFunc(resolved, func(known netip.Addr) bool { return known.Unmap() == address }) {
			return fmt.Errorf("%s is not among the addresses %v that the node's name leads to", address, resolved)
		}
	}
	return nil
}
