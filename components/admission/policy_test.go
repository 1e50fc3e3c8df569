package admission

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"

	"github.com/rampart-iac/rampart/components/internal/enginetest"
)

const goodImage = "registry.k8s.io/pause:3.10"

// gate is the API server's own admission plugin with what the component registers loaded into it.
type gate struct {
	plugin     *validating.Plugin
	interfaces admission.ObjectInterfaces
}

func newGate(t *testing.T) *gate {
	t.Helper()
	recorder := enginetest.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := NewImagePolicy(ctx, "images", &ImagePolicyArgs{
			AllowedRegistries: []string{"registry.k8s.io", "localhost:5000", "localhost", "ghcr.io/acme"},
			ExemptNamespaces:  []string{"local-path-storage"},
		})
		return err
	})
	policy := &admissionregistrationv1.ValidatingAdmissionPolicy{}
	recorder.Decode(t, "images-policy", policy)
	binding := &admissionregistrationv1.ValidatingAdmissionPolicyBinding{}
	recorder.Decode(t, "images-binding", binding)

	// What the API server fills in when it stores them.
	everything, equivalent := &metav1.LabelSelector{}, admissionregistrationv1.Equivalent
	policy.Spec.MatchConstraints.NamespaceSelector = everything
	policy.Spec.MatchConstraints.ObjectSelector = everything
	binding.Spec.MatchResources.ObjectSelector = everything
	binding.Spec.MatchResources.MatchPolicy = &equivalent

	client := fake.NewClientset(policy, binding,
		namespace("blue"), namespace("kube-system"), namespace("local-path-storage"))
	factory := informers.NewSharedInformerFactory(client, 0)
	plugin, err := validating.NewPlugin(nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	plugin.SetExternalKubeClientSet(client)
	plugin.SetExternalKubeInformerFactory(factory)
	plugin.SetDynamicClient(dynamicfake.NewSimpleDynamicClient(scheme.Scheme))
	plugin.SetRESTMapper(meta.NewDefaultRESTMapper(scheme.Scheme.PreferredVersionAllGroups()))
	plugin.SetUnconditionalAuthorizer(authorizerfactory.NewAlwaysAllowAuthorizer())
	plugin.SetDrainedNotification(ctx.Done())
	if err := plugin.ValidateInitialization(); err != nil {
		t.Fatal(err)
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())

	g := &gate{plugin: plugin, interfaces: admission.NewObjectInterfacesFromScheme(scheme.Scheme)}
	// The plugin compiles policies in the background; it is ready when it refuses what it must refuse.
	for deadline := time.Now().Add(time.Minute); g.create(pod("evil.org/a:1")) == nil; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the plugin enforces nothing after a minute")
		}
	}
	return g
}

func (g *gate) create(object runtime.Object) error { return g.review(object, nil, "") }

// review asks for a create, or for an update if there is an old object.
func (g *gate) review(object, old runtime.Object, subresource string) error {
	kinds, _, err := scheme.Scheme.ObjectKinds(object)
	if err != nil {
		return err
	}
	accessor, err := meta.Accessor(object)
	if err != nil {
		return err
	}
	resource, _ := meta.UnsafeGuessKindToResource(kinds[0])
	var options runtime.Object = &metav1.CreateOptions{}
	operation := admission.Create
	if old != nil {
		options, operation = &metav1.UpdateOptions{}, admission.Update
	}
	return g.plugin.Validate(context.Background(), admission.NewAttributesRecord(object, old, kinds[0],
		accessor.GetNamespace(), accessor.GetName(), resource, subresource, operation, options, false,
		&user.DefaultInfo{Name: "tester"}), g.interfaces)
}

func namespace(name string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: name, Labels: map[string]string{"kubernetes.io/metadata.name": name},
	}}
}

func pod(image string) *corev1.Pod {
	return &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: "blue"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "a", Image: image}}},
	}
}

// saying are parts of the messages by rule: what was refused and what to do.
var saying = map[string][]string{
	"malformed": {"not an image reference", "write the image's full name"},
	"foreign": {
		"from a registry that is not allowed", "allowed: ghcr.io/acme, localhost, localhost:5000, registry.k8s.io",
		"copy it to an allowed registry",
	},
	"moving": {"may change without notice", "name the release that you tested"},
}

func TestImages(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/images.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var examples struct {
		Allow []string            `json:"allow"`
		Deny  map[string][]string `json:"deny"`
	}
	if err := yaml.UnmarshalStrict(content, &examples); err != nil {
		t.Fatal(err)
	}
	g := newGate(t)
	for _, image := range examples.Allow {
		if err := g.create(pod(image)); err != nil {
			t.Errorf("%q is refused: %v", image, err)
		}
	}
	for rule, images := range examples.Deny {
		for _, image := range images {
			err := g.create(pod(image))
			if err == nil {
				t.Errorf("%q is admitted, want a refusal by the rule %q", image, rule)
				continue
			}
			said := saying[rule]
			if !strings.Contains(image, "\n") { // no message can name such an image
				said = append([]string{image}, said...)
			}
			for _, want := range said {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is refused with %q, which does not say %q", image, err, want)
				}
			}
		}
	}
}

