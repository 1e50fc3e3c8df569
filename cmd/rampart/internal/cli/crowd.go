package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/engine"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/toolchain"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
	"github.com/rampart-iac/rampart/components/isolation"
	"github.com/rampart-iac/rampart/components/tenant"
	"github.com/rampart-iac/rampart/stacks"
)

// crowd is from how many tenants on they are added, or removed, in a run of their own. It starts the program once more, for as
// long as two tenants take among few.
const crowd = 8

// bring brings the stack to what its file says. The engine writes the state as a whole at every step, so that a tenant among many
// costs more than among few: many that go are removed in a run of their own, and many new ones added in another, which write it
// at their end (docs/decisions/0034-many-tenants-at-once.md). It says whether any was removed, which the last run does not know.
func (s *session) bring(
	ctx context.Context, pulumi *engine.Engine, config stacks.Config, refresh bool, targets []string,
) (removed bool, err error) {
	// Not what somebody's shell says: tenants that stand would go.
	pulumi = pulumi.With(stacks.HeldTenantsVariable + "=")
	if !s.stack.Backend.Ours || s.cloud() || len(targets) > 0 {
		return false, pulumi.Up(ctx, refresh, targets...)
	}
	known, told, err := s.stack.Tenants()
	if err != nil {
		return false, err
	}
	if !told {
		return false, pulumi.Up(ctx, refresh)
	}
	wanted := make([]string, 0, len(config.Tenants))
	for _, each := range config.Tenants {
		wanted = append(wanted, each.Name)
	}
	back, err := s.comingBack(ctx, pulumi, wanted)
	if err != nil {
		return false, err
	}
	if leaving := without(known, wanted); len(leaving) >= crowd {
		removed = true
		if err := s.removeCrowd(ctx, pulumi, leaving, back); err != nil {
			return removed, err
		}
	}
	// What was begun and is still wanted is made over its own remains, and what the state knows is the engine's to remove.
	begun, err := s.stack.Crowd(workspace.Adding)
	if err != nil {
		return removed, err
	}
	if stray := without(begun.Tenants, slices.Concat(wanted, known)); len(stray) > 0 {
		removed = true
		if err := s.removeStray(ctx, pulumi, stray); err != nil {
			return removed, err
		}
	}
	if err := s.addCrowd(ctx, pulumi, without(wanted, known), begun, refresh || len(back) > 0); err != nil {
		return removed, err
	}
	return removed, s.stack.NoteCrowd(workspace.Removing, workspace.CrowdNote{})
}

// addCrowd brings the stack to what its file says, new tenants at the end if they are many.
func (s *session) addCrowd(
	ctx context.Context, pulumi *engine.Engine, newcomers []string, begun workspace.CrowdNote, refresh bool,
) error {
	of := ""
	if len(newcomers) >= crowd || len(begun.Tenants) > 0 {
		var err error
		if of, err = s.madeOf(ctx); err != nil {
			return err
		}
	}
	switch {
	case !refresh && len(begun.Tenants) > 0 && of == begun.Of:
		// Everything else was made, and nothing has changed since: only they are to be completed.
		fmt.Fprintf(s.progress, "An earlier run did not end with its %d new tenants: going on with them\n", len(begun.Tenants))
	case len(newcomers) < crowd:
		if err := pulumi.Up(ctx, refresh); err != nil {
			return err
		}
		return s.stack.NoteCrowd(workspace.Adding, workspace.CrowdNote{})
	default:
		fmt.Fprintf(s.progress, "%d tenants are new: everything else first, then they, in a run that writes the state at its end\n",
			len(newcomers))
		held := stacks.HeldTenantsVariable + "=" + strings.Join(newcomers, ",")
		if err := pulumi.With(held).Up(ctx, refresh); err != nil {
			return err
		}
		if err := s.stack.NoteCrowd(workspace.Adding, workspace.CrowdNote{Tenants: newcomers, Of: of}); err != nil {
			return err
		}
	}
	if err := pulumi.With(engine.WithoutCheckpoints).Up(ctx, false); err != nil {
		return err
	}
	return s.stack.NoteCrowd(workspace.Adding, workspace.CrowdNote{})
}

