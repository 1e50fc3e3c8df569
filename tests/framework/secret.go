package framework

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// TenantSecret is the Secret that blue has in every installation that GiveSecret was called on, with one key.
const (
	TenantSecret    = "database"
	TenantSecretKey = "password"
	// TenantSecretValue is what nobody but blue's own people may read, long enough not to stand anywhere by chance.
	TenantSecretValue = "correct-horse-battery-staple-of-tenant-blue-0123456789"
)

// encrypted is what the engine writes into a stack file for a secret: the value, and the salt that it was encrypted with.
type encrypted struct{ value, salt string }

// GiveSecret encrypts TenantSecretValue as the documentation tells users to, and puts it into every configuration from now
// on.
func (p *Product) GiveSecret(ctx context.Context) error {
	if _, err := p.succeed(ctx, "tools"); err != nil {
		return err
	}
	path := fmt.Sprintf("rampart:tenants[0].secrets.%s.%s", TenantSecret, TenantSecretKey)
	if _, err := p.pulumi(ctx, strings.NewReader(TenantSecretValue), "config", "set",
		"--config-file", p.ConfigFile, "--secret", "--path", path); err != nil {
		return err
	}
	content, err := os.ReadFile(p.ConfigFile)
	if err != nil {
		return err
	}
	var file struct {
		Salt   string `json:"encryptionsalt"`
		Config struct {
			Tenants []struct {
				Secrets map[string]map[string]struct {
					Secure string `json:"secure"`
				} `json:"secrets"`
			} `json:"rampart:tenants"`
		} `json:"config"`
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		return fmt.Errorf("the stack file with a secret: %w", err)
	}
	if len(file.Config.Tenants) == 0 {
		return fmt.Errorf("the stack file has lost its tenants:\n%s", content)
	}
	p.secret = encrypted{file.Config.Tenants[0].Secrets[TenantSecret][TenantSecretKey].Secure, file.Salt}
	if p.secret.value == "" || p.secret.salt == "" {
		return fmt.Errorf("the stack file has no encrypted secret:\n%s", content)
	}
	return p.Configure(p.Config())
}

// secretsOfBlue is the setting of blue's secrets.
func (p *Product) secretsOfBlue() map[string]any {
	if p.secret.value == "" {
		return map[string]any{}
	}
	return map[string]any{TenantSecret: map[string]any{TenantSecretKey: map[string]any{"secure": p.secret.value}}}
}

// FilesWith returns the files of an installation, the programs that it had before the cluster left out, that hold a secret in
// plain text, by their names under Product.Dir.
func (p *Product) FilesWith(t *testing.T, secret string) []string {
	t.Helper()
	var found []string
	programs := filepath.Join(filepath.Base(p.Home()), "bin")
	root := os.DirFS(p.Dir)
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if path == programs {
			return fs.SkipDir
		}
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := fs.ReadFile(root, path)
		if err == nil && bytes.Contains(content, []byte(secret)) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
