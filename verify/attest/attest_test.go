package attest

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// proven is a result of a whole run in which every control held.
func proven(t *testing.T) *verify.Report {
	t.Helper()
	asked, err := baseline.Resolve(baseline.LevelRestricted, baseline.Version202611, baseline.ProviderKind, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	report := &verify.Report{
		Cluster: "https://127.0.0.1:6443", ClusterID: "8e4ba5f4-7f1d-4a5e-9a3b-0d2a6c1f7e55", Run: "f00d", Started: now.Add(-time.Hour),
		Baseline: verify.Asked{Version: asked.Version, Level: asked.Level, Provider: asked.Provider},
	}
	for _, control := range asked.Controls {
		report.Results = append(report.Results, verify.Result{
			Control: control.ID, Title: control.Title, Severity: control.Severity, Verdict: verify.Proven,
		})
	}
	report.Score = verify.ScoreOf(report.Results)
	return report
}

// strict is the policy that the good result is good enough for.
func strict() Policy {
	return Policy{
		ClusterID: "8e4ba5f4-7f1d-4a5e-9a3b-0d2a6c1f7e55", MinScore: 100, MinVersion: baseline.Version202611,
		Level: baseline.LevelRestricted, MaxAge: 24 * time.Hour, FailOn: baseline.SeverityLow, Now: now,
	}
}

// keyFiles writes a key pair as openssl does.
func keyFiles(t *testing.T, private any, public any) (privatePath, publicPath string) {
	t.Helper()
	dir := t.TempDir()
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	open, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	privatePath, publicPath = filepath.Join(dir, "key.pem"), filepath.Join(dir, "key.pub")
	for path, block := range map[string]*pem.Block{
		privatePath: {Type: "PRIVATE KEY", Bytes: secret}, publicPath: {Type: "PUBLIC KEY", Bytes: open},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return privatePath, publicPath
}

// pair is a new Ed25519 key to sign and to check with.
func pair(t *testing.T) (dsse.SignerVerifier, dsse.Verifier) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, private, public)
}

func read(t *testing.T, private, public any) (dsse.SignerVerifier, dsse.Verifier) {
	t.Helper()
	privatePath, publicPath := keyFiles(t, private, public)
	signer, err := ReadPrivateKey(privatePath)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := ReadPublicKey(publicPath)
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier
}

func sign(t *testing.T, report *verify.Report, key dsse.Signer) []byte {
	t.Helper()
	envelope, err := Sign(t.Context(), report, key)
	if err != nil {
		t.Fatal(err)
	}
	return envelope
}

func TestAProvenClusterIsLetIn(t *testing.T) {
	t.Parallel()
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for says, keys := range map[string][2]any{"Ed25519": {private, public}, "ECDSA": {curve, curve.Public()}} {
		signer, verifier := read(t, keys[0], keys[1])
		report, err := Check(t.Context(), sign(t, proven(t), signer), Key{verifier}, strict())
		if err != nil || report.Score != proven(t).Score {
			t.Errorf("%s: %v", says, err)
		}
	}
}

