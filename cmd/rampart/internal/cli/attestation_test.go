package cli

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/attest"
)

// attested writes a key pair and a result of a whole run that the private key has signed. The verdict is that on the first
// control, RMP-CPL-001; the others are proven.
func attested(t *testing.T, verdict verify.Verdict) (envelope, publicKey string) {
	t.Helper()
	dir := t.TempDir()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, content []byte, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if kind != "" {
			content = pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content})
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	secretPath := write("key.pem", "PRIVATE KEY", secret, err)
	open, err := x509.MarshalPKIXPublicKey(public)
	publicKey = write("key.pub", "PUBLIC KEY", open, err)

	asked, err := baseline.Resolve(baseline.LevelRestricted, baseline.Version202611, baseline.ProviderKind, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	report := &verify.Report{
		ClusterID: "the-cluster", Started: time.Now().UTC().Truncate(time.Second),
		Baseline: verify.Asked{Version: asked.Version, Level: asked.Level, Provider: asked.Provider},
	}
	for _, control := range asked.Controls {
		report.Results = append(report.Results,
			verify.Result{Control: control.ID, Title: control.Title, Severity: control.Severity, Verdict: verify.Proven})
	}
	report.Results[0].Verdict = verdict
	report.Score = verify.ScoreOf(report.Results)
	key, err := attest.ReadPrivateKey(secretPath)
	if err != nil {
		t.Fatal(err)
	}
	text, err := attest.Sign(t.Context(), report, key)
	return write("attestation.json", "", text, err), publicKey
}

func TestCheckAttestation(t *testing.T) {
	t.Parallel()
	good, key := attested(t, verify.Proven)
	bad, badKey := attested(t, verify.Failed)
	waived, waivedKey := attested(t, verify.Waived)
	for _, test := range []struct {
		says   string
		args   []string
		status int
		want   string
	}{
		{"proven", []string{good, "--key", key, "--cluster", "the-cluster"}, 0, "Cluster the-cluster"},
		{"failed", []string{bad, "--key", badKey}, verify.ExitFailed, "RMP-CPL-001 failed"},
		{"wrong key", []string{good, "--key", badKey}, verify.ExitFailed, "not signed with this key"},
		{"another cluster", []string{good, "--key", key, "--cluster", "other"}, verify.ExitFailed, "about cluster the-cluster, not other"},
		{"stale", []string{good, "--key", key, "--max-age", "1ns"}, verify.ExitFailed, "more than 1ns"},
		{"waived", []string{waived, "--key", waivedKey}, verify.ExitFailed, "it waives RMP-CPL-001"},
		{"waived by consent", []string{waived, "--key", waivedKey, "--allow-waiver", "rmp-cpl-001"}, 0, "1 waived"},
		{"waived by number", []string{waived, "--key", waivedKey, "--max-waivers", "1"}, 0, "1 waived"},
		{"unknown waiver", []string{good, "--key", key, "--allow-waiver", "RMP-CPL-999"}, verify.ExitNotRun, `"RMP-CPL-999"`},
		{"no number of waivers", []string{good, "--key", key, "--max-waivers", "-1"}, verify.ExitNotRun, "--max-waivers -1"},
		{"no key", []string{good}, verify.ExitNotRun, "--key: name the public key"},
		{"no attestation", []string{"--key", key}, verify.ExitNotRun, "name one file, written by verify --attest"},
		{"no such flag", []string{good, "--kye", key}, verify.ExitNotRun, "unknown flag: --kye"},
		{"no file", []string{filepath.Join(t.TempDir(), "none"), "--key", key}, verify.ExitNotRun, "cannot be read"},
		{"unknown version", []string{good, "--key", key, "--baseline", "1999.01"}, verify.ExitNotRun, `--baseline "1999.01"`},
		{"unknown level", []string{good, "--key", key, "--level", "lax"}, verify.ExitNotRun, `--level "lax"`},
		{"no percentage", []string{good, "--key", key, "--min-score", "101"}, verify.ExitNotRun, "--min-score 101"},
	} {
		var stdout, stderr bytes.Buffer
		status := Main(append([]string{"check-attestation"}, test.args...), &stdout, &stderr)
		if said := stdout.String() + stderr.String(); status != test.status || !strings.Contains(said, test.want) {
			t.Errorf("%s: status %d, want %d; said %q, want %q", test.says, status, test.status, said, test.want)
		}
	}
}

// TestVerifyRefusesFlagsThatMakeNoSense: before it looks for a cluster, and with the status of a run that never was.
func TestVerifyRefusesFlagsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"say who signs":                        {"--attest", "a.json"},
		"--timestamp-url: is missing":          {"--attest", "a.json", "--fulcio-url", "https://f.example.com"},
		"--fulcio-url: is missing":             {"--attest", "a.json", "--identity-token", "token"},
		"is not https":                         {"--attest", "a.json", "--fulcio-url", "http://f.example.com", "--timestamp-url", "https://t"},
		"is no address of a server":            {"--attest", "a.json", "--fulcio-url", "f.example.com", "--timestamp-url", "https://t"},
		"--key: signs by itself":               {"--attest", "a.json", "--key", "k.pem", "--fulcio-url", "https://f.example.com"},
		"nothing to sign without --attest":     {"--fulcio-url", "https://f.example.com"},
		"nothing to sign":                      {"--key", "k.pem"},
		"a part of the baseline proves no":     {"--attest", "a.json", "--key", "k.pem", "--area", "NET"},
		"is the file of --file as well":        {"--attest", "./a.json", "--key", "k.pem", "--file", "a.json"},
		"unknown flag: --watsh":                {"--watsh", "5m"},
		"is named by --stack blue":             {"blue"},
		`--baseline "1999.01"`:                 {"--baseline", "1999.01"},
		"--watch 1s: is too often":             {"--watch", "1s"},
		"there are none without --watch":       {"--metrics", "127.0.0.1:0"},
		"is no loopback address":               {"--watch", "5m", "--metrics", "0.0.0.0:9464"},
		"writes no result":                     {"--watch", "5m", "--output", "json"},
		`control "RMP-ZZZ-001"`:                {"--control", "rmp-zzz-001"},
		`area "ZZZ"`:                           {"--area", "zzz"},
		`--output "pdf": there is no such`:     {"--output", "pdf"},
		`--fail-on "bad": there is no such se`: {"--fail-on", "bad"},
		"there is no kubeconfig at":            {"--kubeconfig", filepath.Join(t.TempDir(), "none")},
	} {
		var stdout, stderr bytes.Buffer
		if status := Main(append([]string{"verify"}, args...), &stdout, &stderr); status != verify.ExitNotRun ||
			!strings.Contains(stderr.String(), want) {
			t.Errorf("%v: status %d, want %d; said %q, want %q", args, status, verify.ExitNotRun, stderr.String(), want)
		}
	}
}
