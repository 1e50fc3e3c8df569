package hardening

import (
	"os"
	"slices"
	"testing"

	"k8s.io/apiserver/pkg/apis/audit"
	auditpolicy "k8s.io/apiserver/pkg/audit/policy"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"sigs.k8s.io/yaml"

	"github.com/rampart-iac/rampart/baseline"
)

// TestAuditPolicyLevels asks the API server's own evaluator.
func TestAuditPolicyLevels(t *testing.T) {
	t.Parallel()
	for _, version := range baseline.SupportedKubernetesVersions() {
		t.Run(string(version), func(t *testing.T) { t.Parallel(); levels(t, version) })
	}
}

func levels(t *testing.T, version baseline.KubernetesVersion) {
	t.Helper()
	rendered, err := auditPolicyOf(version)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := auditpolicy.LoadPolicyFromBytes([]byte(rendered))
	if err != nil {
		t.Fatal(err)
	}
	evaluator := auditpolicy.NewPolicyRuleEvaluator(policy)

	text, err := os.ReadFile("testdata/audit-requests.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var requests []struct {
		Says, User, Verb, Group, Resource, Subresource, Namespace, Path string
		Groups                                                          []string
		Want                                                            audit.Level
	}
	if err := yaml.UnmarshalStrict(text, &requests); err != nil {
		t.Fatal(err)
	}
	if len(requests) == 0 {
		t.Fatal("no requests to ask about")
	}
	for _, request := range requests {
		t.Run(request.Says, func(t *testing.T) {
			t.Parallel()
			got := evaluator.EvaluatePolicyRule(authorizer.AttributesRecord{
				User:            &user.DefaultInfo{Name: request.User, Groups: request.Groups},
				Verb:            request.Verb,
				APIGroup:        request.Group,
				Resource:        request.Resource,
				Subresource:     request.Subresource,
				Namespace:       request.Namespace,
				Path:            request.Path,
				ResourceRequest: request.Path == "",
			})
			want := request.Want
			// An older API server drops the event of a patch if it shall write its content, and that is no JSON.
			if withContent := []audit.Level{audit.LevelRequest, audit.LevelRequestResponse}; request.Verb == "patch" &&
				!version.Has(patchesAreTranscoded) && slices.Contains(withContent, want) {
				want = audit.LevelMetadata
			}
			if got.Level != want {
				t.Errorf("level %s, want %s", got.Level, want)
			}
		})
	}
}
