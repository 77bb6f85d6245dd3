// Package turnserver is the relay as an operator sees it: listeners, relay sockets and their ports, sessions, figures.
// The protocol itself is in package turn; this package is its edge.
//
// A Server has a fixed number of shards. A shard owns a turn.Core, one UDP socket per address (SO_REUSEPORT spreads clients over the shards, and a
// 5-tuple always lands on the same one), and the streams and relay sockets of its clients. Each socket has one goroutine that reads; it takes the shard's mutex,
// the only lock on a packet's way, for one event and its effects. Nothing is waited for under that mutex: streams have bounded queues, and what does
// not fit is dropped and counted.
//
// Listen binds everything, so that every mistake of configuration shows there; Serve runs until Close, and when Close returns nothing runs any more.
package turnserver

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"turnpike/turnserver/turn"
)

// Config is what a Server is told. Its zero values are the defaults that config/example.yml names, where that is possible at all.
type Config struct {
	Realm       string
	Listen      []Listener
	Relay       RelayConfig
	Peers       PeerConfig
	Credentials CredentialConfig
	TLS         *tls.Config // the certificate; nil: no TLS. GetCertificate is also asked without a server name, and answers with the first one
	// ProxyProtocol are the senders that begin each stream with a PROXY protocol header (version 1 or 2), which nobody else may.
	ProxyProtocol []netip.Prefix
	URLs          []string // what clients are told; empty: from the listeners and the public address
	Limits        LimitConfig
	TCPRelays     bool // RFC 6062
	Shards        int  // 0: one per core
	Log           *slog.Logger
}

// PeerConfig says which peers may be relayed to. See turn.Policy.
type PeerConfig struct {
	Deny, Allow []string // "recommended", a prefix, or an address
	MinPort     int
	Mode        string // "internet", "signaled" or "relays"; empty is internet
}

// modes are the names of turn.PeerMode.
var modes = map[string]turn.PeerMode{"": turn.Internet, "internet": turn.Internet, "signaled": turn.Signaled, "relays": turn.Relays}

// CredentialConfig has the secrets of time-limited credentials: the first signs, all verify.
type CredentialConfig struct {
	Secrets      []string
	TTL          time.Duration
	StrictExpiry bool
}

// LimitConfig has no limit where it has 0.
type LimitConfig struct {
	AllocationsPerUser, AllocationsPerAddress, Allocations, PermissionsPerAllocation int

	Unauthenticated, UnauthenticatedBurst               int // answers a second to one address over UDP
	BandwidthPerAllocation, BandwidthPerUser, Bandwidth int // bytes a second each way
}

func (l LimitConfig) registry() turn.Limits {
	return turn.Limits{
		PerUser: l.AllocationsPerUser, PerAddress: l.AllocationsPerAddress, Total: l.Allocations,
		BandwidthPerAllocation: l.BandwidthPerAllocation, BandwidthPerUser: l.BandwidthPerUser, Bandwidth: l.Bandwidth,
		Unauthenticated: l.Unauthenticated, UnauthenticatedBurst: l.UnauthenticatedBurst,
	}
}

// A Server is a running relay.
type Server struct {
	cfg         Config
	log         *slog.Logger
	credentials *turn.Credentials
	registry    *turn.Registry
	deny, allow []netip.Prefix
	mode        turn.PeerMode
	dynamic     bool // the deny list also has what this host's own networks are
	relays      []*relayPool
	shards      []*shard
	reserved    reservedSockets
	peers       peerConns
	listeners   listeners

	tls, webTLS *tls.Config
	streams     atomic.Uint32 // how many there have been; tells apart two with the same addresses

	admission admission
	arrivals  arrivals
	refused   refused
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
	if err := s.listeners.open(s); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func newServer(cfg Config) *Server {
	s := &Server{cfg: cfg, log: cfg.Log, closing: make(chan struct{})}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// prepare makes everything that has no socket.
func (s *Server) prepare() (err error) {
	if len(s.cfg.Credentials.Secrets) == 0 {
		return errors.New("turn: no secret: the relay would be open to everybody")
	}
	var secrets [][]byte
	for _, secret := range s.cfg.Credentials.Secrets {
		secrets = append(secrets, []byte(secret))
	}
	s.credentials = turn.NewCredentials(turn.Credentials{Realm: s.cfg.Realm, Secrets: secrets, TTL: s.cfg.Credentials.TTL, Strict: s.cfg.Credentials.StrictExpiry})
	if s.deny, s.dynamic, err = parsePrefixes(s.cfg.Peers.Deny); err != nil {
		return fmt.Errorf("turn.peers.deny: %w", err)
	}
	if s.allow, _, err = parsePrefixes(s.cfg.Peers.Allow); err != nil {
		return fmt.Errorf("turn.peers.allow: %w", err)
	}
	var known bool
	if s.mode, known = modes[s.cfg.Peers.Mode]; !known {
		return fmt.Errorf("turn.peers.mode: %q is not internet, signaled or relays", s.cfg.Peers.Mode)
	}
	if err := s.prepareTLS(); err != nil {
		return err
	}
	if s.relays, err = openRelayPools(s.cfg.Relay); err != nil {
		return err
	}
	limits := s.cfg.Limits
	var public []netip.Addr
	for _, r := range s.relays {
		public = append(public, r.address.Public)
	}
	s.registry = turn.NewRegistry(limits.registry(), public, time.Now())

	core := turn.Config{
		Realm:          s.cfg.Realm,
		Credentials:    s.credentials,
		Policy:         s.policy(),
		Registry:       s.registry,
		IPv4:           s.pool(turn.IPv4) != nil,
		IPv6:           s.pool(turn.IPv6) != nil,
		MaxPermissions: limits.PermissionsPerAllocation,
		DontFragment:   dontFragment,
		TCPRelays:      s.cfg.TCPRelays,
	}
	if _, err := rand.Read(core.NonceKey[:]); err != nil {
		return fmt.Errorf("random numbers: %w", err)
	}
	n := s.cfg.Shards
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	if !reusePort {
		n = 1
	}
	for i := range n {
		s.shards = append(s.shards, newShard(s, i, core))
	}
	return nil
}

// Serve runs until Close, and returns nil then.
func (s *Server) Serve() error {
	s.listeners.serve(s, func() {
		for _, sh := range s.shards {
			s.running.Go(sh.run)
		}
		s.running.Go(s.watchAddresses)
	})
	<-s.closing
	return nil
}

// Close ends every session and socket. When it returns nothing runs any more.
func (s *Server) Close() error {
	s.closeOnce.Do(func() {
		close(s.closing)
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

// Credentials returns a name and password for user, in the form that every TURN client takes.
func (s *Server) Credentials(user string, now time.Time) (username, password string, expires time.Time) {
	return s.credentials.Sign(user, 0, now)
}

// Stats are figures of the moment.
type Stats struct {
	Allocations int
	Shards      int
	Sent        turn.Traffic // from clients to peers, since the start
	Received    turn.Traffic // from peers to clients
	Drops       map[string]uint64
	Errors      map[int]uint64 // error responses by code
}

// Stats adds up the figures of all shards.
func (s *Server) Stats() Stats {
	st := Stats{Shards: len(s.shards), Drops: make(map[string]uint64), Errors: make(map[int]uint64)}
	for _, sh := range s.shards {
		n, c := sh.figures()
		st.Allocations += n
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
