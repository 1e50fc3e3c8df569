package standin

import (
	"context"
	_ "embed"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/tests/framework"
)

// podInterfaces is how the names of pods' interfaces on the node start: as those of EKS do.
const podInterfaces = "eni"

// Network is how pods are joined to their node, by the reference plugins, which know no policy: the configuration of CNI.
type Network string

// Bridged pods are on one bridge.
const Bridged Network = `{"cniVersion": "1.0.0", "name": "bridge", "plugins": [
	{"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
	 "ipam": {"type": "host-local", "ranges": [[{"subnet": "` + podCIDR + `"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
	{"type": "portmap", "capabilities": {"portMappings": true}}]}`

// Routed pods have a route each, as in the VPC CNI of EKS, and an interface on the node with the name that it has there.
const Routed Network = `{"cniVersion": "1.0.0", "name": "routed", "plugins": [
	{"type": "ptp", "ipMasq": true,
	 "ipam": {"type": "host-local", "ranges": [[{"subnet": "` + podCIDR + `"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
	{"type": "interface"}, {"type": "portmap", "capabilities": {"portMappings": true}}]}`

//go:embed interface.sh
var interfacePlugin string

// readyDeadline is for a node and its DNS.
const readyDeadline = 3 * time.Minute

// giveNetwork gives pods a network.
func (c *Cluster) giveNetwork(t *testing.T, network Network) {
	t.Helper()
	const write = `printf %s "$1" >/opt/cni/bin/interface && chmod 755 /opt/cni/bin/interface &&
		mkdir -p /etc/cni/net.d && printf %s "$2" >/etc/cni/net.d/10-pods.conflist`
	if _, err := c.node(t.Context(), "sh", "-c", write, "sh", interfacePlugin, string(network)); err != nil {
		t.Fatal(err)
	}
	framework.Eventually(t, "the node to be ready, and the cluster's DNS", readyDeadline, func(ctx context.Context) error {
		for _, question := range [][]string{
			{"wait", "--for=condition=Ready", "--timeout=5s", "node", "--all"},
			{"wait", "--for=condition=Available", "--timeout=5s", "--namespace=kube-system", "deployment/coredns"},
		} {
			if err := c.kubectl(ctx, question...); err != nil {
				return err
			}
		}
		return nil
	})
}

// kubectl runs the product's own, as the cluster's administrator.
func (c *Cluster) kubectl(ctx context.Context, arguments ...string) error {
	arguments = append([]string{"--kubeconfig=" + c.Spec.Kubeconfig}, arguments...)
	output, err := exec.CommandContext(ctx, filepath.Join(c.Product.Home(), "bin", "kubectl"), arguments...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("kubectl %s: %w\n%s", strings.Join(arguments, " "), err, output)
	}
	return nil
}
