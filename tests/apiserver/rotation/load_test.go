package rotation

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/pager"
	"k8s.io/client-go/util/retry"

	"github.com/rampart-iac/rampart/tests/framework/apiserver"
)

const (
	namespace = "default"

	// written is how many of the secrets are written to all the time, the last ones.
	written = 20
)

// load is what clients do to the secrets of a server while its key is rotated.
type load struct {
	client kubernetes.Interface
	count  int

	end     context.CancelFunc
	running sync.WaitGroup

	reads, pages, writes, creations atomic.Int64
	// last is, for each secret that is written to, the last value that the server has taken.
	last [written]atomic.Int64

	mutex  sync.Mutex
	failed []error
}

// startLoad makes secrets and begins to use them.
func startLoad(t *testing.T, server *apiserver.Server, count int) *load {
	t.Helper()
	config := rest.CopyConfig(server.Admin)
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	l := &load{client: client, count: count}
	if _, err := client.CoreV1().Namespaces().Get(t.Context(), namespace, metav1.GetOptions{}); err != nil {
		t.Fatal(err)
	}
	var group errgroup.Group
	group.SetLimit(32)
	for i := range count {
		group.Go(func() error {
			secret := newSecret(secretName(i), "value 0")
			// One in three cannot be changed by anybody any more; writing it anew is no change.
			if i%3 == 0 && i < count-written {
				immutable := true
				secret.Immutable = &immutable
			}
			_, err := client.CoreV1().Secrets(namespace).Create(t.Context(), secret, metav1.CreateOptions{})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	l.end = cancel
	for range 2 {
		l.run(ctx, l.read)
	}
	l.run(ctx, l.page)
	for i := range 2 {
		l.run(ctx, func(ctx context.Context) error { return l.write(ctx, i) })
	}
	l.run(ctx, l.create)
	t.Cleanup(func() { cancel(); l.running.Wait() })
	return l
}

// run repeats something until the load is stopped, and keeps what fails.
func (l *load) run(ctx context.Context, what func(context.Context) error) {
	l.running.Go(func() {
		for ctx.Err() == nil {
			// What has begun is not cut off: nobody could say then whether the server has taken it.
			if err := what(context.WithoutCancel(ctx)); err != nil {
				l.mutex.Lock()
				l.failed = append(l.failed, err)
				l.mutex.Unlock()
			}
			// The load is to be there all the time, not to take all of the machine.
			time.Sleep(50 * time.Millisecond)
		}
	})
}

func (l *load) read(ctx context.Context) error {
	i := rand.IntN(l.count)
	secret, err := l.client.CoreV1().Secrets(namespace).Get(ctx, secretName(i), metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	if i < l.count-written && string(secret.Data["value"]) != "value 0" {
		return errors.New("reading: another value than was written")
	}
	l.reads.Add(1)
	return nil
}

// page lists in pages, as controllers do. The pager begins again if the server no longer has the revision.
func (l *load) page(ctx context.Context) error {
	pages := pager.New(func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		time.Sleep(200 * time.Millisecond)
		return l.client.CoreV1().Secrets(namespace).List(ctx, options)
	})
	pages.PageSize = 100
	seen := 0
	err := pages.EachListItem(ctx, metav1.ListOptions{}, func(runtime.Object) error { seen++; return nil })
	if err == nil && seen < l.count {
		err = fmt.Errorf("%d secrets of %d", seen, l.count)
	}
	if err != nil {
		return fmt.Errorf("paging: %w", err)
	}
	l.pages.Add(1)
	return nil
}

// write counts up in secrets that this writer shares with nobody but the rotation.
func (l *load) write(ctx context.Context, writer int) error {
	which := writer + 2*rand.IntN(written/2)
	next := l.last[which].Load() + 1
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		in := l.client.CoreV1().Secrets(namespace)
		secret, err := in.Get(ctx, secretName(l.count-written+which), metav1.GetOptions{})
		if err != nil {
			return err
		}
		secret.Data["value"] = []byte("value " + strconv.FormatInt(next, 10))
		_, err = in.Update(ctx, secret, metav1.UpdateOptions{})
		return err
	})
	if err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	l.last[which].Store(next)
	l.writes.Add(1)
	return nil
}

func (l *load) create(ctx context.Context) error {
	in := l.client.CoreV1().Secrets(namespace)
	name := "passing-" + strconv.Itoa(rand.IntN(50))
	if _, err := in.Create(ctx, newSecret(name, "soon gone"), metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("creating: %w", err)
	}
	l.creations.Add(1)
	time.Sleep(20 * time.Millisecond)
	if err := in.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		return fmt.Errorf("deleting: %w", err)
	}
	return nil
}

// stop ends the load, and fails if anything of it failed, or if it was none.
func (l *load) stop(t *testing.T) {
	t.Helper()
	l.end()
	l.running.Wait()
	t.Logf("beside the rotation: %d reads, %d paged lists, %d writes, %d creations",
		l.reads.Load(), l.pages.Load(), l.writes.Load(), l.creations.Load())
	for _, err := range l.failed[:min(len(l.failed), 10)] {
		t.Error(err)
	}
	if len(l.failed) > 0 {
		t.Errorf("%d requests failed", len(l.failed))
	}
	for name, count := range map[string]int64{
		"reads": l.reads.Load(), "paged lists": l.pages.Load(), "writes": l.writes.Load(), "creations": l.creations.Load(),
	} {
		if count < 20 {
			t.Errorf("control: only %d %s beside the rotation", count, name)
		}
	}
	for i := range l.last {
		secret, err := l.client.CoreV1().Secrets(namespace).Get(t.Context(), secretName(l.count-written+i), metav1.GetOptions{})
		if err != nil {
			t.Error(err)
			continue
		}
		if got, want := string(secret.Data["value"]), "value "+strconv.FormatInt(l.last[i].Load(), 10); got != want {
			t.Errorf("%s holds %q, and the server took %q last", secret.Name, got, want)
		}
	}
}

// snapshot is everything but the revision of the secrets that nobody writes to.
func (l *load) snapshot(t *testing.T) map[string]corev1.Secret {
	t.Helper()
	list, err := l.client.CoreV1().Secrets(namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]corev1.Secret{}
	for _, secret := range list.Items {
		all[secret.Name] = secret
	}
	kept := map[string]corev1.Secret{}
	for i := range l.count - written {
		secret := all[secretName(i)]
		secret.ResourceVersion = ""
		kept[secretName(i)] = secret
	}
	return kept
}
