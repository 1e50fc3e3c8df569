package attacks

import (
	"context"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
)

func networkAttacks() []verify.Attack {
	shared := &scene{}
	attack := func(
		name, does string, needs []verify.Need, run func(*scene, context.Context, *verify.Scope, *verify.Trial) error,
		proves ...baseline.ControlID,
	) verify.Attack {
		return verify.Attack{
			Name: name, Does: does, Proves: proves, Needs: needs,
			Run: func(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
				return run(shared, ctx, scope, trial)
			},
		}
	}
	// From pod to pod everything is in the cluster. What is beyond it is played by nodes, and their own ports answer only
	// whoever stands on one: the control experiments start there.
	pods, nodes := []verify.Need{verify.NeedPods}, []verify.Need{verify.NeedPods, verify.NeedNodes}
	return []verify.Attack{
		attack("tenant-borders", "connect from tenant to tenant, to nodes, the API and the world", pods, (*scene).borders,
			"RMP-NET-003"),
		attack("policy-enforced", "connect past a policy that denies it", pods, (*scene).enforced, "RMP-NET-001"),
		attack("first-packet", "connect with the first packet of a new pod", pods, (*scene).firstPacket, "RMP-NET-002"),
		attack("dns-tunnel", "send data out through port 53", nodes, (*scene).dnsTunnel, "RMP-NET-004"),
		attack("new-namespace", "connect from and to a namespace that was just made", pods, (*scene).newNamespace, "RMP-NET-005"),
		attack("metadata", "ask the metadata address from a pod that may do everything", nodes, (*scene).metadata, "RMP-NET-006"),
		attack("node-ports", "reach kubelets and etcd from a pod that may do everything", nodes, (*scene).nodePorts, "RMP-NET-007"),
		attack("careless-tenants", "connect tenants whose own policies allow everything", pods, (*scene).careless, "RMP-NET-008"),
		{
			Name: "nodes-from-outside", Does: "reach kubelets and etcd from this machine",
			Proves: ids("RMP-NET-009"), Needs: []verify.Need{verify.NeedNodes}, Run: nodesFromOutside,
		}, {
			Name: "way-to-anywhere", Does: "look for rules of tenants that name the whole world",
			Proves: ids(baseline.EgressAnywhere), Run: wayToAnywhere,
		},
	}
}

// report says of a control what came through.
func report(trial *verify.Trial, control baseline.ControlID, got []line, held string) {
	if len(got) > 0 {
		trial.Broken(control, "%s gets through, and %d more", got[0], len(got)-1)
		return
	}
	trial.Held(control, "%s", held)
}
