package eks

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/internal/mock"
)

// testBoundary is the policy that docs/eks.md has people make.
const testBoundary = "arn:aws:iam::" + testAccount + ":policy/rampart-cluster-roles"

// TestTheBoundaryHoldsWhatRolesAreGiven: what this package allows the roles of a cluster, in policies of theirs and of keys, is within
// what docs/eks-permissions-boundary.json leaves them, which has no way to more.
func TestTheBoundaryHoldsWhatRolesAreGiven(t *testing.T) {
	t.Parallel()
	boundary := boundaryActions(t)
	made, _ := mustMake(t, func(args *ClusterArgs) { args.PermissionsBoundary = testBoundary })
	for _, role := range made.Of("aws:iam/role:Role") {
		if got := role.Inputs.Mappable()["permissionsBoundary"]; got != testBoundary {
			t.Errorf("%s has the boundary %v", role.Name, got)
		}
	}
	given := rolesActions(t, made)
	if len(given) == 0 {
		t.Fatal("no role is given anything")
	}
	for _, action := range given {
		if !within(boundary, action) {
			t.Errorf("roles are given %s, which the boundary takes away", action)
		}
	}
	for _, action := range []string{"iam:PassRole", "iam:CreateRole", "iam:PutRolePolicy", "sts:AssumeRole", "s3:GetObject", "kms:PutKeyPolicy", "eks:CreateAccessEntry"} {
		if within(boundary, action) {
			t.Errorf("the boundary leaves %s", action)
		}
	}
}

// boundaryActions are the patterns of actions in the document.
func boundaryActions(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "eks-permissions-boundary.json"))
	if err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, statement := range statements(t, string(text)) {
		if statement.Effect != "Allow" || len(statement.Condition) == 0 {
			t.Errorf("%s is not narrowed: %+v", statement.Sid, statement)
		}
		actions = append(actions, statement.Action...)
	}
	return actions
}

// rolesActions are what policies of roles allow, and policies of keys allow roles of the cluster.
func rolesActions(t *testing.T, made *mock.Engine) []string {
	t.Helper()
	var actions []string
	collect := func(resources []pulumi.MockResourceArgs, ofRoles func(statement) bool) {
		for _, each := range resources {
			for _, statement := range statements(t, each.Inputs["policy"].StringValue()) {
				if ofRoles(statement) {
					actions = append(actions, statement.Action...)
				}
			}
		}
	}
	collect(made.Of("aws:iam/rolePolicy:RolePolicy"), func(statement) bool { return true })
	collect(made.Of("aws:kms/key:Key"), func(of statement) bool { return strings.Contains(fmt.Sprint(of.Principal), "arn-of-blue") })
	slices.Sort(actions)
	return slices.Compact(actions)
}

// within says whether an action is one of some patterns, which may end in a star.
func within(patterns []string, action string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		prefix, open := strings.CutSuffix(pattern, "*")
		return pattern == action || open && strings.HasPrefix(action, prefix)
	})
}
