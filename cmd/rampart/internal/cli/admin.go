package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/privatefile"
	"github.com/rampart-iac/rampart/stacks"
)

// adminKubeconfig returns the path and the content of the cluster's own kubeconfig.
func (s *session) adminKubeconfig(ctx context.Context) (string, []byte, error) {
	if s.cloud() {
		return s.cloudKubeconfig(ctx)
	}
	cluster := s.clusterName()
	path := s.kubeconfigPath(cluster)
	content, err := os.ReadFile(path)
	owner := stacks.FindCluster(s.stack.Home, cluster).Stack
	switch {
	case cluster == "" || os.IsNotExist(err):
		return "", nil, fmt.Errorf("stack %s has no cluster on this machine: run \"make up%s\" first",
			s.stack.Name, stackArgument(s.stack.Name))
	case owner != "" && owner != s.stack.Name:
		return "", nil, fmt.Errorf("stack %s has no cluster on this machine, and the cluster %s that its file names is stack %s's: "+
			"give it another name (rampart:cluster.name), or use --stack %s", s.stack.Name, cluster, owner, owner)
	}
	if err != nil {
		return "", nil, fmt.Errorf("reading the kubeconfig of cluster %s: %w", cluster, err)
	}
	return path, content, nil
}

func (s *session) kubeconfigPath(cluster string) string {
	return filepath.Join(stacks.ClusterDirectory(s.stack.Home, cluster), stacks.KubeconfigName)
}

// cloudKubeconfig takes the kubeconfig from the outputs of the stack, whose state may have been written on another machine,
// and puts it where that of a cluster on this machine is.
func (s *session) cloudKubeconfig(ctx context.Context) (string, []byte, error) {
	cluster := s.clusterName()
	if cluster == "" || s.stack.Backend.Ours && !s.stack.Exists() {
		return "", nil, s.noCluster()
	}
	if err := s.provide(ctx); err != nil {
		return "", nil, err
	}
	if err := s.stack.Prepare(); err != nil {
		return "", nil, err
	}
	outputs, err := s.engine().Outputs(ctx)
	if err != nil {
		return "", nil, err
	}
	text, _ := outputs[stacks.OutputKubeconfig].(string)
	if text == "" {
		return "", nil, fmt.Errorf("stack %s has no kubeconfig among its outputs, because no run of it came to its end: "+
			"run \"make up%s\" first", s.stack.Name, stackArgument(s.stack.Name))
	}
	if _, err := clientcmd.Load([]byte(text)); err != nil {
		// The loader's error could quote it.
		return "", nil, fmt.Errorf("the output %s of stack %s is no kubeconfig: run up again", stacks.OutputKubeconfig, s.stack.Name)
	}
	path := s.kubeconfigPath(cluster)
	const private = 0o700
	if err := os.MkdirAll(filepath.Dir(path), private); err != nil {
		return "", nil, fmt.Errorf("making the folder of the kubeconfig: %w", err)
	}
	if err := privatefile.Write(path, []byte(text)); err != nil {
		return "", nil, fmt.Errorf("writing the kubeconfig: %w", err)
	}
	return path, []byte(text), nil
}
