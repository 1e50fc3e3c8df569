package vanilla

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/tests/framework/bare"
	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/cis"
	"github.com/rampart-iac/rampart/verify/live"
)

// podCIDR is the range of pods, and of the one node's bridge.
const podCIDR = "10.214.0.0/16"

// bridge joins pods as the reference plugins do, and knows no policy.
const bridge = `{"cniVersion": "1.0.0", "name": "bridge", "plugins": [
	{"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
	 "ipam": {"type": "host-local", "ranges": [[{"subnet": "` + podCIDR + `"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
	{"type": "portmap", "capabilities": {"portMappings": true}}]}`

// knownFaults are the automated items of CIS 1.12 that a cluster fails which kind has made and nobody has changed.
var knownFaults = []string{
	"1.1.12", "1.2.15", "1.2.16", "1.2.17", "1.2.18", "1.2.19", "1.2.30", "1.2.5", "1.3.2", "1.4.1", "4.1.1", "4.1.9",
}

// mustFail are the controls of isolation, encryption, audit and admission that such a cluster has nothing for.
var mustFail = []baseline.ControlID{
	"RMP-NET-001", "RMP-NET-003", "RMP-NET-005", "RMP-NET-006", "RMP-NET-007", "RMP-NET-009",
	"RMP-DAT-001", "RMP-AUD-001", "RMP-ADM-001", "RMP-ADM-002", "RMP-IMG-001",
}

// upDeadline is for a machine on which the tools are still to be had.
const upDeadline = 45 * time.Minute

// TestAClusterThatWeDidNotMake verifies kind as it comes, as anybody would: with a kubeconfig and the engine.
//
//nolint:paralleltest // it sets the environment of the process that calls the engine
func TestAClusterThatWeDidNotMake(t *testing.T) {
	giveUp, err := framework.TakeTurn()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := giveUp(); err != nil {
			t.Error(err)
		}
	})
	product, spec := vanilla(t)

	file := filepath.Join(product.Dir, "result.json")
	run, err := product.Start("verify", "--kubeconfig", spec.Kubeconfig, "--output", "json", "--file", file)
	if err != nil {
		t.Fatal(err)
	}
	result, err := framework.WaitAtMost(t.Context(), run, 5*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if result.ExitCode != verify.ExitFailed {
		t.Errorf("exit status %d, want %d: %s", result.ExitCode, verify.ExitFailed, result)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var report verify.Report
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Left) > 0 || len(report.Unreachable) > 0 || report.Cut != "" {
		t.Errorf("left %v, out of reach %v, cut %q", report.Left, report.Unreachable, report.Cut)
	}
	said := map[baseline.ControlID]verify.Result{}
	item := regexp.MustCompile(`CIS ([0-9.]+) on `)
	named := map[string]bool{}
	for _, each := range report.Results {
		said[each.Control] = each
		for _, attack := range each.Attacks {
			if found := item.FindStringSubmatch(attack.Evidence); found != nil && attack.Verdict == verify.Failed {
				named[found[1]] = true
			}
		}
		if each.Verdict == verify.Failed || each.Why == verify.WhyPrevented {
			t.Logf("%s %s: %s", each.Control, each.Verdict, each.Evidence)
		}
	}
	for _, id := range mustFail {
		if said[id].Verdict != verify.Failed {
			t.Errorf("%s (%s) is %s: %s", id, said[id].Title, said[id].Verdict, said[id].Evidence)
		}
	}
	// A score of nothing or of all would be of no use. What cannot be found out is mostly about tenants, whom there are none of.
	if report.Score.Percent() < 10 || report.Score.Percent() > 70 || report.Score.Prevented > 20 {
		t.Errorf("score %d %%: %+v", report.Score.Percent(), report.Score)
	}
	if len(named) == 0 {
		t.Error("no control fails for an item of the benchmark")
	}
	itemsOfTheBenchmark(t, spec)
}

// itemsOfTheBenchmark wants exactly the automated items to fail that are known to.
func itemsOfTheBenchmark(t *testing.T, spec bare.Spec) {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", spec.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := live.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	results, err := cis.Evaluate(t.Context(), cis.ByCommand(cluster.ControlPlane().Exec), cis.ControlPlane)
	if err != nil {
		t.Fatal(err)
	}
	var failing []string
	for _, result := range results {
		if result.Automated && result.Verdict != cis.Passed {
			failing = append(failing, result.ID)
		}
	}
	slices.Sort(failing)
	if !slices.Equal(failing, knownFaults) {
		t.Errorf("automated items that fail: %v\nwant: %v", failing, knownFaults)
	}
}

// vanilla makes a cluster of one node, and gives its pods a network.
func vanilla(t *testing.T) (*framework.Product, bare.Spec) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	product, err := framework.Install(ctx, framework.Settings{
		Prefix: "e2e-vanilla", PodCIDR: podCIDR, ServiceCIDR: "10.114.0.0/16",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := product.Remove(); err != nil {
			t.Error(err)
		}
	})
	tools, cancel := context.WithTimeout(ctx, upDeadline)
	defer cancel()
	if result, err := product.Run(tools, "tools"); err != nil || result.ExitCode != 0 {
		t.Fatalf("%v\n%s", err, result)
	}
	image, err := bare.NodeImage(product.Home())
	if err != nil {
		t.Fatal(err)
	}
	if err := image.Load(ctx); err != nil {
		t.Fatal(err)
	}
	variable, err := bare.Environment(product.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if name, value, ok := strings.Cut(variable, "="); ok {
		t.Setenv(name, value)
	}
	engines := live.Engines(ctx)
	if len(engines) == 0 {
		t.Fatal("no container engine answers")
	}
	spec := bare.Spec{
		Name: product.Cluster, Image: image.Reference, Engine: engines[0], Kubeconfig: filepath.Join(product.Dir, "kubeconfig"),
		PodCIDR: podCIDR, ServiceCIDR: "10.114.0.0/16",
	}
	t.Cleanup(func() {
		if err := bare.Delete(ctx, spec); err != nil {
			t.Error(err)
		}
	})
	if err := bare.Create(spec); err != nil {
		t.Fatal(err)
	}
	node := spec.Name + "-control-plane"
	write := fmt.Sprintf("mkdir -p /etc/cni/net.d && echo '%s' >/etc/cni/net.d/10-bridge.conflist", bridge)
	if output, err := spec.Engine.Run(ctx, "exec", node, "sh", "-c", write); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	framework.Eventually(t, "the node to be ready, and the cluster's DNS", 3*time.Minute, func(ctx context.Context) error {
		for _, question := range [][]string{
			{"wait", "--for=condition=Ready", "--timeout=5s", "node", "--all"},
			{"wait", "--for=condition=Available", "--timeout=5s", "--namespace=kube-system", "deployment/coredns"},
		} {
			command := append([]string{"exec", node, "kubectl", "--kubeconfig=/etc/kubernetes/admin.conf"}, question...)
			if output, err := spec.Engine.Run(ctx, command...); err != nil {
				return errors.Join(err, errors.New(output))
			}
		}
		return nil
	})
	return product, spec
}
