package attacks

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"path"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/live"
)

func etcdAttacks() []verify.Attack {
	return []verify.Attack{
		{
			Name: "etcd-bytes", Does: "read Secrets out of etcd, past the API server",
			Proves: ids("RMP-DAT-001"), Needs: []verify.Need{verify.NeedNodes}, Run: etcdBytes,
		}, {
			Name: "etcd-clients", Does: "talk to etcd without a certificate and with a false one",
			Proves: ids("RMP-DAT-003", "RMP-DAT-004"), Needs: []verify.Need{verify.NeedNodes}, Run: etcdClients,
		}, {
			Name: "etcd-user", Does: "look at whose process etcd is, and what it may do",
			Proves: ids("RMP-DAT-005"), Needs: []verify.Need{verify.NeedNodes}, Run: etcdUser,
		},
	}
}

const (
	etcdPKI = "/etc/kubernetes/pki/etcd"
	// Where etcd keeps its files, and listens to clients and to other members.
	etcdDataDir = "/var/lib/etcd"
	etcdClient  = "127.0.0.1:2379"
	etcdPeer    = "2380"
	// encryptedPrefix starts every value that the API server encrypts; the provider's name follows.
	encryptedPrefix = "k8s:enc:"
)

// thief is somebody on a control-plane node who has etcd's own certificate.
type thief struct{ client *http.Client }

func newThief(ctx context.Context, node *live.Node) (*thief, error) {
	files := map[string][]byte{}
	for _, name := range []string{"ca.crt", "server.crt", "server.key"} {
		text, err := node.Exec(ctx, "cat", path.Join(etcdPKI, name))
		if err != nil {
			return nil, err
		}
		files[name] = []byte(text)
	}
	pair, err := tls.X509KeyPair(files["server.crt"], files["server.key"])
	if err != nil {
		return nil, err
	}
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(files["ca.crt"])
	return &thief{httpClient(node.DialerTo(etcdClient), &tls.Config{
		RootCAs: authorities, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12,
	})}, nil
}

// httpClient speaks over connections of its own making.
func httpClient(dial live.Dialer, config *tls.Config) *http.Client {
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		DialContext:     func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
		TLSClientConfig: config, DisableKeepAlives: true,
	}}
}

// get returns the values under a key, or of all keys that start with it.
func (t *thief) get(ctx context.Context, key string, all bool) (map[string][]byte, error) {
	question := map[string][]byte{"key": []byte(key)}
	if all {
		end := []byte(key)
		end[len(end)-1]++
		question["range_end"] = end
	}
	body, err := json.Marshal(question)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+etcdClient+"/v3/kv/range", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	response, err := t.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("etcd answers %s", response.Status)
	}
	var answer struct {
		KVs []struct{ Key, Value []byte }
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, err
	}
	values := map[string][]byte{}
	for _, pair := range answer.KVs {
		values[string(pair.Key)] = pair.Value
	}
	return values, nil
}

// etcdBytes looks for the value of a Secret where a thief of the disk would, beside a ConfigMap that shows that both ways
// of looking would see it.
func etcdBytes(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	const control = "RMP-DAT-001"
	namespace, err := scope.Namespace(ctx, "etcd")
	if err != nil {
		return err
	}
	hidden, shown := "canary-"+rand.Text(), "canary-"+rand.Text()
	if err := plantCanaries(ctx, scope, namespace, hidden, shown); err != nil {
		return err
	}
	node := scope.ControlPlane()
	etcd, err := newThief(ctx, node)
	if err != nil {
		return err
	}
	maps, err := etcd.get(ctx, "/registry/configmaps/"+namespace+"/canary", false)
	if err == nil && !bytes.Contains(maps["/registry/configmaps/"+namespace+"/canary"], []byte(shown)) {
		err = errors.New("it is not there")
	}
	if err := trial.Control("a ConfigMap's value is read out of etcd", err); err != nil {
		return err
	}
	secrets, err := etcd.get(ctx, "/registry/secrets/", true)
	if err != nil {
		return err
	}
	own := secrets["/registry/secrets/"+namespace+"/canary"]
	if len(own) == 0 {
		return errors.New("the run's own Secret is not in etcd")
	}
	if bytes.Contains(own, []byte(hidden)) {
		trial.Broken(control, "a Secret's value stands in etcd in plain text")
		return nil
	}
	for key, value := range secrets {
		if !bytes.HasPrefix(value, []byte(encryptedPrefix)) {
			trial.Broken(control, "%s is not encrypted in etcd", strings.TrimPrefix(key, "/registry/"))
			return nil
		}
	}
	if err := etcdFiles(ctx, node, trial, hidden, shown); err != nil {
		return err
	}
	provider, _, _ := strings.Cut(strings.TrimPrefix(string(own), encryptedPrefix), ":")
	trial.Held(control, "%s in etcd, all encrypted with %s", number(len(secrets), "Secret is", "Secrets are"), provider)
	return nil
}

