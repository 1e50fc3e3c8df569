package rotation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/rampart-iac/rampart/providers/kind/keys"
	"github.com/rampart-iac/rampart/providers/kind/rotation"
	"github.com/rampart-iac/rampart/tests/framework/apiserver"
)

// Secrets of the test: enough that writing them anew takes seconds, few enough that making them does not take long.
const secrets = 600

// TestRotationUnderLoadKilledEverywhere is the whole promise: the run is killed at every point that it comes by, once, and
// run again, while clients read, page, write, create and delete.
func TestRotationUnderLoadKilledEverywhere(t *testing.T) {
	t.Parallel()
	held := newKeys(t)
	server := held.start(t)
	load := startLoad(t, server, secrets)
	store := etcd{server.Etcd}
	before := load.snapshot(t)
	goOn := startPaging(t, server)
	first, err := os.ReadFile(held.path)
	if err != nil {
		t.Fatal(err)
	}
	if counts := prefixes(t, store); counts["key1"] < secrets || len(counts) != 1 {
		t.Fatalf("control: before the rotation, values by their key: %v", counts)
	}

	kill := &killer{seen: map[string]bool{}}
	held.killed = kill.at
	stale := false
	var outcome rotation.Outcome
	for runs := 1; ; runs++ {
		if runs > 40 {
			t.Fatal("does not come to an end")
		}
		ctx, cancel := context.WithCancel(t.Context())
		kill.cancel = cancel
		points := kills{store, kill, t}
		rotate := rotation.Rotation{
			Keys: held, Servers: []*rest.Config{server.Admin}, Store: points, Progress: points,
			Note: held.path + ".note",
		}
		outcome, err = rotate.Run(ctx)
		cancel()
		if err == nil {
			t.Logf("settled after %d runs", runs)
			break
		}
		t.Logf("run %d: %v", runs, err)
		if kill.seen["after etcd was compacted"] && !stale {
			stale = true
			refusesWhatIsLeft(t, server, held, store)
		}
	}
	for _, point := range []string{
		"before add is recorded", "before add is written", "after add", "after promote", "in the middle of writing anew",
		"before etcd is searched", "before retire is written", "after retire", "before finish is recorded", "before finish is written",
	} {
		if !kill.seen[point] {
			t.Errorf("control: never killed %s", point)
		}
	}
	if outcome.New != "key2" || !outcome.Resumed {
		t.Errorf("outcome %+v, want the second key, however often it was killed", outcome)
	}
	if _, err := os.Stat(held.path + ".note"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the note of a rotation that has ended is left: %v", err)
	}
	if counts := prefixes(t, store); counts["key2"] < secrets || len(counts) != 1 {
		t.Errorf("values by their key: %v, want key2 alone", counts)
	}
	after, err := os.ReadFile(held.path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(after, []byte("key1")) || bytes.Equal(first, after) {
		t.Error("the old key is still in the API server's file")
	}

	// The API server lets go of the old key, and nothing has needed it.
	awaitOnly(t, server, held)
	goOn()
	load.stop(t)
	if got := load.snapshot(t); !reflect.DeepEqual(before, got) {
		t.Error("secrets that nobody wrote to have changed in more than their bytes in etcd")
	}
}

// refusesWhatIsLeft puts a value of the old key where nothing writes it anew: it must be found, and the old key be kept.
func refusesWhatIsLeft(t *testing.T, server *apiserver.Server, held *fileKeys, store etcd) {
	t.Helper()
	const key = "/registry/left/over"
	store.put(t, key, "k8s:enc:secretbox:v1:key1:anything")
	defer store.remove(t, key)
	killed := held.killed
	held.killed = func(string) error { return nil }
	defer func() { held.killed = killed }()
	quiet := kills{store, &killer{seen: map[string]bool{
		"before etcd is searched": true, "before etcd is compacted": true, "after etcd was compacted": true,
		"in the middle of writing anew": true,
	}}, t}
	outcome, err := (&rotation.Rotation{
		Keys: held, Servers: []*rest.Config{server.Admin}, Store: quiet, Progress: quiet, Note: held.path + ".note",
	}).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), key) {
		t.Errorf("a value of the old key was not reported: %v", err)
	}
	if held.phase != keys.Promoted || held.reads.Name != "key1" {
		t.Errorf("the old key was thrown away while a value needs it: %s", held.phase)
	}
	t.Logf("%d objects in %s, %.0f a second, with readers and writers beside", outcome.Objects, outcome.Took,
		float64(outcome.Objects)/outcome.Took.Seconds())
	if outcome.Objects < secrets {
		t.Errorf("only %d objects were written anew", outcome.Objects)
	}
}

