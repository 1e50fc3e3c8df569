package verify

import (
	"context"
	"time"

	"github.com/rampart-iac/rampart/baseline"
)

// Attack is one way to find out whether controls hold.
type Attack struct {
	// Name is short and stays the same, such as etcd-bytes.
	Name string

	// Does says in a few words what is tried.
	Does string

	// Proves are the controls that it finds broken or not.
	Proves []baseline.ControlID

	// Needs are the places that it must be able to stand in.
	Needs []Need

	// Alone attacks run by themselves, after the others: they would see what the others do, or the other way round.
	Alone bool

	// Timeout of the attack. Default: two minutes.
	Timeout time.Duration

	// Run attacks. What it finds it tells the trial; an error says why it could not find out.
	Run func(ctx context.Context, scope *Scope, trial *Trial) error
}

const defaultTimeout = 2 * time.Minute

// Need is a place that an attack stands in, or a thing that it uses.
type Need string

// Needs.
const (
	// NeedNodes: to run commands on the nodes and to stand in their network.
	NeedNodes Need = "the nodes, as containers of an engine on this machine"
	// NeedPods: to run pods, with an image that is on the nodes.
	NeedPods Need = "an image for probes on every node"
)
