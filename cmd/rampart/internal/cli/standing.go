package cli

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/engine"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/node"
	"github.com/rampart-iac/rampart/providers/kind"
)

// standing is the cluster of a stack, as its state knows it.
type standing struct {
	pulumi *engine.Engine

	// key, cluster and provider are the resources of that kind; the provider is the one for what is in the cluster.
	key, cluster, provider engine.Resource

	nodes []node.Node

	// kubeconfig is the path of the file that people use, admin the way in that it holds.
	kubeconfig string
	admin      *rest.Config
}

// standing finds the cluster. It is an error if the stack has none. Who runs the stack's program on it asks for configuration
// before.
func (s *session) standing(ctx context.Context) (*standing, error) {
	if _, err := s.configurationOfStanding(); err != nil {
		return nil, err
	}
	found, err := s.ofState(ctx)
	if err != nil {
		return nil, err
	}
	return s.reach(ctx, found)
}

// ofState is the cluster that the state knows, whether or not it can be reached and whatever is wrong with the stack's file.
func (s *session) ofState(ctx context.Context) (*standing, error) {
	if s.stack.Backend.Ours && !s.stack.Exists() {
		return nil, s.noCluster()
	}
	if err := s.equip(ctx); err != nil {
		return nil, err
	}
	pulumi := s.engine()
	if err := pulumi.Ready(ctx); err != nil {
		return nil, err
	}
	return s.find(ctx, pulumi)
}

// locate finds the cluster with an engine that is ready, and the way in.
func (s *session) locate(ctx context.Context, pulumi *engine.Engine) (*standing, error) {
	found, err := s.find(ctx, pulumi)
	if err != nil {
		return nil, err
	}
	return s.reach(ctx, found)
}

func (s *session) find(ctx context.Context, pulumi *engine.Engine) (*standing, error) {
	found := &standing{pulumi: pulumi}
	if err := found.read(ctx); err != nil {
		return nil, err
	}
	if found.key.URN == "" || found.cluster.URN == "" {
		return nil, s.noCluster()
	}
	return found, nil
}

// reach finds the way into a cluster.
func (s *session) reach(ctx context.Context, found *standing) (*standing, error) {
	if len(found.controlPlane()) == 0 {
		return nil, fmt.Errorf("the state of stack %s knows no control-plane node: run up first", s.stack.Name)
	}
	path, content, err := s.adminKubeconfig(ctx)
	if err != nil {
		return nil, err
	}
	found.kubeconfig = path
	if found.admin, err = clientcmd.RESTConfigFromKubeConfig(content); err != nil {
		// The loader's error could quote the file.
		return nil, errors.New("the kubeconfig at " + path + " cannot be used: run up, it writes it anew")
	}
	return found, nil
}

// read reads the state.
func (s *standing) read(ctx context.Context) error {
	resources, err := s.pulumi.Resources(ctx)
	if err != nil {
		return err
	}
	s.nodes = nil
	for _, resource := range resources {
		switch resource.Type {
		case kind.EncryptionKeyResourceToken:
			s.key = resource
		case kind.ClusterResourceToken:
			s.cluster = resource
		case "pulumi:providers:kubernetes":
			s.provider = resource
		}
	}
	list, _ := s.cluster.Outputs["nodes"].([]any)
	for _, element := range list {
		found, _ := element.(map[string]any)
		name, _ := found["name"].(string)
		s.nodes = append(s.nodes, node.Node{
			Engine: s.cluster.Text("engineUsed"), Name: name, ControlPlane: found["role"] == "control-plane",
		})
	}
	return nil
}

func (s *standing) controlPlane() []node.Node {
	var found []node.Node
	for _, each := range s.nodes {
		if each.ControlPlane {
			found = append(found, each)
		}
	}
	return found
}

func (s *session) noCluster() error {
	return fmt.Errorf("stack %s has no cluster: run \"make up%s\" first", s.stack.Name, stackArgument(s.stack.Name))
}

// targets are the resources that the control plane is made of, key first.
func (s *standing) targets() []string { return []string{s.key.URN, s.cluster.URN} }
