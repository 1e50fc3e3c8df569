package rotation

import (
	"bytes"
	"context"
	"fmt"
	"strings"
)

const (
	// registry is what all keys of Kubernetes in etcd begin with.
	registry = "/registry/"

	// encrypted begins every value that is not written as it is, whatever with; secretbox and the name of the key follow.
	encrypted = "k8s:enc:"

	// mostNamed is how many keys an error names.
	mostNamed = 5
)

// verify looks at every value in etcd and fails if one is encrypted with anything but the given key.
func (r *Rotation) verify(ctx context.Context, key string) error {
	end := r.Progress.Begin("Looking in etcd for values of other keys")
	ours := []byte(encrypted + "secretbox:v1:" + key + ":")
	current := 0
	var stale []string
	err := r.Store.Heads(ctx, registry, func(name string, head []byte) {
		switch {
		case !bytes.HasPrefix(head, []byte(encrypted)):
		case bytes.HasPrefix(head, ours):
			current++
		default:
			stale = append(stale, name)
		}
	})
	if err == nil && len(stale) > 0 {
		err = fmt.Errorf("%d values are still encrypted with another key than %s: %s%s; the old key is kept: run this again",
			len(stale), key, strings.Join(stale[:min(len(stale), mostNamed)], ", "), more(len(stale)-mostNamed))
	}
	end(fmt.Sprintf("none, and %d of %s", current, key), err)
	return err
}

func more(count int) string {
	if count <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", count)
}
