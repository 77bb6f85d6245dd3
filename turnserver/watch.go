package turnserver

import (
	"net/netip"
	"sync"

	"turnpike/turnserver/turn"
)

// sightingQueue is how many sightings wait for one watcher; what it is too slow for is lost to it, and delays nobody.
const sightingQueue = 256

// Watch lets saw have what the relay sees of the user; and, from the network of addr, what comes before there is a name: requests without credentials, and
// handshakes that fail. A goroutine of the watch's own calls saw, one call after the other. stop ends it without waiting, so that one call may still be
// under way; Close waits for that. How many watch is for the caller to bound.
func (s *Server) Watch(user string, addr netip.Addr, saw func(turn.Sighting)) (stop func()) {
	queue, stopped := make(chan turn.Sighting, sightingQueue), make(chan struct{})
	s.watching.Lock()
	defer s.watching.Unlock()
	if s.closed() {
		return func() {}
	}
	unwatch := s.registry.Watch(user, addr, func(x turn.Sighting) {
		select {
		case queue <- x:
		default:
		}
	})
	s.running.Go(func() {
		for {
			select {
			case x := <-queue:
				select {
				case <-stopped:
					return
				default:
					saw(x)
				}
			case <-stopped:
				return
			case <-s.closing:
				return
			}
		}
	})
	return sync.OnceFunc(func() {
		unwatch()
		close(stopped)
	})
}