// TestWhatIsNotGoodEnoughIsRefused signs results that each lack one thing. That proven itself is let in is the control.
func TestWhatIsNotGoodEnoughIsRefused(t *testing.T) {
	t.Parallel()
	signer, verifier := pair(t)
	rescore := func(report *verify.Report) { report.Score = verify.ScoreOf(report.Results) }
	for _, test := range []struct {
		want  string
		spoil func(*verify.Report)
	}{
		{"RMP-CPL-001 failed", func(r *verify.Report) { r.Results[0].Verdict = verify.Failed; rescore(r) }},
		{"score is 98 %, less than 100 %: 0 failed, 1 could not be verified", func(r *verify.Report) {
			r.Results[0].Verdict, r.Results[0].Why = verify.NotVerifiable, verify.WhyPrevented
			rescore(r)
		}},
		{"its score is not that of its verdicts", func(r *verify.Report) { r.Results[0].Verdict = verify.Waived }},
		{"25h0m0s old, more than 24h0m0s", func(r *verify.Report) { r.Started = now.Add(-25 * time.Hour) }},
		{"from the future", func(r *verify.Report) { r.Started = now.Add(time.Hour) }},
		{"about cluster another", func(r *verify.Report) { r.ClusterID = "another" }},
		{"level \"baseline\", not \"restricted\"", func(r *verify.Report) { r.Baseline.Level = baseline.LevelBaseline }},
		{"baseline \"2025.01\", older than 2026.11", func(r *verify.Report) { r.Baseline.Version = "2025.01" }},
		{"of a part of the baseline: 1 of", func(r *verify.Report) { r.Results = r.Results[1:]; rescore(r) }},
		{"cut short: the cluster went away", func(r *verify.Report) { r.Cut = "the cluster went away" }},
		{"is over since 2026-11-24", func(r *verify.Report) {
			r.Results[0].Verdict = verify.Waived
			r.Results[0].Waivers = []verify.Waiver{{Scope: "cluster", Reason: "r", Owner: "o", Expires: "2026-11-24"}}
			rescore(r)
		}},
	} {
		report := proven(t)
		test.spoil(report)
		if _, err := Check(t.Context(), sign(t, report, signer), Key{verifier}, strict()); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("want %q, got %v", test.want, err)
		}
	}
	mild := proven(t)
	mild.Results[0].Verdict, mild.Results[0].Severity = verify.Failed, baseline.SeverityMedium
	rescore(mild)
	lenient := strict()
	lenient.MinScore, lenient.FailOn = 90, baseline.SeverityHigh
	if _, err := Check(t.Context(), sign(t, mild, signer), Key{verifier}, lenient); err != nil {
		t.Errorf("a lenient policy refuses a mild failure: %v", err)
	}
}

// TestWaiversNeedTheConsentOfWhoeverChecks: the stack's file says what a stack goes without, and the gate says whether that
// is fine with it.
func TestWaiversNeedTheConsentOfWhoeverChecks(t *testing.T) {
	t.Parallel()
	signer, verifier := pair(t)
	report := proven(t)
	var waived []baseline.ControlID
	for i := range 3 {
		report.Results[i].Verdict = verify.Waived
		report.Results[i].Waivers = []verify.Waiver{
			{Scope: "tenant/blue", Reason: "r", Owner: "o", Expires: "2027-01-31"},
			{Scope: "tenant/green", Reason: "r", Owner: "o", Expires: "2027-01-31"},
		}
		waived = append(waived, report.Results[i].Control)
	}
	report.Score = verify.ScoreOf(report.Results)
	envelope := sign(t, report, signer)
	for _, test := range []struct {
		says    string
		allowed []baseline.ControlID
		most    int
		refused []baseline.ControlID
	}{
		{"nobody agreed", nil, 0, waived},
		{"all by name", waived, 0, nil},
		{"two by name", waived[:2], 0, waived[2:]},
		{"two by name, one by number", waived[1:], 1, nil},
		{"two by number", nil, 2, waived},
		{"three by number", nil, 3, nil},
		{"another by name", []baseline.ControlID{report.Results[3].Control}, 2, waived},
	} {
		policy := strict()
		policy.AllowedWaivers, policy.MaxWaivers = test.allowed, test.most
		_, err := Check(t.Context(), envelope, Key{verifier}, policy)
		if (err != nil) != (len(test.refused) > 0) {
			t.Errorf("%s: %v", test.says, err)
		}
		for _, id := range waived {
			named := err != nil && strings.Contains(err.Error(), string(id))
			if named != slices.Contains(test.refused, id) {
				t.Errorf("%s: %s: %v", test.says, id, err)
			}
		}
	}
}

