// Package turnserver is the relay as an operator sees it: listeners, relay sockets and their ports, sessions, figures.
// The protocol itself is in package turn; this package is its edge.
//
// A Server has a fixed number of shards. A shard owns a turn.Core, one UDP socket per address (SO_REUSEPORT spreads clients over the shards, and a
// 5-tuple always lands on the same one), and the streams and relay sockets of its clients. Its datapath moves datagrams: "batched" by one loop for all sockets,
// "portable" by one goroutine for each. Whoever has an event takes the shard's mutex, the only lock on a packet's way, a loop once for all that is ready.
// Nothing is waited for under that mutex: streams have bounded queues, what goes to other shards has too, and what does not fit is dropped and counted.
//
// A stream is its own goroutine's from the moment that it is accepted: PROXY header, TLS and the first byte are read there, within seconds, and an
// admission bounds how many have no allocation. DTLS flows share one socket per address, which one goroutine reads; each flow has another. Their locks
// (admission, arrivals, the table of flows) are taken alone or before the admission's, and never around a shard's.
//
// Listen binds everything, so that every mistake of configuration shows there; Serve runs until Close, and when Close returns nothing runs any more.
package turnserver

import (
	"crypto/rand"
	"crypto/tls"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"

	"turnpike/turnserver/turn"
)

// A Server is a running relay.
type Server struct {
	cfg       Config
	log       *slog.Logger
	settings  atomic.Pointer[settings]
	policing  sync.Mutex // taken to replace the policy
	registry  *turn.Registry
	relays    []*relayPool
	shards    []*shard
	reserved  reservedSockets
	peers     peerConns
	nat64     atomic.Pointer[[]netip.Prefix] // learned from the resolver
	discovery *turn.Discovery
	listeners listeners
	datapath  struct{ name, why string }

	tls, webTLS *tls.Config
	streams     atomic.Uint32 // how many there have been; tells apart two with the same addresses

	selfTester string // whom the sessions of the self-test are accounted to: a name that nobody can guess

	admission admission
	arrivals  arrivals
	refused   refused
	portless  seldom
	watching  sync.Mutex // taken to begin a watch and to close, so that none begins after
	closing   chan struct{}
	closeOnce sync.Once
	running   sync.WaitGroup // every goroutine of the server
}

// Listen binds every socket that the configuration names.
func Listen(cfg Config) (*Server, error) {
	s := newServer(cfg)
	if err := s.prepare(); err != nil {
		return nil, err
	}
	if err := s.openDatapath(); err != nil {
		return nil, err
	}
	if err := s.listeners.open(s); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func newServer(cfg Config) *Server {
	s := &Server{cfg: cfg, log: cfg.Log, closing: make(chan struct{}), selfTester: "self-test-" + rand.Text()}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// Serve runs until Close, and returns nil then.
func (s *Server) Serve() error {
	s.listeners.serve(s, func() {
		for _, sh := range s.shards {
			s.running.Go(sh.run)
			s.running.Go(sh.path.run)
		}
		s.running.Go(s.watchAddresses)
		if s.pool(turn.IPv6) != nil {
			s.running.Go(s.learnNAT64)
		}
	})
	<-s.closing
	return nil
}

// Close ends every session and socket. When it returns nothing runs any more.
func (s *Server) Close() error {
	s.closeOnce.Do(func() {
		s.watching.Lock()
		close(s.closing)
		s.watching.Unlock()
		s.listeners.close()
		s.arrivals.close()
		for _, sh := range s.shards {
			sh.close()
		}
	})
	s.running.Wait()
	return nil
}

func (s *Server) closed() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

// Stats are figures of the moment.
type Stats struct {
	Allocations int
	Transports  map[string]int // allocations by transport of the client
	Families    map[string]int // relayed addresses, "ipv4" and "ipv6"
	Shards      int
	Sent        turn.Traffic // from clients to peers, since the start
	Received    turn.Traffic // from peers to clients
	Drops       map[string]uint64
	Errors      map[int]uint64 // error responses by code
}

// Stats adds up the figures of all shards.
func (s *Server) Stats() Stats {
	st := Stats{Shards: len(s.shards), Transports: make(map[string]int), Families: make(map[string]int), Drops: make(map[string]uint64), Errors: make(map[int]uint64)}
	for _, sh := range s.shards {
		n, live, c := sh.figures()
		st.Allocations += n
		for i, n := range live.Transports {
			st.Transports[turn.Transport(i).String()] += n
		}
		st.Families["ipv4"] += live.IPv4
		st.Families["ipv6"] += live.IPv6
		st.Sent.Packets += c.Sent.Packets
		st.Sent.Bytes += c.Sent.Bytes
		st.Received.Packets += c.Received.Packets
		st.Received.Bytes += c.Received.Bytes
		for _, d := range turn.Drops() {
			if c.Drops[d] > 0 {
				st.Drops[d.String()] += c.Drops[d]
			}
		}
		for code, n := range c.Errors {
			if n > 0 {
				st.Errors[code] += uint64(n)
			}
		}
		if n := sh.overflow.Load(); n > 0 {
			st.Drops["queue full"] += n
		}
	}
	s.refused.addTo(st.Drops)
	return st
}