// TestNothingIsPromotedBeforeEveryServerHasTheKey: one of two API servers never hears of the new key.
func TestNothingIsPromotedBeforeEveryServerHasTheKey(t *testing.T) {
	t.Parallel()
	held, deaf := newKeys(t), newKeys(t)
	server, other := held.start(t), deaf.start(t)
	quiet := kills{etcd{server.Etcd}, &killer{}, t}
	_, err := (&rotation.Rotation{
		Keys: held, Servers: []*rest.Config{other.Admin, server.Admin}, Store: quiet, Progress: quiet, Note: held.path + ".note",
		ReloadTimeout: 5 * time.Second,
	}).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), other.Admin.Host) {
		t.Errorf("%v, want an error that names %s", err, other.Admin.Host)
	}
	if held.phase != keys.Added || held.writes.Name != "key1" {
		t.Errorf("%s with %s, want the new key added and the old one writing", held.phase, held.writes.Name)
	}
}

// TestForbiddenIsTold: a client without rights gets an answer and not a retry for a minute, and no key is thrown away.
func TestForbiddenIsTold(t *testing.T) {
	t.Parallel()
	held := newKeys(t)
	held.phase, held.writes, held.reads = keys.Promoted, randomKey("key2"), held.writes
	if err := held.write(); err != nil {
		t.Fatal(err)
	}
	server := held.start(t)
	nobody, err := server.ConfigAs("nobody")
	if err != nil {
		t.Fatal(err)
	}
	quiet := kills{etcd{server.Etcd}, &killer{}, t}
	_, err = (&rotation.Rotation{
		Keys: held, Servers: []*rest.Config{nobody}, Store: quiet, Progress: quiet, Note: held.path + ".note",
		ReloadTimeout: 5 * time.Second,
	}).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "Forbidden") {
		t.Errorf("%v, want forbidden", err)
	}
	if held.phase != keys.Promoted {
		t.Errorf("the old key was thrown away: %s", held.phase)
	}
}

// prefixes counts the values of Secret objects in etcd by the name of the key that they are encrypted with.
func prefixes(t *testing.T, store etcd) map[string]int {
	t.Helper()
	counts := map[string]int{}
	if err := store.Heads(t.Context(), "/registry/secrets/", func(_ string, head []byte) {
		parts := strings.SplitN(string(head[:min(len(head), 64)]), ":", 6)
		if len(parts) < 6 || parts[2] != "secretbox" {
			counts["not encrypted"]++
			return
		}
		counts[parts[4]]++
	}); err != nil {
		t.Fatal(err)
	}
	return counts
}

// awaitOnly waits until the API server has taken up the file of the end, and reads everything once more.
func awaitOnly(t *testing.T, server *apiserver.Server, held *fileKeys) {
	t.Helper()
	config, err := held.Configuration(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(config.Keys, []string{"key2"}) {
		t.Errorf("keys at the end: %v", config.Keys)
	}
	deadline := time.Now().Add(2 * time.Minute)
	for {
		text, err := server.Client.CoreV1().RESTClient().Get().AbsPath("/metrics").DoRaw(t.Context())
		if err == nil && !bytes.Contains(text, []byte(config.Hash)) {
			err = errors.New("another one")
		}
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the API server does not take up the last configuration: %v", err)
		}
		time.Sleep(3 * time.Second) // it writes all its metrics for an answer
	}
	all, err := server.Client.CoreV1().Secrets("").List(t.Context(), metav1.ListOptions{})
	if err != nil || len(all.Items) < secrets {
		t.Errorf("without the old key: %d secrets, %v", len(all.Items), err)
	}
}

// startPaging lists the first page. The function that it returns asks for the second one, at the revision of the first:
// it may be told to begin again, but must not meet a value that no key opens.
func startPaging(t *testing.T, server *apiserver.Server) (goOn func()) {
	t.Helper()
	in := server.Client.CoreV1().Secrets(namespace)
	first, err := in.List(t.Context(), metav1.ListOptions{Limit: 100})
	if err != nil || first.Continue == "" {
		t.Fatalf("control: the first page of several: %v", err)
	}
	return func() {
		t.Helper()
		_, err := in.List(t.Context(), metav1.ListOptions{Limit: 100, Continue: first.Continue})
		t.Logf("the second page, after the rotation: %v", err)
		if err != nil && !apierrors.IsResourceExpired(err) {
			t.Errorf("a list that was begun before the rotation cannot go on: %v", err)
		}
	}
}

func secretName(i int) string { return fmt.Sprintf("secret-%04d", i) }

func newSecret(name, value string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, StringData: map[string]string{"value": value}}
}
