package verify

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/tests/framework/apiserver"
	"github.com/rampart-iac/rampart/tests/framework/inputs"
	"github.com/rampart-iac/rampart/verify"
)

// build builds the command line once, where "make up" has it.
var build = sync.OnceValues(func() (string, error) {
	root, err := framework.RepositoryRoot()
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, "bin", "rampart")
	if err := inputs.Product(root); err != nil {
		return "", err
	}
	build := exec.CommandContext(context.Background(), "go", "build", "-C", root, "-ldflags=-s -w", "-o", path, "./cmd/rampart")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the command line: %w\n%s", err, output)
	}
	return path, nil
})

// commandLine is the program.
func commandLine(t *testing.T) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// kubeconfig writes a way into a cluster to a file.
func kubeconfig(t *testing.T, config *rest.Config) string {
	t.Helper()
	const name = "it"
	path := filepath.Join(t.TempDir(), "kubeconfig")
	err := clientcmd.WriteToFile(api.Config{
		Clusters: map[string]*api.Cluster{name: {Server: config.Host, CertificateAuthorityData: config.CAData}},
		AuthInfos: map[string]*api.AuthInfo{name: {
			ClientCertificateData: config.CertData, ClientKeyData: config.KeyData, Token: config.BearerToken,
		}},
		Contexts: map[string]*api.Context{name: {Cluster: name, AuthInfo: name}}, CurrentContext: name,
	}, path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// ended replaces the client certificate of a configuration by one whose time is over.
func ended(t *testing.T, config *rest.Config) *rest.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "admin"},
		NotBefore: time.Now().AddDate(-2, 0, 0), NotAfter: time.Now().AddDate(-1, 0, 0),
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	over := rest.CopyConfig(config)
	over.CertData = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
	over.KeyData = pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret})
	return over
}

// TestBadInputIsSaidClearly gives verify each thing that people get wrong, on a real API server: one message that names it
// and the next step, and the status of a run that found nothing out.
func TestBadInputIsSaidClearly(t *testing.T) {
	t.Parallel()
	program := commandLine(t)
	server := apiserver.MustStart(t, apiserver.Settings{})
	inhabited(t, server)
	nobody, err := server.ConfigAs("nobody")
	if err != nil {
		t.Fatal(err)
	}
	stranger := rest.AnonymousClientConfig(server.Admin)
	stranger.BearerToken = "a-token-of-another-cluster"
	unreachable := rest.CopyConfig(server.Admin)
	unreachable.Host = "https://127.0.0.1:1"
	garbage := filepath.Join(t.TempDir(), "garbage")
	if err := os.WriteFile(garbage, []byte("hello: [\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	admin := kubeconfig(t, server.Admin)
	key, _, err := framework.SigningKey(t.TempDir(), "key")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		says string
		args []string
		want []string
	}{
		{"no kubeconfig", []string{"--kubeconfig", garbage + "-none"}, []string{"there is no kubeconfig at " + garbage + "-none", "--kubeconfig"}},
		{"no kubeconfig but a file", []string{"--kubeconfig", garbage}, []string{garbage, "cannot be used"}},
		{"unreachable", []string{"--kubeconfig", kubeconfig(t, unreachable)}, []string{"https://127.0.0.1:1", "does not answer"}},
		{"expired", []string{"--kubeconfig", kubeconfig(t, ended(t, server.Admin))}, []string{"ended on", "get new ones"}},
		{"unknown credentials", []string{"--kubeconfig", kubeconfig(t, stranger)}, []string{"does not know the credentials"}},
		{"no rights", []string{"--kubeconfig", kubeconfig(t, nobody)}, []string{"rights of an administrator"}},
		{"unknown control", []string{"--kubeconfig", admin, "--control", "RMP-NET-999"}, []string{`"RMP-NET-999"`, "controls.md"}},
		{"unknown format", []string{"--kubeconfig", admin, "--output", "pdf"}, []string{`"pdf"`, "table, json, junit, sarif, oscal"}},
		{
			"unwritable result", []string{"--kubeconfig", admin, "--output", "json", "--file", garbage + "/no/result.json"},
			[]string{"--file " + garbage + "/no/result.json", "cannot be written"},
		},
		{
			"unwritable attestation",
			[]string{"--kubeconfig", admin, "--attest", garbage + "/no/attestation.json", "--key", key},
			[]string{"--attest " + garbage + "/no/attestation.json", "cannot be written"},
		},
		{"no key to sign with", []string{"--kubeconfig", admin, "--attest", garbage + "-a", "--key", garbage}, []string{garbage, "no key"}},
	} {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			command := inputs.Command(t.Context(), program, append([]string{"verify"}, row.args...)...)
			var stdout, stderr strings.Builder
			command.Stdout, command.Stderr = &stdout, &stderr
			exit := &exec.ExitError{}
			if err := command.Run(); !errors.As(err, &exit) || exit.ExitCode() != verify.ExitNotRun {
				t.Errorf("got %v, want status %d", err, verify.ExitNotRun)
			}
			for _, want := range row.want {
				if !strings.Contains(stderr.String(), want) {
					t.Errorf("%q is not in %q", want, stderr.String())
				}
			}
			if lines := strings.Count(stderr.String(), "\n"); lines != 1 {
				t.Errorf("%d lines: %q", lines, stderr.String())
			}
			if stdout.Len() > 0 {
				t.Errorf("it printed %q", stdout.String())
			}
		})
	}
}

// firstVerdict is what is said of an attack that has found something out. Those that cannot be made at all end before.
var firstVerdict = regexp.MustCompile(`\d+/\d+ +(held|BROKEN) `)

// TestAClusterThatGoesAway stops the API server in the middle of a run: what was found is kept, and says why there is no
// more of it.
func TestAClusterThatGoesAway(t *testing.T) {
	t.Parallel()
	server, err := apiserver.Start(t.Context(), apiserver.Settings{
		Flags: map[string][]string{"disable-admission-plugins": {"AlwaysDeny"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	stop := func() {
		if server == nil {
			return
		}
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
		server = nil
	}
	t.Cleanup(stop)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	inhabited(t, server)
	file := filepath.Join(t.TempDir(), "result.json")
	readableByAll(t, file)
	command := inputs.Command(ctx, commandLine(t), "verify", "--kubeconfig", kubeconfig(t, server.Admin), "--output", "json", "--file", file)
	stderr, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	said := ""
	for buffer := make([]byte, 4096); ; {
		read, err := stderr.Read(buffer)
		said += string(buffer[:read])
		if firstVerdict.MatchString(said) {
			stop()
		}
		if err != nil {
			break
		}
	}
	exit := &exec.ExitError{}
	if err := command.Wait(); !errors.As(err, &exit) || exit.ExitCode() != verify.ExitNotRun {
		t.Errorf("got %v, want status %d", err, verify.ExitNotRun)
	}
	if !strings.Contains(said, "the cluster stopped answering") {
		t.Errorf("it said %s", said)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
		t.Errorf("the result, which says where the cluster is weak, has mode %v (%v)", info.Mode(), err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var report verify.Report
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(report.Cut, "the cluster stopped answering") || report.Score.Failed+report.Score.Proven == 0 || report.Score.Prevented == 0 {
		t.Errorf("cut %q, score %+v", report.Cut, report.Score)
	}
}

// readableByAll makes a file that everybody may read and write.
func readableByAll(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("an older result"), 0o600); err != nil {
		t.Fatal(err)
	}
	const everybody = 0o666
	if err := os.Chmod(path, everybody); err != nil {
		t.Fatal(err)
	}
}
