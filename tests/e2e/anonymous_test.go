package e2e

import (
	"context"
	"net/http"
	"testing"

	"k8s.io/client-go/rest"
)

// TestAnonymousRequestsReachHealthOnly asks the API server from outside without a name. What it answers then is what a
// kubelet's probe and a node that joins need; for everything else one has to say who one is, which the administrator does.
func TestAnonymousRequestsReachHealthOnly(t *testing.T) {
	t.Parallel()
	nobody := rest.AnonymousClientConfig(cluster.Admin)
	for path, want := range map[string]int{
		"/livez":   http.StatusOK,
		"/readyz":  http.StatusOK,
		"/healthz": http.StatusOK,
		"/api/v1/namespaces/kube-public/configmaps/cluster-info": http.StatusOK,

		"/version":                          http.StatusUnauthorized,
		"/api":                              http.StatusUnauthorized,
		"/apis":                             http.StatusUnauthorized,
		"/":                                 http.StatusUnauthorized,
		"/livez/ping":                       http.StatusUnauthorized,
		"/metrics":                          http.StatusUnauthorized,
		"/openapi/v2":                       http.StatusUnauthorized,
		"/.well-known/openid-configuration": http.StatusUnauthorized,
		"/api/v1/namespaces/kube-public/configmaps":  http.StatusUnauthorized,
		"/api/v1/namespaces/kube-system/secrets":     http.StatusUnauthorized,
		"/api/v1/namespaces/kube-public/configmaps/": http.StatusUnauthorized,
	} {
		if got := statusOf(t, nobody, path); got != want {
			t.Errorf("%s: status %d for nobody, want %d", path, got, want)
		}
		if got := statusOf(t, cluster.Admin, path); got != http.StatusOK {
			t.Errorf("control: %s: status %d for the administrator", path, got)
		}
	}
}

func statusOf(t *testing.T, config *rest.Config, path string) int {
	t.Helper()
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, config.Host+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	return response.StatusCode
}