// plantCanaries stores two values, and reads the secret one back as a user would.
func plantCanaries(ctx context.Context, scope *verify.Scope, namespace, hidden, shown string) error {
	secrets := scope.Client.CoreV1().Secrets(namespace)
	if _, err := secrets.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "canary", Labels: scope.Labels()}, StringData: map[string]string{"value": hidden},
	}, metav1.CreateOptions{}); err != nil {
		return err
	}
	if _, err := scope.Client.CoreV1().ConfigMaps(namespace).Create(ctx, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "canary", Labels: scope.Labels()}, Data: map[string]string{"value": shown},
	}, metav1.CreateOptions{}); err != nil {
		return err
	}
	read, err := secrets.Get(ctx, "canary", metav1.GetOptions{})
	if err == nil && string(read.Data["value"]) != hidden {
		err = errors.New("the API server returns another value than was stored")
	}
	return err
}

// etcdFiles searches etcd's files for both values.
func etcdFiles(ctx context.Context, node *live.Node, trial *verify.Trial, hidden, shown string) error {
	with := func(text string) (string, error) {
		// grep ends with 1 if there is none; a shell of its own keeps that apart from a grep that failed.
		found, err := node.Exec(ctx, "sh", "-c",
			`grep --recursive --text --files-with-matches --fixed-strings -e "$0" "$1" || test $? -eq 1`, text, etcdDataDir)
		return strings.TrimSpace(found), err
	}
	found, err := with(shown)
	if err == nil && found == "" {
		err = fmt.Errorf("no file under %s has it", etcdDataDir)
	}
	if err := trial.Control("a ConfigMap's value is found in etcd's files", err); err != nil {
		return err
	}
	found, err = with(hidden)
	if found != "" {
		trial.Broken("RMP-DAT-001", "a Secret's value stands in plain text in %s", found)
	}
	return err
}

// etcdClients asks both of etcd's ports with certificates that they must refuse.
func etcdClients(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	node := scope.ControlPlane()
	etcd, err := newThief(ctx, node)
	if err != nil {
		return err
	}
	_, err = etcd.get(ctx, "/registry/namespaces/default", false)
	if err := trial.Control("a client with a certificate of etcd's authority is answered", err); err != nil {
		return err
	}
	forged, err := selfSigned("kube-apiserver-etcd-client")
	if err != nil {
		return err
	}
	for _, port := range []struct {
		control baseline.ControlID
		address string
	}{{"RMP-DAT-003", etcdClient}, {"RMP-DAT-004", net.JoinHostPort(node.Address, etcdPeer)}} {
		for says, certificates := range map[string][]tls.Certificate{
			"no certificate": nil, "a certificate that it signed itself": {*forged},
		} {
			status, err := askTLS(ctx, node.DialerTo(port.address), "/version", certificates)
			if err == nil {
				trial.Broken(port.control, "etcd answers a client with %s on %s: %s", says, port.address, status)
			} else if !strings.Contains(err.Error(), "certificate") {
				return fmt.Errorf("a client with %s on %s: %w", says, port.address, err)
			}
		}
		trial.Held(port.control, "%s refuses clients with no certificate and with a false one", port.address)
	}
	return nil
}

// askTLS asks for a path and returns the status and the start of the answer. Whom it speaks to is not its question.
func askTLS(ctx context.Context, dial live.Dialer, path string, certificates []tls.Certificate) (string, error) {
	client := httpClient(dial, &tls.Config{
		Certificates: certificates, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // an attacker does not mind
	})
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://attacked"+path, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.Status, nil
}

// selfSigned makes a certificate that no authority knows, with the name of one that has rights.
func selfSigned(name string, groups ...string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name, Organization: groups},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, nil
}
