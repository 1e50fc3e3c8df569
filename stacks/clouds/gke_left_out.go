//go:build rampart_only && !rampart_gke

package clouds

import "github.com/rampart-iac/rampart/stacks"

func gkeMaker() stacks.Maker { return nil }

func gkeState() stacks.StateMaker { return nil }
