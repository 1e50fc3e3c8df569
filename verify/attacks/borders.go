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

func (s *scene) borders(ctx context.Context, scope *verify.Scope, trial *verify.Trial) (err error) {
	one, two, err := s.tenants(ctx, scope)
	if err != nil {
		return err
	}
	open, err := s.home(ctx, scope, openHome)
	if err != nil {
		return err
	}
	var attacks []line
	controls := append(append(one.toServer(one.client), two.toServer(two.client)...), open.toServer(open.client)...)
	for _, way := range []struct{ from, to *home }{
		{one, two}, {two, one},
		// Nothing guards the open home, so that it is the tenant's own way out, or in, that is shut.
		{one, open}, {open, two},
	} {
		attacks = append(attacks, way.to.toServer(way.from.client)...)
	}
	if scope.WithoutEngine != nil {
		got, err := through(ctx, scope, trial, controls, attacks)
		if err != nil {
			return err
		}
		report(trial, "RMP-NET-003", got, fmt.Sprintf("%d connections between %s, %s and other namespaces are dropped (nodes, the "+
			"metadata address and the world were not tried: their controls start on nodes)", len(attacks), one.namespace, two.namespace))
		return nil
	}
	api, err := scope.Client.CoreV1().Services("default").Get(ctx, "kubernetes", metav1.GetOptions{})
	if err != nil {
		return err
	}
	node := scope.ControlPlane().Address
	for _, port := range []string{"6443", kubeletPort, "2379"} {
		target := net.JoinHostPort(node, port)
		place := placeOfPort(port)
		controls = append(controls, line{nil, "tcp", target, place})
		attacks = append(attacks, line{one.client, "tcp", target, place}, line{two.server, "tcp", target, place})
	}
	attacks = append(attacks, line{one.client, "tcp", net.JoinHostPort(api.Spec.ClusterIP, "443"), placeAPI})
	var places []*verify.Outside
	defer func() {
		for _, played := range places {
			err = errors.Join(err, played.Close())
		}
	}()
	for _, beyond := range []struct{ address, place string }{{someHost, placeWorld}, {metadata, placeMetadata}} {
		played, err := scope.PlayOutside(ctx, beyond.address)
		if err != nil {
			return err
		}
		places = append(places, played)
		target := net.JoinHostPort(beyond.address, live.OutsidePort)
		controls = append(controls, line{nil, "tcp", target, beyond.place}, line{nil, "udp", target, beyond.place})
		attacks = append(attacks, line{one.client, "tcp", target, beyond.place},
			line{one.server, "udp", target, beyond.place}, line{two.client, "tcp", target, beyond.place})
	}
	got, err := through(ctx, scope, trial, controls, attacks, places...)
	if err != nil {
		return err
	}
	report(trial, "RMP-NET-003", got, fmt.Sprintf(
		"%d connections out of and into %s and %s are dropped: to each other, nodes, the API, the metadata address, the world",
		len(attacks), one.namespace, two.namespace))
	return nil
}

func (s *scene) newNamespace(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	fresh, err := s.home(ctx, scope, newHome)
	if err != nil {
		return err
	}
	open, err := s.home(ctx, scope, openHome)
	if err != nil {
		return err
	}
	got, err := through(ctx, scope, trial, open.toServer(open.client),
		append(open.toServer(fresh.client), fresh.toServer(open.client)...))
	if err != nil {
		return err
	}
	report(trial, "RMP-NET-005", got, "a namespace without any policy of its own is shut in both directions")
	return nil
}

func (s *scene) careless(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	one, two, err := s.two(ctx, scope, carelessOne, carelessTwo)
	if err != nil {
		return err
	}
	got, err := through(ctx, scope, trial, append(one.toServer(one.client), two.toServer(two.client)...),
		append(two.toServer(one.client), one.toServer(two.client)...))
	if err != nil {
		return err
	}
	report(trial, "RMP-NET-008", got, fmt.Sprintf(
		"pods in %s and %s for which policies allow everything do not reach each other", one.namespace, two.namespace))
	return nil
}
