// Package certificates knows the certificates that a cluster stands on: which there are, when they end, and how they are
// renewed before.
package certificates

import (
	"context"
	"crypto/x509"
	_ "embed" // the scripts that run on nodes
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/node"
)

// Soon is how long before its end a certificate is warned of.
const Soon = 30 * 24 * time.Hour

// Certificate is one certificate in one file on one node.
type Certificate struct {
	Node, Path string

	// Subject is who it is of.
	Subject string

	// Authority says that it is a certificate authority, which is not renewed: all others hang on it.
	Authority bool

	Expires time.Time
}

// EndsSoon says that a certificate ends within 30 days, or has ended.
func (c Certificate) EndsSoon(now time.Time) bool { return c.Expires.Before(now.Add(Soon)) }

//go:embed list.sh
var listScript string

// List returns all certificates on the nodes, those that end first at the top.
func List(ctx context.Context, nodes []node.Node) ([]Certificate, error) {
	var all []Certificate
	for _, each := range nodes {
		text, err := each.Script(ctx, listScript)
		if err != nil {
			return nil, fmt.Errorf("reading the certificates of %s: %w", each.Name, err)
		}
		found, err := parse(each.Name, string(text))
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	slices.SortStableFunc(all, func(a, b Certificate) int { return a.Expires.Compare(b.Expires) })
	return all, nil
}

// parse reads what the script prints. Of a chain, the first certificate is the file's.
func parse(node, text string) ([]Certificate, error) {
	var found []Certificate
	for part := range strings.SplitSeq(text, "==> ") {
		path, content, _ := strings.Cut(part, "\n")
		block, _ := pem.Decode([]byte(content))
		if block == nil {
			// A kubeconfig that points at another file.
			continue
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s on %s holds no certificate: %w", path, node, err)
		}
		found = append(found, Certificate{
			Node: node, Path: path, Subject: certificate.Subject.CommonName, Authority: certificate.IsCA,
			Expires: certificate.NotAfter,
		})
	}
	return found, nil
}
