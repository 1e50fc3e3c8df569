package attacks

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/live"
)

func apiAttacks() []verify.Attack {
	return []verify.Attack{
		{
			Name: "anonymous", Does: "ask the API server without saying who one is",
			Proves: ids("RMP-CPL-006"), Run: anonymous,
		}, {
			Name: "token-lifetime", Does: "use service accounts' tokens after their time and after their account",
			Proves: ids("RMP-CPL-005", "RMP-CPL-013"), Needs: []verify.Need{verify.NeedNodes}, Run: tokenLifetime,
		},
	}
}

// healthPaths answer everybody: load balancers ask them.
var healthPaths = []string{"/livez", "/readyz", "/healthz"}

// shutPaths must not answer who gives no name.
var shutPaths = []string{
	"/version", "/api", "/apis", "/openapi/v2", "/metrics", "/logs/", "/debug/pprof/", "/.well-known/openid-configuration",
	"/api/v1/namespaces", "/api/v1/nodes", "/api/v1/pods", "/api/v1/secrets", "/api/v1/namespaces/kube-system/configmaps",
	"/livez/ping", "/apis/apps/v1/deployments", "/apis/rbac.authorization.k8s.io/v1/clusterroles",
}

// anonymous asks with no credentials at all. The paths to health, and the one by which nodes join, are left out.
func anonymous(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	const control = "RMP-CPL-006"
	nobody, err := scope.As("")
	if err != nil {
		return err
	}
	ask := func(path string) error {
		return nobody.Discovery().RESTClient().Get().AbsPath(path).Do(ctx).Error()
	}
	for _, path := range healthPaths {
		if err := trial.Control("health answers whoever asks", ask(path)); err != nil {
			return err
		}
	}
	if err := trial.Control("the administrator is answered",
		scope.Client.Discovery().RESTClient().Get().AbsPath("/version").Do(ctx).Error()); err != nil {
		return err
	}
	for _, path := range shutPaths {
		switch err := ask(path); {
		case err == nil:
			trial.Broken(control, "%s answers somebody who gives no name", path)
		case !apierrors.IsForbidden(err) && !apierrors.IsUnauthorized(err):
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	trial.Held(control, "%d paths refuse whoever gives no name, health answers", len(shutPaths))
	return nil
}

// podTokenSeconds is the lifetime that pods' tokens are asked for with. The API server stretches it to a year unless it is
// told not to.
const podTokenSeconds = 3607

// signingKey is where kubeadm keeps the key that tokens are signed with.
const signingKey = "/etc/kubernetes/pki/sa.key"

// tokenLifetime uses three tokens that must not be honoured: one that is made for an hour in a year, one whose time is
// over, and one whose account is gone.
func tokenLifetime(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	namespace, err := scope.Namespace(ctx, "tokens")
	if err != nil {
		return err
	}
	accounts := scope.Client.CoreV1().ServiceAccounts(namespace)
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "bearer", Labels: scope.Labels()}}
	if _, err := accounts.Create(ctx, account, metav1.CreateOptions{}); err != nil {
		return err
	}
	lifetime := int64(podTokenSeconds)
	request, err := accounts.CreateToken(ctx, account.Name, &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &lifetime},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	token := request.Status.Token
	if err := trial.Control("a new token is honoured", whoAmI(ctx, scope, token)); err != nil {
		return err
	}
	claims, err := claimsOf(token)
	if err != nil {
		return err
	}
	if lasts := claims.number("exp") - claims.number("iat"); lasts > podTokenSeconds {
		trial.Broken("RMP-CPL-005", "a token that was asked for %d seconds lasts %d", podTokenSeconds, int64(lasts))
	}
	if err := expired(ctx, scope, trial, claims); err != nil {
		return err
	}
	// The API server remembers for ten seconds that a token was good. One that it was never shown, it has to look up.
	unseen, err := accounts.CreateToken(ctx, account.Name, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if err := accounts.Delete(ctx, account.Name, metav1.DeleteOptions{}); err != nil {
		return err
	}
	err = live.Poll(ctx, "the token of a deleted account to be refused", forgetDeadline, func(ctx context.Context) error {
		if err := whoAmI(ctx, scope, unseen.Status.Token); err == nil {
			return errors.New("it is honoured")
		} else if !apierrors.IsUnauthorized(err) {
			return err
		}
		return nil
	})
	if err != nil {
		trial.Broken("RMP-CPL-013", "%v", err)
	}
	trial.Held("RMP-CPL-013", "the token of an account that was deleted is refused")
	return nil
}

// forgetDeadline is how long the API server may take to notice that an account is gone.
const forgetDeadline = 30 * time.Second

// expired signs two tokens with the cluster's own key: one that is good for a minute, and one that was until a minute ago.
func expired(ctx context.Context, scope *verify.Scope, trial *verify.Trial, claims claims) error {
	text, err := scope.ControlPlane().Exec(ctx, "cat", signingKey)
	if err != nil {
		return err
	}
	now := time.Now()
	made := func(ends time.Time) (string, error) {
		claims["iat"], claims["nbf"] = now.Add(-time.Hour).Unix(), now.Add(-time.Hour).Unix()
		claims["exp"] = ends.Unix()
		return claims.sign([]byte(text))
	}
	good, err := made(now.Add(time.Minute))
	if err != nil {
		return err
	}
	if err := trial.Control("a token that is signed with the cluster's key is honoured before its end",
		whoAmI(ctx, scope, good)); err != nil {
		return err
	}
	over, err := made(now.Add(-time.Minute))
	if err != nil {
		return err
	}
	switch err := whoAmI(ctx, scope, over); {
	case err == nil:
		trial.Broken("RMP-CPL-005", "a token is honoured a minute after its end")
	case !apierrors.IsUnauthorized(err):
		return err
	default:
		trial.Held("RMP-CPL-005", "a pod's token lasts the hour that it says, and is refused a minute after its end")
	}
	return nil
}

// whoAmI asks the API server who one is, which it tells everybody whom it knows.
func whoAmI(ctx context.Context, scope *verify.Scope, token string) error {
	client, err := scope.As(token)
	if err != nil {
		return err
	}
	_, err = client.AuthenticationV1().SelfSubjectReviews().Create(
		ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	return err
}

// claims of a JSON web token.
type claims map[string]any

func claimsOf(token string) (claims, error) {
	parts := strings.Split(token, ".")
	const sections = 3
	if len(parts) != sections {
		return nil, errors.New("the API server's token is no JSON web token")
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, errors.New("the API server's token cannot be read")
	}
	found := claims{}
	return found, json.Unmarshal(raw, &found)
}

func (c claims) number(name string) float64 {
	value, _ := c[name].(float64)
	return value
}

// sign makes a token of claims with an RSA key in PEM form.
func (c claims) sign(key []byte) (string, error) {
	block, _ := pem.Decode(key)
	if block == nil {
		return "", fmt.Errorf("%s is no key in PEM form", signingKey)
	}
	private, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		return "", fmt.Errorf("%s: %w", signingKey, err)
	}
	body, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256"}`)) + "." + base64.RawURLEncoding.EncodeToString(body)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, private, crypto.SHA256, sum[:])
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), err
}
