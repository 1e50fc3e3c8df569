package verify

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sigstore/sigstore-go/pkg/root"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/tests/framework/apiserver"
	"github.com/rampart-iac/rampart/tests/framework/inputs"
	"github.com/rampart-iac/rampart/tests/framework/sigstore"
	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/attest"
)

const (
	pipeline = "pipeline@example.com"
	cluster  = "8e4ba5f4-7f1d-4a5e-9a3b-0d2a6c1f7e55"
)

// rampart runs the command line to its end.
func rampart(t *testing.T, environment []string, args ...string) (status int, said string) {
	t.Helper()
	command := inputs.Command(t.Context(), commandLine(t), args...)
	command.Env = append(os.Environ(), environment...)
	output, err := command.CombinedOutput()
	if exit := (&exec.ExitError{}); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v\n%s", err, output)
	}
	return command.ProcessState.ExitCode(), string(output)
}

// proven is a result of a whole run in which every control held.
func proven(t *testing.T) *verify.Report {
	t.Helper()
	asked, err := baseline.Resolve(baseline.LevelRestricted, baseline.Version202611, baseline.ProviderKind, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	report := &verify.Report{
		Cluster: "https://127.0.0.1:6443", ClusterID: cluster, Started: time.Now().UTC().Truncate(time.Second),
		Baseline: verify.Asked{Version: asked.Version, Level: asked.Level, Provider: asked.Provider},
	}
	for _, control := range asked.Controls {
		report.Results = append(report.Results,
			verify.Result{Control: control.ID, Title: control.Title, Severity: control.Severity, Verdict: verify.Proven})
	}
	report.Score = verify.ScoreOf(report.Results)
	return report
}

func write(t *testing.T, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "attestation.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// authorityOf is what signs by an instance.
func authorityOf(instance *sigstore.Instance) attest.Authority {
	return attest.Authority{Fulcio: instance.Fulcio, Timestamps: instance.Timestamps}
}

func signedBy(t *testing.T, authority attest.Authority, tokenFile string) []byte {
	t.Helper()
	token, err := attest.ReadToken(tokenFile, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	text, err := attest.SignAs(t.Context(), proven(t), authority, token)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// changed does something to a JSON document.
func changed(t *testing.T, text []byte, change func(document map[string]any)) []byte {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	change(document)
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestTheGateTrustsAnIdentity: what the pipeline's own identity signed is let in, and nothing else is.
func TestTheGateTrustsAnIdentity(t *testing.T) {
	t.Parallel()
	ours, strange := sigstore.MustStart(t), sigstore.MustStart(t)
	good := signedBy(t, authorityOf(ours), ours.Token(t, pipeline))
	other := signedBy(t, authorityOf(ours), ours.Token(t, pipeline))
	intruder := signedBy(t, authorityOf(ours), ours.Token(t, "intruder@example.com"))
	foreign := signedBy(t, authorityOf(strange), strange.Token(t, pipeline))
	mixed := signedBy(t, attest.Authority{Fulcio: ours.Fulcio, Timestamps: strange.Timestamps}, ours.Token(t, pipeline))
	material := func(document map[string]any) map[string]any { return document["verificationMaterial"].(map[string]any) }
	rewritten := changed(t, good, func(document map[string]any) {
		envelope := document["dsseEnvelope"].(map[string]any)
		payload := envelope["payload"].(string)
		envelope["payload"] = payload[:len(payload)-8] + "AAAA" + payload[len(payload)-4:]
	})
	undated := changed(t, good, func(document map[string]any) { delete(material(document), "timestampVerificationData") })
	var donor map[string]any
	if err := json.Unmarshal(other, &donor); err != nil {
		t.Fatal(err)
	}
	redated := changed(t, good, func(document map[string]any) {
		material(document)["timestampVerificationData"] = material(donor)["timestampVerificationData"]
	})
	recertified := changed(t, intruder, func(document map[string]any) {
		material(document)["certificate"] = material(donor)["certificate"]
	})
	private, public, err := framework.SigningKey(t.TempDir(), "key")
	if err != nil {
		t.Fatal(err)
	}
	key, err := attest.ReadPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	byKey, err := attest.Sign(t.Context(), proven(t), key)
	if err != nil {
		t.Fatal(err)
	}
	logged := withLog(t, ours)

	trust := func(root, identity, issuer string) []string {
		return []string{"--trusted-root", root, "--certificate-identity", identity, "--certificate-oidc-issuer", issuer}
	}
	own := trust(ours.TrustedRoot, pipeline, ours.Issuer)
	const notBy = "it is not signed by " + pipeline
	for _, row := range []struct {
		says   string
		text   []byte
		args   []string
		status int
		want   string
	}{
		{"its own", good, own, verify.ExitHeld, "Cluster " + cluster},
		{"of another cluster", good, append([]string{"--cluster", "other"}, own...), verify.ExitFailed, "not other"},
		{"signed by somebody else", intruder, own, verify.ExitFailed, notBy},
		{"the same name at another issuer", good, trust(ours.TrustedRoot, pipeline, "https://other.example.com"), verify.ExitFailed, notBy},
		{"the same name at a foreign authority", foreign, own, verify.ExitFailed, notBy},
		{"our name for what a foreign authority trusts", good, trust(strange.TrustedRoot, pipeline, ours.Issuer), verify.ExitFailed, notBy},
		{"dated by a foreign authority", mixed, own, verify.ExitFailed, notBy},
		{"rewritten", rewritten, own, verify.ExitFailed, notBy},
		{"without a date", undated, own, verify.ExitFailed, notBy},
		{"with the date of another signature", redated, own, verify.ExitFailed, notBy},
		{"with the certificate of somebody else", recertified, own, verify.ExitFailed, notBy},
		{"not told to the log that the root knows", good, trust(logged, pipeline, ours.Issuer), verify.ExitFailed, notBy},
		{"signed with a key", byKey, own, verify.ExitFailed, "check it with --key"},
		{"signed with a key, rightly asked", byKey, []string{"--key", public}, verify.ExitHeld, "Cluster " + cluster},
		{"asked with a key", good, []string{"--key", public}, verify.ExitFailed, "check it with --trusted-root"},
		{"no bundle", []byte(`{"verificationMaterial": {}}`), own, verify.ExitFailed, "no whole Sigstore bundle"},
		{"no issuer", good, own[:4], verify.ExitNotRun, "name all three"},
		{"a key as well", good, append([]string{"--key", public}, own...), verify.ExitNotRun, "--key: is for what a key signed"},
		{"no trusted root", good, trust(public, pipeline, ours.Issuer), verify.ExitNotRun, "cannot be used"},
	} {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			status, said := rampart(t, nil, append([]string{"check-attestation", write(t, row.text)}, row.args...)...)
			if status != row.status || !strings.Contains(said, row.want) {
				t.Errorf("status %d, want %d and %q: %s", status, row.status, row.want, said)
			}
		})
	}
}

// withLog is the trusted root of an instance, with a log of certificates that its authority tells nothing.
func withLog(t *testing.T, instance *sigstore.Instance) string {
	t.Helper()
	text, err := os.ReadFile(instance.TrustedRoot)
	if err != nil {
		t.Fatal(err)
	}
	trusted, err := root.NewTrustedRootFromJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	stamps := trusted.TimestampingAuthorities()[0].(*root.SigstoreTimestampingAuthority)
	text = changed(t, text, func(document map[string]any) {
		document["ctlogs"] = []any{logOf(t, stamps)}
	})
	return write(t, text)
}

// interrupted starts the command line, presses Ctrl-C when the first attack has ended, and waits for the end.
func interrupted(t *testing.T, environment []string, args ...string) (status int, said string) {
	t.Helper()
	command := inputs.Command(t.Context(), commandLine(t), args...)
	command.Env = append(os.Environ(), environment...)
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = command.Wait() // its status is looked at below
	}()
	framework.Eventually(t, "an attack to end", time.Minute, func(context.Context) error {
		text, err := os.ReadFile(log.Name())
		select {
		case <-ended:
			return err // it was refused before
		default:
		}
		if err == nil && !strings.Contains(string(text), " 1/") {
			err = errors.New(string(text))
		}
		return err
	})
	_ = command.Process.Signal(os.Interrupt) // it may be over
	<-ended
	text, err := os.ReadFile(log.Name())
	if err != nil {
		t.Fatal(err)
	}
	return command.ProcessState.ExitCode(), string(text)
}

// TestVerifySignsAsWhoTheTokenSays goes the way of a pipeline: verify with a token, and the gate. The run is cut short, which is
// signed as well: the gate finds the signature good, and the run no proof. A whole one takes minutes on an API server alone.
func TestVerifySignsAsWhoTheTokenSays(t *testing.T) {
	t.Parallel()
	instance := sigstore.MustStart(t)
	server := apiserver.MustStart(t, apiserver.Settings{})
	inhabited(t, server)
	admin := kubeconfig(t, server.Admin)
	good := instance.Token(t, pipeline)
	token, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		says        string
		environment []string
		args        []string
		want        string
	}{
		{"a token in a file", nil, []string{"--identity-token", good}, ""},
		{"a token in the environment", []string{attest.TokenVariable + "=" + string(token)}, nil, ""},
		{
			"a token for somebody else's authority", nil,
			[]string{"--identity-token", instance.Token(t, pipeline, "audience", "vault")}, "the result was not signed",
		},
		{"a token that is over", nil, []string{"--identity-token", instance.Token(t, pipeline, "lifetime", "-1m")}, "is over since"},
		{"a token on the command line", nil, []string{"--identity-token", string(token)}, "where others can read it"},
		{"no token", nil, nil, "there is no identity token"},
		{"no authority there", nil, []string{"--identity-token", good, "--fulcio-url", "http://127.0.0.1:1"}, "the result was not signed"},
	} {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "attestation.json")
			status, said := interrupted(t, row.environment, append([]string{
				"verify", "--kubeconfig", admin, "--attest", path,
				"--fulcio-url", instance.Fulcio, "--timestamp-url", instance.Timestamps,
			}, row.args...)...)
			if strings.Contains(said, string(token)) {
				t.Error("it shows the token")
			}
			info, err := os.Stat(path)
			if row.want != "" {
				if status == verify.ExitHeld || !strings.Contains(said, row.want) || !os.IsNotExist(err) {
					t.Errorf("status %d, file %v, want %q: %s", status, err, row.want, said)
				}
				return
			}
			if err != nil || info.Mode() != 0o600 {
				t.Fatalf("the attestation has mode %v (%v): %s", info, err, said)
			}
			status, said = rampart(t, nil, "check-attestation", path, "--trusted-root", instance.TrustedRoot,
				"--certificate-identity", pipeline, "--certificate-oidc-issuer", instance.Issuer)
			if status != verify.ExitFailed || !strings.Contains(said, "the run was cut short") || strings.Contains(said, "is not signed by") {
				t.Errorf("status %d: %s", status, said)
			}
		})
	}
}
