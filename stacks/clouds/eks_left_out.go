//go:build rampart_only && !rampart_eks

package clouds

import "github.com/rampart-iac/rampart/stacks"

func eksMaker() stacks.Maker { return nil }

func eksState() stacks.StateMaker { return nil }
