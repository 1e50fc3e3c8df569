// Package credential gives somebody a short-lived way into a cluster: a client certificate that the cluster signs, and a
// kubeconfig around it.
//
// The private key is made here and never leaves this machine but in the kubeconfig. Nobody can take a certificate back
// before its time: Kubernetes has no revocation. That is why it is short.
package credential

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	certificates "k8s.io/client-go/kubernetes/typed/certificates/v1"
)

// Shortest is the shortest life that the API server lets a certificate be asked for.
const Shortest = 10 * time.Minute

const (
	// signDeadline is for the cluster's signer, which answers within a second if it is there.
	signDeadline = time.Minute
	askInterval  = 200 * time.Millisecond

	// tidyDeadline is for the removal of the request, which is done even if the caller gave up.
	tidyDeadline = 10 * time.Second
)

// Subject is who a certificate says that its holder is.
type Subject struct {
	User, Group string
	// Lifetime of the certificate: Shortest or more, a whole number of seconds.
	Lifetime time.Duration
	// Purpose is said in the approval, for whoever reads the audit log.
	Purpose string
}

// Credential is a certificate and its key, both as PEM.
type Credential struct {
	Certificate, Key []byte
	// Expires is when the API server stops taking the certificate.
	Expires time.Time
}

// Issue asks the cluster for a certificate, and, as the caller is its administrator, approves the request, after a look at
// what the API server made of it. The request is removed in any case; the audit log keeps it.
func Issue(
	ctx context.Context, requests certificates.CertificateSigningRequestInterface, subject Subject,
) (credential Credential, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Credential{}, fmt.Errorf("making a private key: %w", err)
	}
	request, err := newRequest(key, subject)
	if err != nil {
		return Credential{}, err
	}
	created, err := requests.Create(ctx, request, metav1.CreateOptions{})
	if err != nil {
		return Credential{}, fmt.Errorf("asking the cluster for a certificate: %w", err)
	}
	defer func() {
		tidy, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyDeadline)
		defer cancel()
		if failed := requests.Delete(tidy, created.Name, metav1.DeleteOptions{}); failed != nil {
			err = errors.Join(err, fmt.Errorf("removing the request %s: %w", created.Name, failed))
		}
	}()
	if err := check(created, request); err != nil {
		return Credential{}, err
	}
	created.Status.Conditions = append(created.Status.Conditions, certificatesv1.CertificateSigningRequestCondition{
		Type: certificatesv1.CertificateApproved, Status: corev1.ConditionTrue,
		Reason: "Rampart", Message: subject.Purpose,
	})
	if _, err := requests.UpdateApproval(ctx, created.Name, created, metav1.UpdateOptions{}); err != nil {
		return Credential{}, fmt.Errorf("approving the request %s: %w", created.Name, err)
	}
	signed, err := waitForSigner(ctx, requests, created.Name)
	if err != nil {
		return Credential{}, err
	}
	certificate, err := checkCertificate(signed, key, subject, time.Now())
	if err != nil {
		return Credential{}, fmt.Errorf("what the cluster signed: %w", err)
	}
	encoded, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return Credential{}, fmt.Errorf("writing the private key: %w", err)
	}
	return Credential{
		Certificate: signed,
		Key:         pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: encoded}),
		Expires:     certificate.NotAfter,
	}, nil
}

func newRequest(key *ecdsa.PrivateKey, subject Subject) (*certificatesv1.CertificateSigningRequest, error) {
	encoded, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: pkix.Name{CommonName: subject.User, Organization: []string{subject.Group}},
	}, key)
	if err != nil {
		return nil, fmt.Errorf("making a certificate request: %w", err)
	}
	seconds := int32(subject.Lifetime.Seconds())
	return &certificatesv1.CertificateSigningRequest{
		ObjectMeta: metav1.ObjectMeta{
			GenerateName: "rampart-",
			Labels:       map[string]string{"app.kubernetes.io/managed-by": "rampart"},
		},
		Spec: certificatesv1.CertificateSigningRequestSpec{
			Request:           pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: encoded}),
			SignerName:        certificatesv1.KubeAPIServerClientSignerName,
			ExpirationSeconds: &seconds,
			Usages:            []certificatesv1.KeyUsage{certificatesv1.UsageClientAuth},
		},
	}, nil
}

// check holds what is about to be approved to what was asked for: an object in the cluster is what admission made of it.
func check(created, asked *certificatesv1.CertificateSigningRequest) error {
	got, want := created.Spec, asked.Spec
	switch {
	case !bytes.Equal(got.Request, want.Request), got.SignerName != want.SignerName,
		!slices.Equal(got.Usages, want.Usages),
		got.ExpirationSeconds == nil || *got.ExpirationSeconds != *want.ExpirationSeconds:
		return fmt.Errorf("the request %s is not what was asked for: something in the cluster changes requests, so it is "+
			"not approved", created.Name)
	case len(created.Status.Conditions) > 0:
		return fmt.Errorf("the request %s was decided by somebody else (%s): it is not approved",
			created.Name, created.Status.Conditions[0].Type)
	}
	return nil
}

func waitForSigner(
	ctx context.Context, requests certificates.CertificateSigningRequestInterface, name string,
) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, signDeadline,
		fmt.Errorf("not within %s: is the controller manager running?", signDeadline))
	defer cancel()
	tick := time.NewTicker(askInterval)
	defer tick.Stop()
	for {
		request, err := requests.Get(ctx, name, metav1.GetOptions{})
		if err == nil && len(request.Status.Certificate) > 0 {
			return request.Status.Certificate, nil
		}
		if err == nil {
			for _, condition := range request.Status.Conditions {
				if condition.Type != certificatesv1.CertificateApproved {
					return nil, fmt.Errorf("the cluster does not sign (%s): %s", condition.Type, condition.Message)
				}
			}
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the cluster to sign: %w", errors.Join(context.Cause(ctx), err))
		case <-tick.C:
		}
	}
}

// clockSkew is how far apart the clocks of this machine and of the signer may be.
const clockSkew = time.Minute

// checkCertificate holds the certificate to the request: a signer may give another one.
func checkCertificate(signed []byte, key *ecdsa.PrivateKey, subject Subject, now time.Time) (*x509.Certificate, error) {
	block, _ := pem.Decode(signed)
	if block == nil {
		return nil, errors.New("is no PEM")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, err
	}
	switch {
	case !key.PublicKey.Equal(certificate.PublicKey):
		return nil, errors.New("is for another key")
	case certificate.Subject.CommonName != subject.User,
		!slices.Equal(certificate.Subject.Organization, []string{subject.Group}):
		return nil, fmt.Errorf("is for %s, want user %s in group %s", certificate.Subject, subject.User, subject.Group)
	case certificate.NotAfter.After(now.Add(subject.Lifetime + clockSkew)):
		return nil, fmt.Errorf("lasts until %s, longer than the %s that were asked for",
			certificate.NotAfter.Format(time.RFC3339), subject.Lifetime)
	}
	return certificate, nil
}
