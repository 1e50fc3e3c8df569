package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/leadership"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/progress"
)

// leadersPatience is how long controllers may take to lead: their start, and the 15 seconds for which a lease runs that somebody
// else holds.
const leadersPatience = 45 * time.Second

// takeOver waits until the controllers of a control plane lead that has started since a moment, so that what comes next finds
// somebody who places pods. It removes the leases of those who are dead.
func (s *session) takeOver(
	ctx context.Context, client kubernetes.Interface, dead func(holder string) bool, since time.Time,
) error {
	end := progress.New(s.progress).Begin("Having controller manager and scheduler take over")
	late, err := leadership.TakeOver(ctx, client, dead, since, leadersPatience)
	end("", err)
	if len(late) > 0 && err == nil {
		fmt.Fprintf(s.progress, "These do not lead after %s: %s. No pod starts until they do; look at their pods in kube-system\n",
			leadersPatience, strings.Join(late, ", "))
	}
	return err
}
