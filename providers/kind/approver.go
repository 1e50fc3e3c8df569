package kind

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	rbacv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/rbac/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/kind/hardening"
)

// programHash tells one build of a program from another.
func programHash(path string) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("approver: %w: compile cmd/rampart-approver with CGO_ENABLED=0 GOOS=linux, "+
			"in a clone of Rampart with \"make tools\"", err)
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:]), nil
}

// newApproverAccess lets the approver see and approve kubelets' requests for serving certificates, and look up nodes.
// It cannot read what was signed for others than kubelets into being approved: the approval is for one signer.
func newApproverAccess(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) error {
	role, err := rbacv1.NewClusterRole(ctx, name+"-approver", &rbacv1.ClusterRoleArgs{
		Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(hardening.ApproverUser)},
		Rules: rbacv1.PolicyRuleArray{
			rule("certificates.k8s.io", "certificatesigningrequests", "", "get", "list", "watch"),
			rule("certificates.k8s.io", "certificatesigningrequests/approval", "", "update"),
			rule("certificates.k8s.io", "signers", "kubernetes.io/kubelet-serving", "approve"),
			rule("", "nodes", "", "get"),
		},
	}, opts...)
	if err != nil {
		return fmt.Errorf("the approver's role: %w", err)
	}
	_, err = rbacv1.NewClusterRoleBinding(ctx, name+"-approver", &rbacv1.ClusterRoleBindingArgs{
		Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(hardening.ApproverUser)},
		RoleRef: &rbacv1.RoleRefArgs{
			ApiGroup: pulumi.String("rbac.authorization.k8s.io"), Kind: pulumi.String("ClusterRole"),
			Name: role.Metadata.Name().Elem(),
		},
		Subjects: rbacv1.SubjectArray{&rbacv1.SubjectArgs{
			ApiGroup: pulumi.String("rbac.authorization.k8s.io"), Kind: pulumi.String("User"),
			Name: pulumi.String(hardening.ApproverUser),
		}},
	}, opts...)
	if err != nil {
		return fmt.Errorf("the binding of the approver's role: %w", err)
	}
	return nil
}

// rule allows verbs on one resource; name narrows it to one object and may be empty.
func rule(group, resource, name string, verbs ...string) *rbacv1.PolicyRuleArgs {
	args := &rbacv1.PolicyRuleArgs{
		ApiGroups: pulumi.ToStringArray([]string{group}), Resources: pulumi.ToStringArray([]string{resource}),
		Verbs: pulumi.ToStringArray(verbs),
	}
	if name != "" {
		args.ResourceNames = pulumi.ToStringArray([]string{name})
	}
	return args
}
