// Package signal is where peers meet: a WebSocket endpoint that speaks the
// protocol of PROTOCOL.md (rooms, calls by name, descriptions and candidates
// carried from one session to another) and an HTTP endpoint that hands out ICE
// servers. Descriptions, candidates and member states pass through unread and
// are never logged.
//
// A session outlives its connections: a [link] is one of them, and belongs to one
// session; while there is none, the session is away, for a minute.
//
// Goroutines: every WebSocket has two. One reads ([socket.read]); the other writes,
// pings and renews credentials ([link.pump]), and the first waits for it. An event stream has the one of its request,
// which writes. A pending call, a session that is away, one whose proof expires, an entry of a room's
// state that does, and a test have a timer each. [Server.Close]
// ends them all and waits. A dialect in a package below has [Lines], and closes
// them itself.
//
// Locks: session.turn is held while a frame of its client is acted upon, and taken first. hub.mu guards
// who is where: names, rooms, calls, held candidates, and which link carries a session.
// Under it there is no I/O, only look-ups, non-blocking sends to the
// sessions' queues, so that one slow peer delays nobody, and calls of Config.Met,
// Config.Parted and Config.Watch. Server.mu guards the
// list of open connections, Lines.mu that of a dialect, addresses.mu the budgets by client address, and
// each queue, test and purse has its own; no other lock is taken under any of
// these, and each may be taken while hub.mu is held.
package signal

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Config says who may connect and what they are handed.
type Config struct {
	// ICE returns the servers and credentials for a user of the relay. The
	// user is a name chosen here. It may be called concurrently.
	ICE func(user string, now time.Time) ICE

	// ICEFor is ICE with credentials for that time at most, or as long as ICE gives
	// them if it is 0. Nil: ICE is asked whatever the time.
	ICEFor func(user string, ttl time.Duration, now time.Time) ICE

	// Quota is told how many allocations a user with a token may have at once, as the token says;
	// 0: as configured. It may be called concurrently. Nil: nobody minds.
	Quota func(user string, allocations int, until time.Time)

	// Auth says what proves who somebody is.
	Auth Auth

	// Open lets everybody connect. Without it only this very machine may, see
	// [Loopback].
	Open bool

	// Origins are allowed beside the same host, as scheme://host[:port].
	Origins []string

	// TrustedProxies are those whose X-Forwarded-For, X-Forwarded-Host and
	// Forwarded are believed.
	TrustedProxies []netip.Prefix

	// Met tells that user now shares a room or an accepted call with a session of
	// other, which came from addr (as TrustedProxies have it); it is called for
	// both sides. Both are names that ICE was asked with. Parted tells the end of it:
	// once for each Met, with the same arguments, at the latest in Close. However
	// many rooms and calls two sessions share, they meet once and part once.
	//
	// Both are called under the hub's lock, before the clients hear of it: they must
	// not wait, nor call back. Either may be nil.
	Met, Parted func(user, other string, addr netip.Addr)

	// Test returns servers and credentials for the user of a test, and the STUN URLs
	// of different ports and addresses that show how a NAT maps. Watch has saw called
	// with what the relay sees of that user, and of requests from addr that name nobody,
	// until stop: each sighting an object, as PROTOCOL.md has it. Saw does not wait, and
	// may be called from anywhere.
	//
	// Watch and stop are called under the hub's lock: they must not wait for saw. Without
	// either there are no tests.
	Test  func(user string, ttl time.Duration, now time.Time) (ice ICE, discovery []string)
	Watch func(user string, addr netip.Addr, saw func(json.RawMessage)) (stop func())

	// Limits left at zero have the defaults of [DefaultLimits].
	Limits Limits

	// Log gets a line when a session opens and when it closes. Nil: silence.
	Log *slog.Logger
}

