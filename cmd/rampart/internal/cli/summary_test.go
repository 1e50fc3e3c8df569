package cli

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestWriteSummary(t *testing.T) {
	t.Parallel()
	var outputs map[string]any
	if err := json.Unmarshal([]byte(`{
		"cluster": "rampart", "provider": "kind", "kubernetesVersion": "v1.37.0", "endpoint": "https://127.0.0.1:6443",
		"kubeconfig": "[secret]", "kubeconfigPath": "/home/me/.rampart/clusters/rampart/kubeconfig",
		"baseline": {"waivers": [{
			"control": "RMP-NET-010", "scope": "tenant/blue", "expires": "2027-01-31", "owner": "web team", "reason": "It crawls."
		}]},
		"enforced": ["one", "two"], "tenants": {"green": "green", "blue": "blue"}
	}`), &outputs); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	writeSummary(&out, "dev", "/bin/kubectl", outputs)
	const want = `Cluster     rampart (kind, Kubernetes v1.37.0)
Endpoint    https://127.0.0.1:6443
Enforced    one
            two
Waived      RMP-NET-010 in tenant/blue until 2027-01-31, by web team: It crawls.
Tenants     blue, green
Kubeconfig  /home/me/.rampart/clusters/rampart/kubeconfig
Next        export KUBECONFIG="/home/me/.rampart/clusters/rampart/kubeconfig"
            /bin/kubectl get pods --all-namespaces
            make verify STACK=dev
            make destroy STACK=dev
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	if got, want := quote(`a'b $c`), `'a'\''b $c'`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
