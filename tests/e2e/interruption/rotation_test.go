package interruption

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/tests/framework"
)

// rotationDeadline is for a rotation that is killed once: the API server looks for changed keys every minute.
const rotationDeadline = 8 * time.Minute

// killedOverRotation kills a rotation of the key in the middle and lets it go on, while Secrets are read all the time.
func killedOverRotation(t *testing.T, product *framework.Product) {
	t.Helper()
	cluster, err := product.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), rotationDeadline)
	defer cancel()
	namespace := cluster.Namespace(t)
	const count = 100
	for i := range count {
		cluster.CreateSecret(t, namespace, fmt.Sprintf("secret-%d", i), valueOf(i))
	}
	before := cluster.EncryptionKeys(t)
	stopReading := readAllTheTime(t, cluster, namespace, count)

	run, err := product.Start(product.StackArgs("rotate-key")...)
	if err != nil {
		t.Fatal(err)
	}
	// The new key writes as soon as the API server takes the file up, and the run waits for it: up to a minute.
	if err := run.Await(ctx, product, framework.Printed("Promoting")); err != nil {
		t.Fatal(err)
	}
	framework.Eventually(t, "the new key to stand first", time.Minute, func(context.Context) error {
		if keys := cluster.EncryptionKeys(t); len(keys) < 2 || keys[1] != before[0] {
			return errors.New("it does not yet")
		}
		return nil
	})
	if err := run.KillTree(); err != nil {
		t.Fatal(err)
	}
	if _, err := run.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	between := cluster.EncryptionKeys(t)
	if len(between) != 2 || between[1] != before[0] {
		t.Errorf("control: killed with the keys %d, want two, of which the second is the old one", len(between))
	}
	result, err := product.Run(ctx, "rotate-key")
	if err != nil {
		t.Fatal(err)
	}
	if reads := stopReading(); reads < count {
		t.Errorf("control: only %d reads beside the rotation", reads)
	}

	after := cluster.EncryptionKeys(t)
	if len(after) != 1 || after[0] != between[0] || after[0] == before[0] {
		t.Error("the rotation did not end with the key that it began to write with, alone")
	}
	for i := range count {
		raw := cluster.EtcdValue(t, fmt.Sprintf("/registry/secrets/%s/secret-%d", namespace, i))
		if want := []byte("k8s:enc:secretbox:v1:" + after[0].Name + ":"); !bytes.HasPrefix(raw, want) {
			t.Fatalf("secret-%d starts %q in etcd, want %q", i, raw[:min(len(raw), 40)], want)
		}
	}
	for _, key := range append(before, after...) {
		if strings.Contains(result.Output(), key.Secret) {
			t.Errorf("%s was printed", key.Name)
		}
		for _, file := range product.FilesWith(t, key.Secret) {
			if !strings.HasPrefix(file, "home/clusters/"+product.Cluster+"/") || key == before[0] {
				t.Errorf("%s holds %s in plain text", file, key.Name)
			}
		}
	}
	again, err := product.Up(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.ToLower(again.Output()), "no changes") {
		t.Errorf("up after the rotation does not say that there are no changes:\n%s", again)
	}
}

// valueOf a secret: together they are more than etcd's client can say in one breath.
func valueOf(i int) string { return fmt.Sprintf("value %d %s", i, strings.Repeat("and so on ", 400)) }

// readAllTheTime reads secrets one by one and all at once, until the function that it returns is called. A read that fails
// fails the test.
func readAllTheTime(t *testing.T, cluster *framework.Cluster, namespace string, count int) (stop func() (reads int)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	secrets := cluster.Client.CoreV1().Secrets(namespace)
	reads := 0
	var readers errgroup.Group
	repeat := func(pause time.Duration, read func(i int) error) {
		readers.Go(func() error {
			for i := 0; ctx.Err() == nil; i++ {
				if err := read(i % count); err != nil && ctx.Err() == nil {
					return fmt.Errorf("read %d: %w", i, err)
				}
				time.Sleep(pause)
			}
			return nil
		})
	}
	repeat(100*time.Millisecond, func(i int) error {
		secret, err := secrets.Get(ctx, fmt.Sprintf("secret-%d", i), metav1.GetOptions{})
		if err == nil && string(secret.Data["value"]) != valueOf(i) {
			err = errors.New("it has another value")
		}
		reads++
		return err
	})
	repeat(2*time.Second, func(int) error { // half a megabyte each time
		list, err := secrets.List(ctx, metav1.ListOptions{})
		if err == nil && len(list.Items) < count {
			err = fmt.Errorf("%d of %d are there", len(list.Items), count)
		}
		return err
	})
	t.Cleanup(cancel)
	return func() int {
		cancel()
		if err := readers.Wait(); err != nil {
			t.Error(err)
		}
		return reads
	}
}
