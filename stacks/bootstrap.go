package stacks

import (
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers/state"
)

// ProgramVariable asks the program for something else than its stack: ProgramBootstrap.
const ProgramVariable = "RAMPART_PROGRAM"

// ProgramBootstrap asks for the place that the state of a stack in a cloud is kept in.
const ProgramBootstrap = "bootstrap"

// Names of what the bootstrap says, as Pulumi takes it.
const (
	OutputBackend         = "backend"
	OutputSecretsProvider = "secretsProvider"
)

// StateMaker makes the place of a stack's state.
type StateMaker func(ctx *pulumi.Context, name string, args state.Args) (*state.Place, error)

// StateMakers are the clouds that a program can keep state in.
type StateMakers map[baseline.Provider]StateMaker

// Wanted is the program that was asked for: that of the stack, or that of the place of its state.
func Wanted(makers Makers, states StateMakers) pulumi.RunFunc {
	if os.Getenv(ProgramVariable) == ProgramBootstrap {
		return Bootstrap(states)
	}
	return Program(makers)
}

// Bootstrap is the Pulumi program that makes the place of a stack's state. It is a stack of its own, whose state is elsewhere.
func Bootstrap(makers StateMakers) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		config, _, err := readConfig()
		if err != nil {
			return err
		}
		args, err := config.StateArgs()
		if err != nil {
			return err
		}
		maker := makers[baseline.Provider(config.Provider)]
		if maker == nil {
			return withoutCloud(config.Provider)
		}
		place, err := maker(ctx, config.Cluster.Name+"-state", args)
		if err != nil {
			return err
		}
		ctx.Export(OutputBackend, place.Backend)
		ctx.Export(OutputSecretsProvider, place.SecretsProvider)
		return nil
	}
}

// StateArgs are those of the place of the stack's state. The error is of a stack that needs none.
func (c Config) StateArgs() (state.Args, error) {
	args := state.Args{Cluster: c.Cluster.Name}
	switch c.Provider {
	case ProviderEKS:
		args.Account, args.Region, args.Deployer = c.EKS.Account, c.EKS.Region, c.EKS.Deployer
	case ProviderAKS:
		args.Account, args.Region, args.Tenant, args.Deployer = c.AKS.Subscription, c.AKS.Region, c.AKS.Tenant, c.AKS.AdminGroup
	case ProviderGKE:
		args.Account, args.Region, args.ProjectNumber = c.GKE.Project, c.GKE.Region, c.GKE.ProjectNumber
		args.Deployer = c.GKE.Deployer
	default:
		return state.Args{}, fmt.Errorf("%s:provider %q: a cluster on this machine has its state on this machine: "+
			"there is no place to make", Project, c.Provider)
	}
	return args, nil
}
