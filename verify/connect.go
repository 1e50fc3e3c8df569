package verify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/rampart-iac/rampart/verify/live"
)

// connectDeadline is for the first answers of the cluster.
const connectDeadline = 30 * time.Second

// Connect opens the cluster of a kubeconfig. The error says in one sentence what is wrong and what to do.
func Connect(ctx context.Context, path string, settings live.Settings) (*live.Cluster, error) {
	ctx, cancel := context.WithTimeout(ctx, connectDeadline)
	defer cancel()
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no kubeconfig at %s: make the cluster first, or name another file with --kubeconfig", path)
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return nil, fmt.Errorf("kubeconfig %s cannot be used: %w", path, err)
	}
	if ended, when := clientEnded(config, time.Now()); ended {
		return nil, fmt.Errorf("the credentials in %s ended on %s: get new ones", path, when.Format(time.RFC3339))
	}
	if err := mayAttack(ctx, config); err != nil {
		return nil, explain(err, path, config.Host)
	}
	cluster, err := live.OpenWith(ctx, config, settings)
	if err != nil {
		return nil, explain(err, path, config.Host)
	}
	return cluster, nil
}

// clientEnded says whether the client certificate of a configuration is past its time.
func clientEnded(config *rest.Config, now time.Time) (ended bool, when time.Time) {
	settled := rest.CopyConfig(config)
	if rest.LoadTLSFiles(settled) != nil {
		return false, when // the first request says it better
	}
	pair, err := tls.X509KeyPair(settled.CertData, settled.KeyData)
	if err != nil {
		return false, when
	}
	certificate, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		return false, when
	}
	return now.After(certificate.NotAfter), certificate.NotAfter
}

// errNoRights says that the credentials are good and not enough.
var errNoRights = errors.New("not the rights of an administrator")

// mayAttack asks for the rights that attacks and their control experiments need: they make namespaces, impersonate, and
// look into system pods.
func mayAttack(ctx context.Context, config *rest.Config) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	review, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{
			ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "*", Group: "*", Resource: "*"},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if !review.Status.Allowed {
		return errNoRights
	}
	return nil
}

func explain(err error, path, host string) error {
	switch {
	case errors.Is(err, exec.ErrNotFound), strings.Contains(err.Error(), "exec: executable "):
		first, _, _ := strings.Cut(err.Error(), "\n") // a page of advice follows
		return fmt.Errorf("kubeconfig %s logs in by a program that cannot be run: %s: install it, as the cloud says", path, first)
	case errors.Is(err, errNoRights), apierrors.IsForbidden(err):
		return fmt.Errorf("the credentials in %s do not give the rights of an administrator, which attacks and their control "+
			"experiments need: use those that the cluster was made with", path)
	case apierrors.IsUnauthorized(err):
		return fmt.Errorf("the cluster at %s does not know the credentials in %s: they ended, or belong to another cluster", host, path)
	case errors.Is(err, live.ErrNoNodes):
		return fmt.Errorf("the cluster at %s has no nodes, and nothing runs in it that could be attacked: wait until one has joined",
			host)
	case apierrors.ReasonForError(err) != metav1.StatusReasonUnknown:
		return fmt.Errorf("the cluster at %s refuses: %w", host, err)
	default:
		return fmt.Errorf("the cluster at %s (kubeconfig %s) does not answer: %w", host, path, err)
	}
}
