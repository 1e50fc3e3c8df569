package vanilla

import (
	"testing"

	"github.com/rampart-iac/rampart/tests/framework/standin"
)

// inPlaceOf has the cluster stand for the one of a stack in a cloud: what goes into it is applied by the real engine to a
// real cluster, and verified. One cloud for all: the layers are the same.
func inPlaceOf(t *testing.T, cluster *standin.Cluster, name string) {
	t.Helper()
	cluster.Prove(t, name).Expect(t)
}
