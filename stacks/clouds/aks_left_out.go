//go:build rampart_only && !rampart_aks

package clouds

import "github.com/rampart-iac/rampart/stacks"

func aksMaker() stacks.Maker { return nil }

func aksState() stacks.StateMaker { return nil }
