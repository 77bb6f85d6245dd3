package signal

import (
	"sync/atomic"
	"time"
)

// RoundTripBounds are the upper bounds by which round trips are counted.
var RoundTripBounds = [...]time.Duration{
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond,
	250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2500 * time.Millisecond,
}

// RoundTrips are the times from a WebSocket ping to its pong, since the start.
type RoundTrips struct {
	Counts [len(RoundTripBounds) + 1]uint64 // by the bound that they are within; the last are above all
	Sum    time.Duration
}

// RoundTrips returns what was measured so far, on all WebSockets.
func (s *Server) RoundTrips() (r RoundTrips) {
	for i := range r.Counts {
		r.Counts[i] = s.pings.counts[i].Load()
	}
	r.Sum = time.Duration(s.pings.sum.Load())
	return r
}

// pings counts round trips. It is safe for concurrent use.
type pings struct {
	counts [len(RoundTripBounds) + 1]atomic.Uint64
	sum    atomic.Int64
}

func (p *pings) observe(took time.Duration) {
	i := 0
	for i < len(RoundTripBounds) && took > RoundTripBounds[i] {
		i++
	}
	p.counts[i].Add(1)
	p.sum.Add(int64(took))
}
