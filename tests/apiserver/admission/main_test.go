// Package admission runs the examples that stand beside the admission policies against a real API server that has all of
// them at once, so that what one must allow is refused by no other.
package admission

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/restmapper"

	"github.com/rampart-iac/rampart/components/admission"
	"github.com/rampart-iac/rampart/tests/framework/apiserver"
	"github.com/rampart-iac/rampart/tests/framework/apiserver/component"
	"github.com/rampart-iac/rampart/tests/framework/examples"
)

// testdata holds the examples, beside the policies.
const testdata = "../../../components/admission/testdata"

// What all tests look at: a server with every policy, and with the objects that the examples say were there before.
var (
	server   *apiserver.Server
	mapper   *restmapper.DeferredDiscoveryRESTMapper
	requests []prepared
)

// prepared is a request whose old object, if it has one, is on the server under a name of its own.
type prepared struct {
	examples.Request
	name string
}

func TestMain(m *testing.M) {
	code, err := run(context.Background(), m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(ctx context.Context, m *testing.M) (code int, err error) {
	if server, err = apiserver.Start(ctx, apiserver.Settings{}); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	mapper = server.Mapper()
	if err := prepare(ctx); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// prepare fills the server, first with what was there before the policies.
func prepare(ctx context.Context) error {
	// RBAC is to stop nobody: what is refused then is refused by a policy.
	everybody := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "everybody"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: "system:authenticated"}},
	}
	if _, err := server.Client.RbacV1().ClusterRoleBindings().Create(ctx, everybody, metav1.CreateOptions{}); err != nil {
		return err
	}
	files, err := filepath.Glob(testdata + "/*.yaml")
	if err != nil {
		return err
	}
	namespaces := map[string]map[string]string{}
	for _, path := range files {
		if !hasExamples(path) {
			continue
		}
		file, err := examples.Load(path)
		if err != nil {
			return err
		}
		for name, labels := range file.Namespaces {
			if namespaces[name] == nil {
				namespaces[name] = map[string]string{}
			}
			for key, value := range labels {
				namespaces[name][key] = value
			}
		}
		made, err := file.Requests()
		if err != nil {
			return err
		}
		for _, request := range made {
			request.Name = filepath.Base(path) + ": " + request.Name
			requests = append(requests, prepared{Request: request, name: fmt.Sprintf("example-%d", len(requests))})
		}
	}
	for name, labels := range namespaces {
		if err := createNamespace(ctx, name, labels); err != nil {
			return err
		}
	}
	robot := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "robot", Namespace: examples.DefaultNamespace}}
	if _, err := server.Client.CoreV1().ServiceAccounts(robot.Namespace).Create(ctx, robot, metav1.CreateOptions{}); err != nil {
		return err
	}
	for _, request := range requests {
		if request.Old == nil {
			continue
		}
		object, client, err := request.on(server.Dynamic, request.Old)
		if err != nil {
			return err
		}
		object.SetName(request.name)
		if _, err := client.Create(ctx, object, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("%s: what was there before: %w", request.Name, err)
		}
	}
	return component.Install(ctx, server, allPolicies)
}

// hasExamples: two older files are lists of another form, which the unit tests read.
func hasExamples(path string) bool {
	return !strings.HasSuffix(path, "images.yaml") && !strings.HasSuffix(path, "objects.yaml")
}

func createNamespace(ctx context.Context, name string, labels map[string]string) error {
	_, err := server.Client.CoreV1().Namespaces().Create(ctx,
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}, metav1.CreateOptions{})
	if name == metav1.NamespaceSystem && apierrors.IsAlreadyExists(err) {
		return nil // the API server makes it by itself, a little later
	}
	return err
}

// allPolicies is every policy, with what the examples say is allowed.
func allPolicies(ctx *pulumi.Context) error {
	audiences := []string{"sts.example.com"}
	_, images := admission.NewImagePolicy(ctx, "images", &admission.ImagePolicyArgs{
		AllowedRegistries: []string{"registry.k8s.io", "localhost:5000", "localhost", "ghcr.io/acme"},
	})
	_, workloads := admission.NewWorkloadPolicy(ctx, "workloads", &admission.WorkloadPolicyArgs{
		TokenAudiences: audiences, HostPathNamespaces: []string{"host"},
		VolumeProvisioners: []string{"system:serviceaccount:storage:provisioner"},
	})
	_, tokens := admission.NewTokenPolicy(ctx, "tokens", &admission.TokenPolicyArgs{Audiences: audiences})
	_, access := admission.NewPodAccessPolicy(ctx, "access", &admission.PodAccessPolicyArgs{Namespaces: []string{"registry"}})
	_, exposure := admission.NewExposurePolicy(ctx, "exposure", &admission.ExposurePolicyArgs{
		NodePortNamespaces: []string{"edge"}, WildcardHostNamespaces: []string{"edge"},
	})
	_, grants := admission.NewGrantPolicy(ctx, "grants", nil)
	_, ownership := admission.NewOwnershipPolicy(ctx, "ownership", nil)
	_, defaults := admission.NewSafeDefaults(ctx, "defaults", &admission.SafeDefaultsArgs{KubernetesVersion: "v1.37.0"})
	return errors.Join(images, workloads, tokens, access, exposure, grants, ownership, defaults)
}