// madeOf tells one run from another: by the stack's file, the images and the program.
func (s *session) madeOf(ctx context.Context) (string, error) {
	program, err := toolchain.BuildProgram(ctx, s.stack.Workspace, s.environment(), s.progress)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	for _, path := range []string{s.stack.File, filepath.Join(s.stack.Home, stacks.ImagesFile), program} {
		content, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("telling whether anything has changed since an earlier run: %w", err)
		}
		part := sha256.Sum256(content)
		hash.Write(part[:])
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// comingBack are the tenants that a killed run was to remove and that are wanted again: there may be less of them than the state
// knows, so that somebody has to look.
func (s *session) comingBack(ctx context.Context, pulumi *engine.Engine, wanted []string) ([]string, error) {
	begun, err := s.stack.Crowd(workspace.Removing)
	if err != nil {
		return nil, err
	}
	back := without(begun.Tenants, without(begun.Tenants, wanted))
	if len(back) == 0 {
		return nil, nil
	}
	fmt.Fprintf(s.progress, "A run that was to remove the tenants %s was killed, and they are in the file again: looking at what "+
		"stands first\n", strings.Join(back, ", "))
	return back, s.awaitGoing(ctx, pulumi, back)
}

// removeCrowd removes many tenants. Others are still to be looked at, whatever becomes of it.
func (s *session) removeCrowd(ctx context.Context, pulumi *engine.Engine, leaving, others []string) error {
	fmt.Fprintf(s.progress, "%d tenants are in the file no more: removing them first, in a run that writes the state at its end\n",
		len(leaving))
	urns, err := s.stack.OfTenants(leaving)
	if err != nil {
		return err
	}
	note := workspace.CrowdNote{Tenants: slices.Concat(leaving, others)}
	if err := s.stack.NoteCrowd(workspace.Removing, note); err != nil {
		return err
	}
	if err := pulumi.With(engine.WithoutCheckpoints).DestroyOnly(ctx, urns); err != nil {
		return err
	}
	return s.stack.NoteCrowd(workspace.Removing, workspace.CrowdNote{Tenants: others})
}

// awaitGoing waits until namespaces that are on their way out are gone: the engine would take them for standing.
func (s *session) awaitGoing(ctx context.Context, pulumi *engine.Engine, names []string) error {
	client, err := s.objects(ctx, pulumi)
	if err != nil {
		return err
	}
	namespaces := client.Resource(namespaceResource)
	for _, name := range names {
		namespace, err := namespaces.Get(ctx, name, metav1.GetOptions{})
		if err == nil && namespace.GetDeletionTimestamp() != nil {
			err = untilGone(ctx, namespaces, name)
		}
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("looking at the namespace of tenant %s: %w", name, err)
		}
	}
	return nil
}

// objects is a client for all objects of the cluster that stands.
func (s *session) objects(ctx context.Context, pulumi *engine.Engine) (dynamic.Interface, error) {
	cluster, err := s.locate(ctx, pulumi)
	if err != nil {
		return nil, err
	}
	return dynamic.NewForConfig(cluster.admin)
}

var namespaceResource = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}

// without returns the names that are not among others.
func without(names, others []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(others, name) })
}

// strayDeadline is for a namespace to be gone with all that is in it.
const strayDeadline = 5 * time.Minute

// removeStray removes what there may be of tenants that a killed run was to add, of which the state knows nothing: their
// namespaces, if they are ours, and all that is in them, and their borders.
func (s *session) removeStray(ctx context.Context, pulumi *engine.Engine, names []string) error {
	fail := func(err error) error {
		return fmt.Errorf("removing what a killed run has left of the tenants %s: %w", strings.Join(names, ", "), err)
	}
	client, err := s.objects(ctx, pulumi)
	if err != nil {
		return fail(err)
	}
	fmt.Fprintf(s.progress, "A run that was to add the tenants %s was killed, and they are not in the file any more: removing "+
		"what there is of them\n", strings.Join(names, ", "))
	namespaces := client.Resource(namespaceResource)
	borders := client.Resource(schema.GroupVersionResource{
		Group: "crd.projectcalico.org", Version: "v1", Resource: "globalnetworkpolicies",
	})
	// All at once, and then a wait for each: a namespace takes seconds to go.
	var going []string
	for _, name := range names {
		namespace, err := namespaces.Get(ctx, name, metav1.GetOptions{})
		if err == nil && namespace.GetLabels()[tenant.TenantLabel] == name {
			going = append(going, name)
			err = namespaces.Delete(ctx, name, metav1.DeleteOptions{})
		}
		if err != nil && !apierrors.IsNotFound(err) {
			return fail(err)
		}
	}
	for _, name := range going {
		if err := untilGone(ctx, namespaces, name); err != nil {
			return fail(err)
		}
	}
	// Last, as the engine does it: the border stands as long as there are pods behind it.
	for _, name := range names {
		if err := borders.Delete(ctx, isolation.BorderName(name), metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return fail(err)
		}
	}
	return nil
}

func untilGone(ctx context.Context, objects dynamic.ResourceInterface, name string) error {
	return wait.PollUntilContextTimeout(ctx, time.Second, strayDeadline, true, func(ctx context.Context) (bool, error) {
		_, err := objects.Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		return false, err
	})
}
