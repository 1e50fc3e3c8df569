package plugin

import (
	"context"
	"fmt"
	"time"

	"sigs.k8s.io/kind/pkg/cluster"
	"sigs.k8s.io/kind/pkg/cluster/constants"
	kindexec "sigs.k8s.io/kind/pkg/exec"
	"sigs.k8s.io/kind/pkg/log"
)

// Labels that kind puts on node containers. They are kind's interface to itself, and unchanged since its first release.
const (
	kindClusterLabel = "io.x-k8s.kind.cluster"
	kindRoleLabel    = "io.x-k8s.kind.role"
)

const (
	roleControlPlane = constants.ControlPlaneNodeRoleValue
	roleWorker       = constants.WorkerNodeRoleValue

	// nodeRunning is the status of a container that runs, for all engines.
	nodeRunning = "running"
)

const (
	// goneTimeout bounds the wait until deleted containers are gone.
	goneTimeout = time.Minute

	// stopInterval is how often nodes are deleted while a cancelled creation still runs.
	stopInterval = time.Second
)

// kindClient drives one engine of this machine, directly and by the kind library.
type kindClient struct {
	engine command
	info   engineInfo
}

var _ client = (*kindClient)(nil)

func (k *kindClient) name() string {
	return k.engine.program
}

// provider returns the kind library's handle on this engine. The library calls nerdctl by the name or the path that it is given.
func (k *kindClient) provider(logger log.Logger, nerdctl string) *cluster.Provider {
	option := cluster.ProviderWithDocker()
	switch k.name() {
	case enginePodman:
		option = cluster.ProviderWithPodman()
	case engineNerdctl:
		option = cluster.ProviderWithNerdctl(nerdctl)
	}
	return cluster.NewProvider(option, cluster.ProviderWithLogger(logger))
}

// explain adds to an error of kind's what the command that failed said: kind's own text says only that it did.
func explain(err error) error {
	if err == nil {
		return nil
	}
	if failed := kindexec.RunErrorForError(err); failed != nil {
		if words := lastWords(failed.Output); words != "" {
			return fmt.Errorf("%w\n%s", err, words)
		}
	}
	return err
}

func (k *kindClient) kubeconfig(_ context.Context, cluster string) (string, error) {
	text, err := k.provider(log.NoopLogger{}, engineNerdctl).KubeConfig(cluster, false)
	return text, explain(err)
}
