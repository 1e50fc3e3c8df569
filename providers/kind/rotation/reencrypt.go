package rotation

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
)

const (
	// pageSize is how many objects are listed at a time.
	pageSize = 500

	// fieldManager is who the API server says has written; a write that changes nothing leaves no trace of it.
	fieldManager = "rampart-rotate-key"
)

// object is one object to write anew.
type object struct {
	resource        schema.GroupVersionResource
	namespace, name string
	uid             types.UID
}

func (o object) String() string { return path.Join(o.resource.Resource, o.namespace, o.name) }

// reencrypt has every object of the resources written anew, and returns how many there were. Nothing of an object but its
// metadata leaves the API server: a patch that changes nothing has it read the value, find that it was not written with the
// first key, and write it.
func (r *Rotation) reencrypt(ctx context.Context, patterns []string) (int, error) {
	config := rest.CopyConfig(r.Servers[0])
	// The API server says itself when it has enough.
	config.QPS = -1
	resources, err := encryptedResources(config, patterns)
	if err != nil {
		return 0, err
	}
	client, err := metadata.NewForConfig(config)
	if err != nil {
		return 0, err
	}
	end := r.Progress.Begin("Writing anew what is encrypted: " + strings.Join(patterns, ", "))
	count, err := r.rewrite(ctx, client, resources)
	end(fmt.Sprintf("%d objects", count), err)
	return count, err
}

func (r *Rotation) rewrite(
	ctx context.Context, client metadata.Interface, resources []schema.GroupVersionResource,
) (int, error) {
	var objects []object
	for _, resource := range resources {
		found, err := list(ctx, client, resource)
		if err != nil {
			return 0, err
		}
		objects = append(objects, found...)
	}
	workers := r.Workers
	if workers == 0 {
		workers = defaultWorkers
	}
	var done atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for _, each := range objects {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			if err := touch(ctx, client, each); err != nil {
				return err
			}
			r.Progress.Count(int(done.Add(1)), len(objects))
			return nil
		})
	}
	err := group.Wait()
	return int(done.Load()), err
}

// list returns all objects of a resource. Those that are made afterwards are written with the new key anyway.
func list(ctx context.Context, client metadata.Interface, resource schema.GroupVersionResource) ([]object, error) {
	var found []object
	options := metav1.ListOptions{Limit: pageSize}
	for {
		page, err := client.Resource(resource).List(ctx, options)
		if apierrors.IsResourceExpired(err) && options.Continue != "" {
			// The revision that the list began with is forgotten.
			found, options.Continue = nil, ""
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", resource.Resource, err)
		}
		for _, item := range page.Items {
			found = append(found, object{resource, item.Namespace, item.Name, item.UID})
		}
		if page.Continue == "" {
			return found, nil
		}
		options.Continue = page.Continue
	}
}

// attempts is how an API server that is busy, restarts or sees somebody else write is asked again: for about a minute.
var attempts = wait.Backoff{Steps: 11, Duration: 50 * time.Millisecond, Factor: 2, Jitter: 0.2}

// touch has one object written anew as it stands. The API server itself reads, patches and writes it, and begins again if
// somebody else writes in between, so that nobody's write is lost.
func touch(ctx context.Context, client metadata.Interface, what object) error {
	var last error
	err := wait.ExponentialBackoffWithContext(ctx, attempts, func(ctx context.Context) (bool, error) {
		again := false
		again, last = touchOnce(ctx, client, what)
		if again {
			return false, nil
		}
		return true, last
	})
	if wait.Interrupted(err) && last != nil && ctx.Err() == nil {
		err = last
	}
	if err != nil {
		return fmt.Errorf("writing %s anew: %w", what, err)
	}
	return nil
}

// touchOnce says whether it is worth another attempt.
func touchOnce(ctx context.Context, client metadata.Interface, what object) (again bool, err error) {
	// The identifier makes the patch one of this object, and not of another that got its name meanwhile.
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": what.uid}})
	if err != nil {
		return false, err
	}
	in := client.Resource(what.resource).Namespace(what.namespace)
	_, err = in.Patch(ctx, what.name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: fieldManager})
	switch {
	case err == nil, apierrors.IsNotFound(err):
		return false, nil
	case apierrors.IsConflict(err):
		current, err := in.Get(ctx, what.name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) || (err == nil && current.UID != what.uid) {
			// Another one of that name is new, and so is the key that it was written with.
			return false, nil
		}
		return true, err
	case refused(err):
		return false, err
	default:
		return true, err
	}
}

// refused says that an API server has understood and said no: asking again would not help.
func refused(err error) bool {
	return apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || apierrors.IsInvalid(err) ||
		apierrors.IsBadRequest(err) || apierrors.IsMethodNotSupported(err)
}

// encryptedResources finds the resources that the patterns of an encryption configuration mean, in the version that the
// API server prefers.
func encryptedResources(config *rest.Config, patterns []string) ([]schema.GroupVersionResource, error) {
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	// An API server behind this one that does not answer keeps its objects elsewhere; what cannot be found is an error below.
	lists, err := client.ServerPreferredResources()
	if err != nil && !discovery.IsGroupDiscoveryFailedError(err) {
		return nil, fmt.Errorf("asking for the API server's resources: %w", err)
	}
	var found []schema.GroupVersionResource
	missing := slices.Clone(patterns)
	for _, each := range lists {
		version, err := schema.ParseGroupVersion(each.GroupVersion)
		if err != nil {
			return nil, err
		}
		for _, resource := range each.APIResources {
			if strings.Contains(resource.Name, "/") || !slices.Contains(resource.Verbs, "list") ||
				!slices.Contains(resource.Verbs, "patch") {
				continue
			}
			which := slices.IndexFunc(patterns, func(pattern string) bool {
				return matches(pattern, schema.GroupResource{Group: version.Group, Resource: resource.Name})
			})
			if which >= 0 {
				found = append(found, version.WithResource(resource.Name))
				missing = slices.DeleteFunc(missing, func(pattern string) bool { return pattern == patterns[which] })
			}
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("the API server has no %s, which its encryption configuration names", strings.Join(missing, ", "))
	}
	return found, nil
}

// matches says whether a pattern of an encryption configuration means a resource: secrets, deployments.apps, or with a
// wildcard *.apps, *. (all of the core group) and *.* (all).
func matches(pattern string, resource schema.GroupResource) bool {
	name, group, _ := strings.Cut(pattern, ".")
	return (name == "*" || name == resource.Resource) && (group == "*" || group == resource.Group)
}
