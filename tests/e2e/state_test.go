package e2e

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/rampart-iac/rampart/tests/framework"
)

// secretsOfThisCluster are real values that must not stand anywhere in plain text but in the two places that are for them.
func secretsOfThisCluster(t *testing.T) map[string]string {
	t.Helper()
	kubeconfig, err := product.Kubeconfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.Load(kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{}
	for name, user := range config.AuthInfos {
		secrets["client key of "+name] = base64.StdEncoding.EncodeToString(user.ClientKeyData)
	}
	// A Secret holds its values so, and so does the state.
	secrets["tenant's secret"] = base64.StdEncoding.EncodeToString([]byte(framework.TenantSecretValue))
	secrets["encryption key"] = cluster.EncryptionKeys(t)[0].Secret
	for name, value := range secrets {
		if len(value) < 40 {
			t.Fatalf("control: the %s is only %d letters long", name, len(value))
		}
	}
	return secrets
}

// TestStateHoldsNoSecretInPlainText reads the state as a person with its file would, exported and raw.
//
//nolint:paralleltest // the stack has one lock
func TestStateHoldsNoSecretInPlainText(t *testing.T) {
	exported, err := product.Pulumi(t.Context(), "stack", "export", "--stack", product.Stack)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(exported, product.Cluster) || !strings.Contains(exported, "ciphertext") {
		t.Fatal("control: the exported state does not know the cluster, or holds no secret at all")
	}
	opened, err := product.Pulumi(t.Context(), "stack", "export", "--stack", product.Stack, "--show-secrets")
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range secretsOfThisCluster(t) {
		if strings.Contains(exported, secret) {
			t.Errorf("the exported state holds the %s in plain text", name)
		}
		if !strings.Contains(opened, secret) {
			t.Errorf("control: the state opened with the passphrase does not hold the %s: the search would see nothing", name)
		}
		// State, engine's own notes, temporary files, and all that any command printed.
		for _, file := range product.FilesWith(t, secret) {
			// The cluster's own folder has the kubeconfig and the files that the API server reads.
			if !strings.HasPrefix(file, filepath.Join("home", "clusters", product.Cluster)+"/") {
				t.Errorf("%s holds the %s in plain text", file, name)
			}
		}
	}
}

// TestTenantsSecretIsInNoFile looks for the value as somebody typed it in: nothing has a reason to write that.
func TestTenantsSecretIsInNoFile(t *testing.T) {
	t.Parallel()
	if files := product.FilesWith(t, framework.TenantSecretValue); len(files) > 0 {
		t.Errorf("in plain text in %v", files)
	}
	secret, err := cluster.Client.CoreV1().Secrets(framework.TenantBlue).Get(t.Context(), framework.TenantSecret, metav1.GetOptions{})
	if err != nil || string(secret.Data[framework.TenantSecretKey]) != framework.TenantSecretValue {
		t.Errorf("control: the Secret does not hold it: %v", err)
	}
}

// TestFilesAreTheOwnersAlone holds the folders that carry secrets to 0700 and the files in them to 0600.
func TestFilesAreTheOwnersAlone(t *testing.T) {
	t.Parallel()
	checked := 0
	check := func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == "programs" {
			return fs.SkipDir // no secrets: users of the nodes run them, and the folder above lets nobody in here
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		checked++
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %s: others may look in", path, info.Mode())
		}
		return nil
	}
	home, err := os.Stat(product.Home())
	if err != nil {
		t.Fatal(err)
	}
	if home.Mode().Perm() != 0o700 {
		t.Errorf("%s has mode %s, want 0700", product.Home(), home.Mode())
	}
	// The engine gives the files of its state the modes that it likes: their secrets are encrypted, and the folder above
	// them lets nobody in.
	state, err := os.Stat(filepath.Join(product.Home(), "state"))
	if err != nil {
		t.Fatal(err)
	}
	if state.Mode().Perm() != 0o700 {
		t.Errorf("the folder of the state has mode %s, want 0700", state.Mode())
	}
	for _, path := range []string{"passphrase", "clusters"} {
		if err := filepath.WalkDir(filepath.Join(product.Home(), path), check); err != nil {
			t.Error(err)
		}
	}
	if checked < 5 {
		t.Errorf("control: only %d files and folders were looked at", checked)
	}
}

// TestUsersKubeconfigIsLeftAlone: the user's own file, named by KUBECONFIG, and the default one, are as they were.
func TestUsersKubeconfigIsLeftAlone(t *testing.T) {
	t.Parallel()
	got, err := os.ReadFile(product.UserKubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	if want := product.UserKubeconfigBefore(); string(got) != want {
		t.Errorf("KUBECONFIG was changed to:\n%s", got)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(home, ".kube", "config"))
	if err == nil && bytes.Contains(text, []byte(product.Cluster)) {
		t.Errorf("the default kubeconfig knows cluster %s", product.Cluster)
	}
	ours, err := product.Kubeconfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(ours, []byte(product.Cluster)) {
		t.Error("control: the product's own kubeconfig does not know the cluster")
	}
}
