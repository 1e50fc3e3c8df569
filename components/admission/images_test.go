package admission

import (
	"bufio"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"

	"github.com/rampart-iac/rampart/components/internal/enginetest"
)

const goodImage = "registry.k8s.io/pause:3.10"

// imageGate allows what testdata/images.yaml says.
func imageGate(t *testing.T) *gate {
	t.Helper()
	return newGate(t, map[string]map[string]string{"blue": nil, "kube-system": nil, "local-path-storage": nil},
		func(ctx *pulumi.Context) error {
			_, err := NewImagePolicy(ctx, "images", &ImagePolicyArgs{
				AllowedRegistries: []string{"registry.k8s.io", "localhost:5000", "localhost", "ghcr.io/acme"},
				ExemptNamespaces:  []string{"local-path-storage"},
			})
			return err
		})
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
	g := imageGate(t)
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
	g := imageGate(t)
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
		if err := g.update(bad, good, ""); err == nil {
			t.Errorf("a foreign image is admitted by an update:\n%s", document)
		}
		if err := g.update(bad, bad, ""); err != nil {
			t.Errorf("an update that brings in no image is refused: %v\n%s", err, document)
		}
		if err := g.update(good, bad, ""); err != nil {
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
	g := imageGate(t)
	for image, admitted := range map[string]bool{goodImage: true, "evil.org/shell:1": false, "registry.k8s.io/shell": false} {
		attached := pod(goodImage)
		attached.Spec.EphemeralContainers = []corev1.EphemeralContainer{{
			EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "debug", Image: image},
		}}
		if err := g.update(attached, pod(goodImage), "ephemeralcontainers"); (err == nil) != admitted {
			t.Errorf("ephemeral container with %s: %v", image, err)
		}
	}
}

func TestDigestRequired(t *testing.T) {
	t.Parallel()
	g := newGate(t, map[string]map[string]string{"blue": nil}, func(ctx *pulumi.Context) error {
		_, err := NewImagePolicy(ctx, "images", &ImagePolicyArgs{AllowedRegistries: []string{"registry.k8s.io"}, DigestRequired: true})
		return err
	})
	const digest = "@sha256:ee6521f290b2168b6e0935a181d4cff9be1ac3f505666ef0e3c98fae8199917a"
	for _, image := range []string{"registry.k8s.io/pause" + digest, goodImage + digest} {
		if err := g.create(pod(image)); err != nil {
			t.Errorf("%s is refused: %v", image, err)
		}
	}
	if err := g.create(pod(goodImage)); err == nil || !strings.Contains(err.Error(), "image without a digest: '"+goodImage+"'") {
		t.Errorf("%s: %v", goodImage, err)
	}
}

func TestExemptNamespaces(t *testing.T) {
	t.Parallel()
	g := imageGate(t)
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
	g := imageGate(t)
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
	g := imageGate(t)
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
