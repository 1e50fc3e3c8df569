package attacks

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/rampart-iac/rampart/verify"
)

func auditAttacks() []verify.Attack {
	return []verify.Attack{
		{
			Name: "audit-footprints", Does: "act as an intruder, and look for the footprints in the audit log",
			Proves: ids("RMP-AUD-001", "RMP-AUD-002"), Needs: []verify.Need{verify.NeedNodes}, Run: auditFootprints,
		}, {
			Name: "audit-noise", Does: "look for heartbeats and health checks in the audit log",
			Proves: ids("RMP-AUD-004"), Needs: []verify.Need{verify.NeedNodes}, Run: auditNoise,
		},
	}
}

// auditNoise looks at the end of the log.
func auditNoise(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	node := scope.ControlPlane()
	folder, err := auditFolder(ctx, node)
	if errors.Is(err, errNoAuditLog) {
		trial.Broken("RMP-AUD-004", "%v", err)
		return nil
	}
	if err != nil {
		return err
	}
	text, err := node.Exec(ctx, "sh", "-c", `cat "$0"/*.log | tail -n 5000`, folder)
	if err != nil {
		return err
	}
	events, err := parseAudit(text)
	if err == nil && len(events) == 0 {
		err = errors.New("it has no events")
	}
	if err := trial.Control("the log has events", err); err != nil {
		return err
	}
	for _, event := range events {
		health := slices.ContainsFunc([]string{"/healthz", "/livez", "/readyz"},
			func(prefix string) bool { return strings.HasPrefix(event.RequestURI, prefix) })
		if event.ObjectRef.Resource == "leases" || health {
			trial.Broken("RMP-AUD-004", "the log has noise: %s %s by %s", event.Verb, event.RequestURI, event.User.Username)
			return nil
		}
	}
	trial.Held("RMP-AUD-004", "no lease and no health check in the last %d events", len(events))
	return nil
}