// resigned changes the payload of an envelope, and signs it again if a key is given.
func resigned(t *testing.T, text []byte, key dsse.Signer, kind string, change func(string) string) []byte {
	t.Helper()
	var envelope dsse.Envelope
	if err := json.Unmarshal(text, &envelope); err != nil {
		t.Fatal(err)
	}
	payload, err := envelope.DecodeB64Payload()
	if err != nil {
		t.Fatal(err)
	}
	changed := change(string(payload))
	if key == nil {
		envelope.Payload = base64.StdEncoding.EncodeToString([]byte(changed))
	} else {
		signer, err := dsse.NewEnvelopeSigner(key)
		if err != nil {
			t.Fatal(err)
		}
		again, err := signer.SignPayload(context.Background(), kind, []byte(changed))
		if err != nil {
			t.Fatal(err)
		}
		envelope = *again
	}
	text, err = json.Marshal(envelope)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestForgeriesAreRefused(t *testing.T) {
	t.Parallel()
	signer, verifier := pair(t)
	stranger, _ := pair(t)
	good := sign(t, proven(t), signer)
	same := func(payload string) string { return payload }
	failed := proven(t)
	failed.Results[0].Verdict = verify.Failed
	failed.Score = verify.ScoreOf(failed.Results)
	mend := func(payload string) string { return strings.ReplaceAll(payload, `"failed"`, `"proven"`) }
	for _, test := range []struct {
		says     string
		envelope []byte
		want     string
	}{
		{"a payload that was mended", resigned(t, sign(t, failed, signer), nil, "", mend), "not signed with this key, or was changed"},
		{"a stranger's key", sign(t, proven(t), stranger), "not signed with this key"},
		{"no signature", []byte(`{"payloadType":"` + payloadType + `","payload":"e30=","signatures":[]}`), "not signed with this key"},
		{"no envelope", []byte(`{"schemaVersion": 1}`), "no DSSE envelope"},
		{"no JSON", []byte(`hello`), "no DSSE envelope"},
		{"another kind of payload", resigned(t, good, signer, "text/plain", same), "not an in-toto statement"},
		{"no statement", resigned(t, good, signer, payloadType, func(string) string { return "[]" }), "no in-toto statement"},
		{"another predicate", resigned(t, good, signer, payloadType, func(payload string) string {
			return strings.Replace(payload, PredicateType, "https://slsa.dev/provenance/v1", 1)
		}), "not a result of rampart verify"},
		{"another subject", resigned(t, good, signer, payloadType, func(payload string) string {
			return strings.Replace(payload, digestOf(proven(t).ClusterID), digestOf("another"), 1)
		}), "another cluster than that of its result"},
	} {
		if _, err := Check(t.Context(), test.envelope, Key{verifier}, strict()); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: want %q, got %v", test.says, test.want, err)
		}
	}
	if _, err := Check(t.Context(), resigned(t, good, signer, payloadType, same), Key{verifier}, strict()); err != nil {
		t.Errorf("control: signing the same again is refused: %v", err)
	}
	anonymous := proven(t)
	anonymous.ClusterID = ""
	if _, err := Sign(t.Context(), anonymous, signer); err == nil {
		t.Error("a result about no cluster is signed")
	}
}

func TestKeysThatAreNoKeys(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secret, open := keyFiles(t, private, public)
	garbage := filepath.Join(t.TempDir(), "garbage.pem")
	if err := os.WriteFile(garbage, []byte("hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	signing := func(path string) error { _, err := ReadPrivateKey(path); return err }
	checking := func(path string) error { _, err := ReadPublicKey(path); return err }
	for _, test := range []struct {
		err  error
		want string
	}{
		{signing(open), "it is a public key"},
		{checking(secret), "it is a private key"},
		{signing(garbage), "no key in PEM form"},
		{checking(garbage), "no key in PEM form"},
		{signing(filepath.Join(t.TempDir(), "none")), "no such file"},
	} {
		if test.err == nil || !strings.Contains(test.err.Error(), test.want) || strings.Contains(test.err.Error(), "hunter2") {
			t.Errorf("want %q, got %v", test.want, test.err)
		}
	}
	if err := signing(secret); err != nil {
		t.Fatalf("control: %v", err)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620} {
		if err := os.Chmod(secret, mode); err != nil {
			t.Fatal(err)
		}
		if err := signing(secret); err == nil || !strings.Contains(err.Error(), "others than its owner") {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
}
