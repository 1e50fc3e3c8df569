package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/verify/live"
)

// manifest is the API server's. A change restarts it.
const manifest = "/etc/kubernetes/manifests/kube-apiserver.yaml"

// takeAway ends the API server and waits until the kubelet has done with its pod: a manifest that is only replaced is looked at
// again after 10 to 15 seconds, and by then the controllers have lost their leases, and have ended.
const takeAway = `rm -f ` + manifest + `
left=100
while [ $left -gt 0 ] && ls -d /var/lib/kubelet/pods/*/containers/kube-apiserver >/dev/null 2>&1; do left=$((left-1)); sleep 0.2; done`

// apiServerSabotage restarts the API server with much of its hardening undone: identity encrypts, everything is written to
// the audit log and kept for a day, TLS 1.2 is spoken, Pod Security has no default, and no policy comes from a file.
func apiServerSabotage() sabotage {
	return sabotage{"undone hardening", func(t *testing.T) func(context.Context) error {
		t.Helper()
		const edit = `set -e
cp -p ` + manifest + ` /run/e2e-manifest
printf 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: RequestResponse}]\n' > ` + auditDir + `/policy.yaml
sed -e 's/^  - identity: {}$//' -e 's/^  - secretbox:$/  - identity: {}\n  - secretbox:/' \
  /etc/kubernetes/rampart/encryption.yaml > ` + auditDir + `/encryption.yaml
sed -e 's/enforce: restricted/enforce: privileged/' -e '/staticManifestsDir:/d' /etc/kubernetes/rampart/admission.yaml > ` + auditDir + `/admission.yaml
chmod 600 ` + auditDir + `/*.yaml
sed -e 's#--audit-policy-file=.*#--audit-policy-file=` + auditDir + `/policy.yaml#' \
  -e 's#--encryption-provider-config=.*#--encryption-provider-config=` + auditDir + `/encryption.yaml#' \
  -e 's#--audit-log-path=.*#--audit-log-path=` + auditDir + `/sabotage.log#' -e 's#--audit-log-maxage=.*#--audit-log-maxage=1#' -e 's#--tls-min-version=.*#--tls-min-version=VersionTLS12#' \
  -e 's#--admission-control-config-file=.*#--admission-control-config-file=` + auditDir + `/admission.yaml#' ` + manifest + ` > /run/e2e-changed
` + takeAway + `
umask 077
cp --no-preserve=mode /run/e2e-changed ` + manifest
		undo := onNode(t, edit, takeAway+"\ncp -p /run/e2e-manifest "+manifest+" && rm -f /run/e2e-* "+auditDir+"/*.yaml")
		awaitAPIServer(t.Context(), t, "--audit-log-maxage=1")
		return func(ctx context.Context) error {
			if err := undo(ctx); err != nil {
				return err
			}
			awaitAPIServer(ctx, t, "--audit-log-maxage=30")
			// It is full of what other tests want to find none of.
			_, err := cluster.ControlPlane().Exec(ctx, "rm", auditDir+"/sabotage.log")
			return err
		}
	}, ids("RMP-ADM-001", "RMP-ADM-002", "RMP-ADM-013", "RMP-AUD-002", "RMP-AUD-003", "RMP-AUD-004", "RMP-CPL-001", "RMP-CPL-002", "RMP-DAT-001"), nil}
}

// awaitAPIServer waits until an API server with the flag is ready.
func awaitAPIServer(ctx context.Context, t *testing.T, flag string) {
	t.Helper()
	node := cluster.ControlPlane()
	err := live.Poll(ctx, "the API server to run with "+flag, 2*time.Minute, func(ctx context.Context) error {
		if _, err := node.Exec(ctx, "pgrep", "-f", "^kube-apiserver .*"+flag+"( |$)"); err != nil {
			return err
		}
		// The others lose it for a moment, and start again.
		for _, port := range []string{"10257", "10259"} {
			if _, err := node.Exec(ctx, "sh", "-c", "ss -ltn | grep -q :"+port); err != nil {
				return fmt.Errorf("nothing listens on %s: %w", port, err)
			}
		}
		_, err := cluster.Client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