func TestEveryPlaceOfAnImage(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/objects.yaml")
	if err != nil {
		t.Fatal(err)
	}
	g := newGate(t)
	count := 0
	reader := utilyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(string(content))))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		count++
		good := decode(t, strings.ReplaceAll(string(document), "IMAGE", "registry.k8s.io/e2e-test-images/agnhost:2.66.1"))
		if err := g.create(good); err != nil {
			t.Errorf("an allowed image is refused: %v\n%s", err, document)
		}
		bad := decode(t, strings.ReplaceAll(string(document), "IMAGE", "evil.org/a:1"))
		if err := g.create(bad); err == nil {
			t.Errorf("a foreign image is admitted:\n%s", document)
		}
		// The way in through an update, and the way of an object that stood before the policy did.
		if err := g.review(bad, good, ""); err == nil {
			t.Errorf("a foreign image is admitted by an update:\n%s", document)
		}
		if err := g.review(bad, bad, ""); err != nil {
			t.Errorf("an update that brings in no image is refused: %v\n%s", err, document)
		}
		if err := g.review(good, bad, ""); err != nil {
			t.Errorf("an update that mends an object is refused: %v\n%s", err, document)
		}
	}
	if count != 14 {
		t.Errorf("testdata/objects.yaml has %d objects, want 14", count)
	}
}

func decode(t *testing.T, document string) runtime.Object {
	t.Helper()
	object, _, err := scheme.Codecs.UniversalDeserializer().Decode([]byte(document), nil, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, document)
	}
	return object
}

func TestEphemeralContainerSubresource(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	for image, admitted := range map[string]bool{goodImage: true, "evil.org/shell:1": false, "registry.k8s.io/shell": false} {
		attached := pod(goodImage)
		attached.Spec.EphemeralContainers = []corev1.EphemeralContainer{{
			EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "debug", Image: image},
		}}
		if err := g.review(attached, pod(goodImage), "ephemeralcontainers"); (err == nil) != admitted {
			t.Errorf("ephemeral container with %s: %v", image, err)
		}
	}
}

func TestExemptNamespaces(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	for _, name := range []string{"kube-system", "local-path-storage"} {
		system := pod("evil.org/a:1")
		system.Namespace = name
		if err := g.create(system); err != nil {
			t.Errorf("a pod in %s is refused: %v", name, err)
		}
	}
}

func TestAllFaultyImagesAreNamedAtOnce(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	faulty := pod("evil.org/a:1")
	faulty.Spec.InitContainers = []corev1.Container{{Name: "b", Image: "nginx:1"}}
	err := g.create(faulty)
	if err == nil || !strings.Contains(err.Error(), "'evil.org/a:1', 'docker.io/library/nginx:1'") {
		t.Errorf("got %v, want both images named, the short one completed", err)
	}
}

// TestCost keeps the policy far below the API server's limit for one request, for a pod with more images than anybody has.
func TestCost(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	large := pod(goodImage)
	for range 100 {
		large.Spec.Containers = append(large.Spec.Containers, corev1.Container{
			Name: "a", Image: "registry.k8s.io/" + strings.Repeat("a/", 100) + "b:" + strings.Repeat("1", 128),
		})
	}
	if err := g.create(large); err != nil {
		t.Error(err)
	}
}

func TestPolicyFailsClosed(t *testing.T) {
	t.Parallel()
	recorder := enginetest.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := NewImagePolicy(ctx, "images", &ImagePolicyArgs{AllowedRegistries: []string{"registry.k8s.io"}})
		return err
	})
	recorder.CheckHouseRules(t, "images")
	policy := &admissionregistrationv1.ValidatingAdmissionPolicy{}
	recorder.Decode(t, "images-policy", policy)
	if policy.Spec.FailurePolicy == nil || *policy.Spec.FailurePolicy != admissionregistrationv1.Fail {
		t.Errorf("failure policy %v", policy.Spec.FailurePolicy)
	}
	binding := &admissionregistrationv1.ValidatingAdmissionPolicyBinding{}
	recorder.Decode(t, "images-binding", binding)
	if !slices.Contains(binding.Spec.ValidationActions, admissionregistrationv1.Deny) || binding.Spec.PolicyName != policy.Name {
		t.Errorf("binding %+v", binding.Spec)
	}
	if count := len(recorder.Summary()); count != 3 {
		t.Errorf("%d resources, want the component, one policy and one binding", count)
	}
}
