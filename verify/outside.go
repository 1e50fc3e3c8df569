package verify

import (
	"context"
	"strings"
	"sync"

	"github.com/rampart-iac/rampart/verify/live"
)

// Outside is a place beyond the cluster that nodes play, as long as an attack of the run needs it.
type Outside struct {
	*live.Outside

	leave func() error
}

// Close says that the attack needs it no more. The last one takes it off the nodes.
func (o *Outside) Close() error { return o.leave() }

// place is one that attacks of a run share: a node plays an address for one at a time, and another run may wait for it.
type place struct {
	mutex  sync.Mutex
	users  int
	played *live.Outside
}

// PlayOutside makes an address exist on every node, as that of the cluster does, for all attacks of the run that ask for it
// with the same ports. What cannot be taken off the nodes is tried once more at the end of the run.
func (s *Scope) PlayOutside(ctx context.Context, address string, ports ...string) (*Outside, error) {
	key := address + " " + strings.Join(ports, " ")
	s.mutex.Lock()
	if s.places == nil {
		s.places = map[string]*place{}
	}
	shared := s.places[key]
	if shared == nil {
		shared = &place{}
		s.places[key] = shared
	}
	s.mutex.Unlock()

	shared.mutex.Lock()
	defer shared.mutex.Unlock()
	if shared.users == 0 {
		played, err := s.Cluster.PlayOutside(ctx, address, ports...)
		if err != nil {
			return nil, err
		}
		shared.played = played
		s.Defer("address "+address, func(context.Context) error { return played.Close() })
	}
	shared.users++
	return &Outside{shared.played, sync.OnceValue(shared.leave)}, nil
}

func (p *place) leave() error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.users--; p.users > 0 {
		return nil
	}
	return p.played.Close()
}
