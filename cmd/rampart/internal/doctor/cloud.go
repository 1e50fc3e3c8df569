package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os/exec"
	"path/filepath"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
	"github.com/rampart-iac/rampart/stacks"
)

// logins are the programs by which the kubeconfigs of clusters in clouds log in, each with where it is had.
var logins = map[baseline.Provider]struct{ program, source string }{
	baseline.ProviderEKS: {"aws", "install the AWS command line, and log in as the stack's deployer"},
	baseline.ProviderAKS: {"kubelogin", "install kubelogin and the Azure command line, and log in as an administrator"},
	baseline.ProviderGKE: {"gke-gcloud-auth-plugin", "run \"gcloud components install gke-gcloud-auth-plugin\" and log in"},
}

// login looks for the program that everything in the cluster needs.
func login(provider baseline.Provider) Finding {
	needed := logins[provider]
	path, err := exec.LookPath(needed.program)
	if err != nil {
		return Finding{false, "login program", needed.program + " is not on the PATH", needed.source}
	}
	return Finding{true, "login program", path, ""}
}

// reachTimeout is for one answer of an API server.
const reachTimeout = 5 * time.Second

// reachable asks the API server, if its address is known here: of a private one only who is in its network, or has
// a way in, gets an answer.
func reachable(ctx context.Context, w *workspace.Workspace, config stacks.Config) Finding {
	const subject = "API server"
	path := filepath.Join(stacks.ClusterDirectory(w.Home, config.Cluster.Name), stacks.KubeconfigName)
	access, err := clientcmd.BuildConfigFromFlags("", path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Finding{true, subject, "is not known here yet: \"rampart kubeconfig\" finds it once the stack stands", ""}
	case err != nil:
		return Finding{false, subject, "the kubeconfig " + path + " cannot be used", "run \"rampart kubeconfig\": it writes it anew"}
	}
	if err := ask(ctx, access); err != nil {
		remedy := config.PrivateHint()
		if remedy == "" {
			remedy = "look whether the cluster stands, and whether this machine's address is among those that may reach it"
		}
		return Finding{false, subject, err.Error(), remedy}
	}
	return Finding{true, subject, access.Host + " answers", ""}
}

// ask asks an API server anything, by whatever proxy the environment names and without credentials: a refusal is an answer.
func ask(ctx context.Context, access *rest.Config) error {
	nobody := rest.AnonymousClientConfig(access)
	nobody.Timeout = reachTimeout
	client, err := rest.HTTPClientFor(nobody)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, access.Host+"/livez", nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("%s does not answer: %w", access.Host, errors.Unwrap(err))
	}
	return response.Body.Close()
}
