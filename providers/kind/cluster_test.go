package kind

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers"
)

// recorder stands for the engine: it keeps what is registered and makes up the outputs of our two resources.
type recorder struct {
	mu         sync.Mutex
	registered []pulumi.MockResourceArgs
}

func (r *recorder) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) { return nil, nil }

func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.registered = append(r.registered, args)
	outputs := args.Inputs.Copy()
	switch args.TypeToken {
	case EncryptionKeyResourceToken:
		secret := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
		outputs["name"] = resource.NewStringProperty("key1")
		outputs["base64"] = resource.MakeSecret(resource.NewStringProperty(secret))
	case ClusterResourceToken:
		outputs["kubeconfig"] = resource.MakeSecret(resource.NewStringProperty("kubeconfig of " + args.Name))
		outputs["endpoint"] = resource.NewStringProperty("https://127.0.0.1:6443")
		outputs["caCertificate"] = resource.NewStringProperty("ca")
		outputs["clusterId"] = resource.NewStringProperty("id")
	}
	return args.Name + "-id", outputs, nil
}

func (r *recorder) only(t *testing.T, token string) pulumi.MockResourceArgs {
	t.Helper()
	var found []pulumi.MockResourceArgs
	for _, args := range r.registered {
		if args.TypeToken == token {
			found = append(found, args)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d resources of type %s, want 1", len(found), token)
	}
	return found[0]
}

// approver is the path of a file that stands for the approver's program.
func approver(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rampart-approver")
	if err := os.WriteFile(path, []byte("program"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func newCluster(t *testing.T, args *ClusterArgs) (*recorder, *providers.Cluster, error) {
	t.Helper()
	mocks := &recorder{}
	var cluster *providers.Cluster
	err := pulumi.RunErr(func(ctx *pulumi.Context) (err error) {
		cluster, err = NewCluster(ctx, "local", args)
		return err
	}, pulumi.WithMocks("project", "stack", mocks))
	return mocks, cluster, err
}

func TestClusterIsHardenedByDefault(t *testing.T) {
	t.Parallel()
	mocks, cluster, err := newCluster(t, &ClusterArgs{Approver: approver(t), Directory: "/var/lib/rampart/local", Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	made := mocks.only(t, ClusterResourceToken)
	files := made.Inputs["controlPlaneFiles"]
	if !files.IsSecret() {
		t.Error("the control-plane files hold the encryption key and are not secret")
	}
	patches := made.Inputs["kubeadmConfigPatches"].ArrayValue()
	var text strings.Builder
	for _, patch := range patches {
		text.WriteString(patch.StringValue())
	}
	for _, want := range []string{"encryption-provider-config", "audit-policy-file", "VersionTLS13", "admission-control-config-file"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %s in the kubeadm patches", want)
		}
	}
	if image := made.Inputs["image"].StringValue(); !strings.Contains(image, "@sha256:") {
		t.Errorf("the default image %q is not pinned by digest", image)
	}
	if made.RegisterRPC.GetProtect() {
		t.Error("an ephemeral cluster is protected")
	}
	want := baseline.Facts{
		KubernetesVersion: baseline.DefaultKubernetesVersion, ControlPlane: baseline.ControlPlaneSelfManaged,
		PolicyEnforcer: baseline.PolicyEnforcerCalico, NeedsNetwork: true,
		PodCIDR: "10.244.0.0/16", ServiceCIDR: "10.96.0.0/16", AuditSink: baseline.AuditSinkNodeFile,
		SecretsEncryption: baseline.SecretsEncryptionSecretbox, TLSFloor: baseline.TLS13, Ephemeral: true,
		StorageNamespace: "local-path-storage",
		StorageAccount:   "system:serviceaccount:local-path-storage:local-path-provisioner-service-account",
	}
	if cluster.Facts != want {
		t.Errorf("facts %+v", cluster.Facts)
	}
}

func TestClustersAndKeysAreProtectedUnlessEphemeral(t *testing.T) {
	t.Parallel()
	mocks, _, err := newCluster(t, &ClusterArgs{Approver: approver(t), Directory: "/var/lib/rampart/local"})
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{ClusterResourceToken, EncryptionKeyResourceToken} {
		if !mocks.only(t, token).RegisterRPC.GetProtect() {
			t.Errorf("%s is not protected", token)
		}
	}
}

func TestProviderSurvivesANewKubeconfig(t *testing.T) {
	t.Parallel()
	mocks, _, err := newCluster(t, &ClusterArgs{Approver: approver(t), Directory: "/var/lib/rampart/local"})
	if err != nil {
		t.Fatal(err)
	}
	inputs := mocks.only(t, "pulumi:providers:kubernetes").Inputs
	if inputs["clusterIdentifier"].StringValue() != "id" {
		t.Errorf("clusterIdentifier %v", inputs["clusterIdentifier"])
	}
	if !inputs["kubeconfig"].IsSecret() {
		t.Error("the provider's kubeconfig is not secret")
	}
}

func TestEveryFaultIsToldBeforeAnythingIsRegistered(t *testing.T) {
	t.Parallel()
	mocks, _, err := newCluster(t, &ClusterArgs{
		KubernetesVersion: "v1.2.3", TLSMinVersion: "1.1", Level: "none", Directory: "relative", Approver: "bin/approver",
	})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		`kubernetesVersion "v1.2.3"`, `tlsMinVersion "1.1"`, `level "none"`, `directory "relative"`, `approver "bin/approver"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %s in: %v", want, err)
		}
	}
	for _, args := range mocks.registered {
		if args.TypeToken != "pulumi:pulumi:Stack" {
			t.Errorf("registered %s", args.TypeToken)
		}
	}
}

func TestApproverMayApproveKubeletsOnly(t *testing.T) {
	t.Parallel()
	mocks, _, err := newCluster(t, &ClusterArgs{Approver: approver(t), Directory: "/var/lib/rampart/local"})
	if err != nil {
		t.Fatal(err)
	}
	rules := mocks.only(t, "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole").Inputs["rules"].Mappable()
	text := fmt.Sprint(rules)
	for _, want := range []string{
		"resourceNames:[kubernetes.io/kubelet-serving] resources:[signers] verbs:[approve]",
		"resources:[certificatesigningrequests/approval] verbs:[update]",
		"resources:[nodes] verbs:[get]",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	if strings.Contains(text, "*") || strings.Contains(text, "sign]") {
		t.Errorf("too much: %s", text)
	}
	made := mocks.only(t, ClusterResourceToken).Inputs
	if !made["controlPlanePrograms"].IsObject() || made["controlPlaneUnits"].ObjectValue()["rampart-approver.service"].IsNull() {
		t.Errorf("the control plane gets no approver: %v", made["controlPlanePrograms"])
	}
}

func TestApproverThatIsNotCompiledIsSaid(t *testing.T) {
	t.Parallel()
	_, _, err := newCluster(t, &ClusterArgs{Approver: "/nowhere/approver", Directory: "/var/lib/rampart/local"})
	if err == nil || !strings.Contains(err.Error(), "/nowhere/approver") || !strings.Contains(err.Error(), "make tools") {
		t.Errorf("got %v", err)
	}
}