// Server serves /v1/signal, /v1/ice and /v1/invite.
type Server struct {
	ice       func(user string, ttl time.Duration, now time.Time) ICE
	quota     func(user string, allocations int, until time.Time)
	test      func(user string, ttl time.Duration, now time.Time) (ICE, []string)
	authority atomic.Pointer[authority]
	open      bool
	origins   origins
	proxies   proxies
	limits    Limits
	log       *slog.Logger
	addresses *addresses
	users     *users
	hub       *hub
	tokens    tokens
	mux       *http.ServeMux

	wg       sync.WaitGroup // one for each reserved place
	detached atomic.Int64   // sessions that are away; counted among the reserved
	lines    atomic.Int64   // connections of dialects; counted among the reserved
	pings    pings

	mu       sync.Mutex // guards the following
	closed   bool
	links    map[*link]struct{} // every open connection, greeted or not
	reserved int                // connections admitted, including those still in their handshake, and sessions away
}

// New returns a server that is ready to be mounted.
func New(cfg Config) (*Server, error) {
	if cfg.ICE == nil {
		return nil, errors.New("signal: no source of ICE servers")
	}
	if cfg.ICEFor == nil {
		cfg.ICEFor = func(user string, _ time.Duration, now time.Time) ICE { return cfg.ICE(user, now) }
	}
	allowed, err := parseOrigins(cfg.Origins, cfg.Auth.Required)
	if err != nil {
		return nil, fmt.Errorf("signal: %w", err)
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	limits := cfg.Limits.withDefaults()
	s := &Server{
		ice:       cfg.ICEFor,
		quota:     cfg.Quota,
		test:      cfg.Test,
		open:      cfg.Open,
		origins:   allowed,
		proxies:   proxies(cfg.TrustedProxies),
		limits:    limits,
		log:       cfg.Log,
		addresses: newAddresses(limits),
		hub:       newHub(limits, cfg),
		mux:       http.NewServeMux(),
		links:     make(map[*link]struct{}),
		tokens:    newTokens(),
	}
	authority, err := newAuthority(cfg.Auth)
	if err != nil {
		return nil, fmt.Errorf("signal: %w", err)
	}
	s.authority.Store(authority)
	s.users = newUsers()
	s.mux.HandleFunc("/v1/invite", s.serveInvite)
	s.mux.HandleFunc("/v1/signal", s.serveSocket)
	s.mux.HandleFunc("/v1/send", s.serveSend)
	s.mux.HandleFunc("/v1/events", s.serveEvents)
	s.mux.HandleFunc("/v1/ice", s.serveICE)
	return s, nil
}

// ServeHTTP serves /v1/signal, /v1/ice and /v1/invite, and 404 elsewhere.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mux.ServeHTTP(w, r)
}

// Close ends every session with 1001 and returns when none of their
// goroutines is left, a second later at the most. Later requests are answered 503.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	for l := range s.links {
		l.end(closeGoingAway, "the server is going away")
	}
	s.mu.Unlock()

	s.hub.close()
	s.authority.Load().close()
	s.wg.Wait()
	s.hub.timers.Wait()
	return nil
}

// Sessions tells how many connections are open, whether they have said hello or not,
// and how many sessions wait for their next one.
func (s *Server) Sessions() (open, away int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.links), int(s.detached.Load())
}

// Lines tells how many connections of dialects are open.
func (s *Server) Lines() int { return int(s.lines.Load()) }

// reserve takes a place for a connection about to be made. As many as there
// are sessions away may be made beyond the limit: who comes back has a place already.
func (s *Server) reserve() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.reserved >= s.limits.Sessions+int(s.detached.Load()) {
		return false
	}
	s.reserved++
	s.wg.Add(1)
	return true
}

// release gives a reserved place back.
func (s *Server) release() {
	s.mu.Lock()
	s.reserved--
	s.mu.Unlock()
	s.wg.Done()
}

// full tells whether a new session would be one too many, which took the place
// of somebody who is away.
func (s *Server) full(a *address) bool {
	s.mu.Lock()
	full := s.reserved > s.limits.Sessions
	s.mu.Unlock()
	return full || s.addresses.full(a)
}

// add lets Close find the link.
func (s *Server) add(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.links[l] = struct{}{}
	if s.closed {
		l.end(closeGoingAway, "the server is going away")
	}
}

func (s *Server) remove(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.links, l)
}
