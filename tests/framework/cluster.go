package framework

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/rampart-iac/rampart/verify/live"
)

// Cluster is a running cluster that the product made, as its administrator and its host see it.
type Cluster struct {
	*live.Cluster
	Name string
}

// Node is one node of a cluster: a container on this machine.
type Node = live.Node

// What tests say of a cluster, in the words of the package that looks.
const (
	TCPPort     = live.TCPPort
	UDPPort     = live.UDPPort
	OutsidePort = live.OutsidePort
	NoName      = live.NoName
)

// open looks at a cluster of which it is known that its pods may be entered: Calico's rules are iptables'.
func open(ctx context.Context, config *rest.Config) (*live.Cluster, error) {
	return live.OpenWith(ctx, config, live.Settings{EnterPods: true})
}

// Connect looks at the cluster that the product made.
func (p *Product) Connect(ctx context.Context) (*Cluster, error) {
	kubeconfig, err := p.Kubeconfig(ctx)
	if err != nil {
		return nil, err
	}
	config, err := clientcmd.RESTConfigFromKubeConfig(kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("the product's kubeconfig: %w", err)
	}
	cluster, err := open(ctx, config)
	if err != nil {
		return nil, err
	}
	return &Cluster{Cluster: cluster, Name: p.Cluster}, errors.Join(cluster.WithoutEngine, cluster.WithoutImage)
}
