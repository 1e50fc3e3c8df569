package rotation

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
)

// etcd speaks to an etcd past the API server, in the JSON that etcd itself offers.
type etcd struct{ url string }

type pair struct {
	Key   []byte `json:"key"`
	Value []byte `json:"value"`
}

func (e etcd) call(ctx context.Context, what string, request, response any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	call, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url+"/v3/kv/"+what, bytes.NewReader(body))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(call)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("etcd, %s: %s: %s", what, answer.Status, text)
	}
	return json.Unmarshal(text, response)
}

func (e etcd) Heads(ctx context.Context, prefix string, visit func(key string, head []byte)) error {
	start, end := []byte(prefix), []byte(prefix[:len(prefix)-1]+"0")
	for {
		var found struct {
			Kvs  []pair `json:"kvs"`
			More bool   `json:"more"`
		}
		err := e.call(ctx, "range", map[string]any{"key": start, "range_end": end, "limit": 500}, &found)
		if err != nil {
			return err
		}
		for _, each := range found.Kvs {
			visit(string(each.Key), each.Value)
		}
		if !found.More {
			return nil
		}
		start = append(found.Kvs[len(found.Kvs)-1].Key, 0)
	}
}

func (e etcd) Compact(ctx context.Context) error {
	var now struct {
		Header struct {
			Revision string `json:"revision"`
		} `json:"header"`
	}
	if err := e.call(ctx, "range", map[string]any{"key": []byte("/"), "limit": 1}, &now); err != nil {
		return err
	}
	return e.call(ctx, "compaction", map[string]any{"revision": now.Header.Revision}, &struct{}{})
}

func (e etcd) put(t *testing.T, key, value string) {
	t.Helper()
	if err := e.call(t.Context(), "put", pair{[]byte(key), []byte(value)}, &struct{}{}); err != nil {
		t.Fatal(err)
	}
}

func (e etcd) remove(t *testing.T, key string) {
	t.Helper()
	if err := e.call(t.Context(), "deleterange", map[string]any{"key": []byte(key)}, &struct{}{}); err != nil {
		t.Fatal(err)
	}
}
