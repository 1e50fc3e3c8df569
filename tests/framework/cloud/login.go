package cloud

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/tests/framework/cloud/internal/shared"
)

// Deployer is the role that runs the program, and deployersGroup the group that its access entry puts it in.
const (
	Deployer       = "arn:aws:iam::" + shared.AWSAccount + ":role/rampart-deployer"
	deployersGroup = "rampart-deployers"
)

// awsScript stands for the command line of AWS. It knows the one call that a kubeconfig makes.
const awsScript = `#!/bin/sh
case "$*" in
"eks get-token --region ` + shared.AWSRegion + ` --cluster-name "*) exec cat "${0%/*}/credential.json" ;;
*) echo "aws $*: nobody expected this call" >&2; exit 1 ;;
esac
`

// AKSDeployer is who runs the program on Azure, as Kubernetes knows it, and AKSGroup the group of administrators.
const (
	AKSDeployer = "dddddddd-0000-1111-2222-333333333333"
	AKSGroup    = "aaaaaaaa-0000-1111-2222-333333333333"
)

// aksScript stands for kubelogin. It knows the one call that a kubeconfig makes.
const aksScript = `#!/bin/sh
case "$*" in
"get-token --login azurecli --server-id 6dae42f8-4368-4678-94ff-3960e28e3630 --tenant-id "*) exec cat "${0%/*}/credential.json" ;;
*) echo "kubelogin $*: nobody expected this call" >&2; exit 1 ;;
esac
`

// GKEDeployer is who runs the program on Google Cloud, as Kubernetes knows it.
const GKEDeployer = "rampart-deployer@acme-ops.iam.gserviceaccount.com"

// gkeScript stands for GKE's plugin of kubectl, which takes no arguments.
const gkeScript = `#!/bin/sh
exec cat "${0%/*}/credential.json"
`

// login is how a cloud lets the deployer in.
type login struct {
	command, script string
	user            string
	groups          []string
}

// logins by the names of the clouds' packages.
func logins() map[string]login {
	return map[string]login{
		"aws":          {"aws", awsScript, Deployer, []string{deployersGroup}},
		"azure-native": {"kubelogin", aksScript, AKSDeployer, []string{AKSGroup}},
		"gcp":          {"gke-gcloud-auth-plugin", gkeScript, GKEDeployer, nil},
	}
}

// writeLogin lets the deployer in: the script answers with a client certificate where the cloud has a token, and a binding
// stands for the rights that the cloud gives.
func (c *Cloud) writeLogin(ctx context.Context, by login, server *API) error {
	config, err := server.ConfigAs(by.user, by.groups...)
	if err != nil {
		return err
	}
	credential, err := json.Marshal(map[string]any{
		"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
		"status": map[string]string{"clientCertificateData": string(config.CertData), "clientKeyData": string(config.KeyData)},
	})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.bin(), "credential.json"), credential, 0o600); err != nil {
		return err
	}
	const executable = 0o700
	if err := os.WriteFile(filepath.Join(c.bin(), by.command), []byte(by.script), executable); err != nil {
		return err
	}
	_, err = server.Client.RbacV1().ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "cloud-cluster-admin-" + by.command},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: by.user}},
	}, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil // another stack of the same cloud came before
	}
	return err
}
