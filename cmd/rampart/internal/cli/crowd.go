package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/engine"
	"github.com/rampart-iac/rampart/components/isolation"
	"github.com/rampart-iac/rampart/components/tenant"
	"github.com/rampart-iac/rampart/stacks"
)

// crowd is from how many new tenants on they are added in a run of their own. It starts the program once more, for as long as
// two tenants take among few.
const crowd = 8

// bring brings the stack to what its file says. The engine writes the state as a whole at every step, so that a tenant among many
// costs more than among few: many new ones are added in a second run, which writes it at its end
// (docs/decisions/0034-many-tenants-at-once.md).
func (s *session) bring(
	ctx context.Context, pulumi *engine.Engine, config stacks.Config, refresh bool, targets []string,
) error {
	// Not what somebody's shell says: tenants that stand would go.
	pulumi = pulumi.With(stacks.HeldTenantsVariable + "=")
	if !s.stack.Backend.Ours || s.cloud() || len(targets) > 0 {
		return pulumi.Up(ctx, refresh, targets...)
	}
	known, told, err := s.stack.Tenants()
	if err != nil {
		return err
	}
	if !told {
		return pulumi.Up(ctx, refresh)
	}
	wanted := make([]string, 0, len(config.Tenants))
	for _, each := range config.Tenants {
		wanted = append(wanted, each.Name)
	}
	// What was begun and is still wanted is made over its own remains, and what the state knows is the engine's to remove.
	begun, err := s.stack.Adding()
	if stray := without(begun, slices.Concat(wanted, known)); err == nil && len(stray) > 0 {
		err = s.removeStray(ctx, pulumi, stray)
	}
	if err != nil {
		return err
	}
	newcomers := without(wanted, known)
	if len(newcomers) < crowd {
		if err := pulumi.Up(ctx, refresh); err != nil {
			return err
		}
		return s.stack.NoteAdding(nil)
	}
	fmt.Fprintf(s.progress, "%d tenants are new: everything else first, then they, in a run that writes the state at its end\n",
		len(newcomers))
	held := stacks.HeldTenantsVariable + "=" + strings.Join(newcomers, ",")
	if err := pulumi.With(held).Up(ctx, refresh); err != nil {
		return err
	}
	if err := s.stack.NoteAdding(newcomers); err != nil {
		return err
	}
	if err := pulumi.With(engine.WithoutCheckpoints).Up(ctx, false); err != nil {
		return err
	}
	return s.stack.NoteAdding(nil)
}

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
	cluster, err := s.locate(ctx, pulumi)
	if err != nil {
		return fail(err)
	}
	client, err := dynamic.NewForConfig(cluster.admin)
	if err != nil {
		return fail(err)
	}
	fmt.Fprintf(s.progress, "A run that was to add the tenants %s was killed, and they are not in the file any more: removing "+
		"what there is of them\n", strings.Join(names, ", "))
	namespaces := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"})
	borders := client.Resource(schema.GroupVersionResource{
		Group: "crd.projectcalico.org", Version: "v1", Resource: "globalnetworkpolicies",
	})
	for _, name := range names {
		namespace, err := namespaces.Get(ctx, name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
		case err != nil:
			return fail(err)
		case namespace.GetLabels()[tenant.TenantLabel] == name:
			err = namespaces.Delete(ctx, name, metav1.DeleteOptions{})
			if err == nil || apierrors.IsNotFound(err) {
				err = untilGone(ctx, namespaces, name)
			}
			if err != nil {
				return fail(err)
			}
		}
		// Last, as the engine does it: the border stands as long as there are pods behind it.
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
