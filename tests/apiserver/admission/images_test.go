package admission

import (
	"os"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/rampart-iac/rampart/tests/framework/examples"
)

// TestImages asks for a pod with each image of the image policy's examples, and for every kind with a foreign one.
func TestImages(t *testing.T) {
	t.Parallel()
	waitForPolicies(t)
	content, err := os.ReadFile(testdata + "/images.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var images struct {
		Allow []string            `json:"allow"`
		Deny  map[string][]string `json:"deny"`
	}
	if err := yaml.UnmarshalStrict(content, &images); err != nil {
		t.Fatal(err)
	}
	if len(images.Allow) == 0 || len(images.Deny) == 0 {
		t.Fatal("no examples")
	}
	for _, image := range images.Allow {
		if err := createWith(t, "Pod", image); err != nil {
			t.Errorf("%q is refused: %v", image, err)
		}
	}
	for _, list := range images.Deny {
		for _, image := range list {
			mustBeRefused(t, "Pod", image)
		}
	}
	for _, kind := range examples.BearingKinds() {
		mustBeRefused(t, kind, "evil.example/app:v1")
	}
}

func createWith(t *testing.T, kind, image string) error {
	t.Helper()
	spec := examples.DecentPod()
	spec.Containers[0].Image = image
	request := prepared{Request: examples.Request{
		Example: examples.Example{User: examples.Attacker, Operation: "CREATE"},
		Object:  examples.Bearer(kind, examples.DefaultNamespace, spec),
	}}
	return request.ask(t, []string{metav1.DryRunAll})
}

func mustBeRefused(t *testing.T, kind, image string) {
	t.Helper()
	err := createWith(t, kind, image)
	// What is no image at all, the API server may refuse by itself.
	invalid := apierrors.IsInvalid(err) && strings.TrimSpace(image) != image || image == ""
	if !invalid && (!apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "images.rampart.dev")) {
		t.Errorf("%s with %q: got %v, want a refusal by the image policy", kind, image, err)
	}
}
