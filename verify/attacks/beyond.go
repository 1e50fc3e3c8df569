package attacks

import (
	"context"
	"errors"
	"fmt"
	"net"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/live"
)

// Places beyond the cluster that nodes play on their own loopback, so that no packet leaves the machine: two of the
// ranges that documentation uses, and the address at which clouds hand credentials to whoever asks.
const (
	someHost   = "203.0.113.10"
	nameServer = "198.51.100.53"
	metadata   = "169.254.169.254"
	dnsPort    = "53"
)

func (s *scene) dnsTunnel(ctx context.Context, scope *verify.Scope, trial *verify.Trial) (err error) {
	one, _, err := s.tenants(ctx, scope)
	if err != nil {
		return err
	}
	dns, err := scope.Client.CoreV1().Services("kube-system").Get(ctx, "kube-dns", metav1.GetOptions{})
	if err != nil {
		return err
	}
	place, err := scope.PlayOutside(ctx, nameServer, dnsPort)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, place.Close()) }()
	target := net.JoinHostPort(nameServer, dnsPort)
	got, err := through(ctx, scope, trial,
		[]line{
			{one.client, "tcp", net.JoinHostPort(dns.Spec.ClusterIP, dnsPort), placeDNS}, {nil, "tcp", target, placeNameServer},
			{nil, "udp", target, placeNameServer},
		}, []line{
			{one.client, "tcp", target, placeNameServer}, {one.client, "udp", target, placeNameServer},
			{one.server, "udp", target, placeNameServer},
		}, place)
	if err != nil {
		return err
	}
	report(trial, "RMP-NET-004", got,
		"a tenant's pod reaches the cluster's DNS on port 53, and a name server elsewhere over neither protocol")
	return nil
}

func (s *scene) metadata(ctx context.Context, scope *verify.Scope, trial *verify.Trial) (err error) {
	open, err := s.home(ctx, scope, openHome)
	if err != nil {
		return err
	}
	place, err := scope.PlayOutside(ctx, metadata)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, place.Close()) }()
	target := net.JoinHostPort(metadata, live.OutsidePort)
	got, err := through(ctx, scope, trial,
		append(open.toServer(open.client), line{nil, "tcp", target, placeMetadata}, line{nil, "udp", target, placeMetadata}),
		[]line{
			{open.client, "tcp", target, placeMetadata}, {open.client, "udp", target, placeMetadata},
			{open.server, "tcp", target, placeMetadata},
		}, place)
	if err != nil {
		return err
	}
	report(trial, "RMP-NET-006", got, "a pod whose own policies allow everything does not reach "+metadata)
	return nil
}

func (s *scene) nodePorts(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	open, _, err := s.two(ctx, scope, carelessOne, carelessTwo)
	if err != nil {
		return err
	}
	controls, attacks := open.toServer(open.client), []line{}
	for _, node := range scope.Nodes() {
		ports := []string{kubeletPort}
		if node.ControlPlane {
			ports = append(ports, "2379", etcdPeer)
		}
		for _, port := range ports {
			target := net.JoinHostPort(node.Address, port)
			place := placeOfPort(port)
			controls = append(controls, line{nil, "tcp", target, place})
			attacks = append(attacks, line{open.client, "tcp", target, place}, line{open.server, "tcp", target, place})
		}
	}
	got, err := through(ctx, scope, trial, controls, attacks)
	if err != nil {
		return err
	}
	report(trial, "RMP-NET-007", got, fmt.Sprintf(
		"%d connections of a tenant whose own policies allow everything to kubelets and etcd are dropped", len(attacks)))
	return nil
}
