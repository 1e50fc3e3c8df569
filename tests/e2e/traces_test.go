package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/metadata"

	"github.com/rampart-iac/rampart/tests/framework"
)

// traces are what is there: every object of the cluster by kind and name, and on every node its loopback addresses, its
// abstract sockets, and the files where a stranger would leave some. What a run of verify has left is the difference.
type traces map[string]bool

// allTraces looks everywhere.
func allTraces(ctx context.Context) (traces, error) {
	found := traces{}
	return found, errors.Join(found.objects(ctx), found.nodes(ctx))
}

// objects lists every kind that the API server knows. Events are what a run is meant to leave.
func (t traces) objects(ctx context.Context) error {
	client, err := metadata.NewForConfig(cluster.Admin)
	if err != nil {
		return err
	}
	kinds, err := discovery.ServerPreferredResources(cluster.Client.Discovery())
	if err != nil {
		return err
	}
	for _, list := range kinds {
		group, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return err
		}
		for _, kind := range list.APIResources {
			if !slices.Contains(kind.Verbs, "list") || !slices.Contains(kind.Verbs, "create") || kind.Name == "events" {
				continue
			}
			objects, err := client.Resource(group.WithResource(kind.Name)).List(ctx, metav1.ListOptions{})
			if err != nil {
				return fmt.Errorf("listing %s: %w", kind.Name, err)
			}
			for _, object := range objects.Items {
				t[fmt.Sprintf("%s %s/%s", kind.Name, object.Namespace, object.Name)] = true
			}
		}
	}
	return nil
}

// onNodes are what is looked at on every node, each with the command that lists it.
var onNodes = map[string][]string{
	"address": {"sh", "-c", "ip -brief address show dev lo | tr -s ' ' '\n'"},
	"socket":  {"sh", "-c", "ss --listening --unix --no-header | grep -o '@rampart[^ ]*' || true"},
	"file":    {"find", "/etc", "/root", "/tmp", "/opt", "/usr/local", "/var/lib/kubelet/pods", "-maxdepth", "2"},
}

func (t traces) nodes(ctx context.Context) error {
	for _, node := range cluster.Nodes() {
		for what, command := range onNodes {
			output, err := node.Exec(ctx, command...)
			if err != nil {
				return err
			}
			for line := range strings.Lines(output) {
				t[fmt.Sprintf("%s on node %s: %s", what, node.Name, strings.TrimSpace(line))] = true
			}
		}
	}
	return nil
}

// since are the traces that were not there before, sorted.
func (t traces) since(before traces) []string {
	var more []string
	for _, each := range slices.Sorted(maps.Keys(t)) {
		if !before[each] {
			more = append(more, each)
		}
	}
	return more
}

// mustLook is allTraces in a test.
func mustLook(t *testing.T) traces {
	t.Helper()
	found, err := allTraces(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// nothingIsLeft wants every trace to be gone that was not there before. Kubelets take a moment to clear away the folders of
// pods that are gone, and to give their addresses back; nothing else is given one.
func nothingIsLeft(t *testing.T, before traces) {
	t.Helper()
	ofPods := func(trace string) bool {
		return strings.HasPrefix(trace, "ipamhandles ") || strings.Contains(trace, "/var/lib/kubelet/pods/")
	}
	for _, each := range mustLook(t).since(before) {
		if !ofPods(each) {
			t.Errorf("left: %s", each)
		}
	}
	framework.Eventually(t, "folders and addresses of pods to be gone", time.Minute, func(ctx context.Context) error {
		now, err := allTraces(ctx)
		if err != nil {
			return err
		}
		left, err := withoutForgotten(ctx, t, now.since(before))
		if err != nil {
			return err
		}
		if len(left) > 0 {
			return errors.New(strings.Join(left, "\n"))
		}
		return nil
	})
}
