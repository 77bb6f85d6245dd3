package conformance

import (
	"context"
	"io"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// session is the run of one clause: its sockets and allocations.
type session struct {
	*server
	clients    []*client
	closers    []io.Closer // sockets of peers
	unanswered bool        // a request was not; perhaps nobody is there any more
}

// stop is what a helper panics with when a clause cannot go on; try turns it into the verdict.
type stop struct{ Verdict }

func (s *session) stopf(format string, args ...any) { panic(stop{notTriedf(format, args...)}) }

// try runs a clause. A server must not be able to end the run, so a fault of the suite itself ends only the clause.
func (s *session) try(c clause) (v Verdict) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case stop:
			v = r.Verdict
		default:
			v = notTriedf("a fault of this suite: %v", r)
		}
		if v.Outcome != Pass && s.ctx.Err() != nil {
			v = notTriedf("%v", context.Cause(s.ctx))
		}
	}()
	if s.ctx.Err() != nil {
		return notTriedf("%v", context.Cause(s.ctx))
	}
	if c.slow && !s.o.Slow {
		return notTriedf("takes minutes; run with -slow")
	}
	return c.run(s)
}

// close gives everything up. Allocations are deleted, so that quotas have room again.
func (s *session) close() {
	for _, c := range s.clients {
		if c.relayed != nil && c.lost == nil {
			c.send(c.signed(stun.MethodRefresh, lifetime(0)).Raw)
		}
		c.close()
	}
	for _, c := range s.closers {
		c.Close()
	}
}

// over returns a client over a transport; the clause ends if there is none.
func (s *session) over(via transport) *client {
	c, err := s.dial(via)
	if err != nil {
		s.unanswered = true
		s.stopf("no connection: %v", err)
	}
	s.clients = append(s.clients, c)
	return c
}

// client returns a client over the transport of the URL.
func (s *session) client() *client { return s.over(s.via) }

// datagrams returns a client over UDP.
func (s *session) datagrams() *client {
	if s.via != udp {
		s.stopf("about UDP; test turn:%s?transport=udp", s.at)
	}
	return s.over(udp)
}

// stream returns a client over TCP or TLS.
func (s *session) stream() *client {
	via := s.server.stream()
	if via == "" {
		s.stopf("about streams, and port %d does not answer over TCP", s.at.Port())
	}
	return s.over(via)
}

// greeted returns a client that has a nonce.
func (s *session) greeted() *client {
	c := s.client()
	s.greet(c)
	return c
}

func (s *session) greet(c *client, extra ...stun.Setter) {
	if r := c.greet(extra...); c.nonce == nil {
		s.unanswered = r == nil
		s.stopf("no nonce: an Allocate without credentials got %s", r)
	}
}

// ask sends a request that need not be authenticated.
func (s *session) ask(c *client, m *stun.Message) *response {
	return s.noting(c.roundTrip(m, patience))
}

// call sends an authenticated request.
func (s *session) call(c *client, method stun.Method, attrs ...stun.Setter) *response {
	return s.noting(c.call(method, attrs...))
}

func (s *session) noting(r *response) *response {
	s.unanswered = s.unanswered || r == nil
	return r
}

// allocate gives a client an allocation; the clause ends if it cannot be had.
func (s *session) allocate(c *client, attrs ...stun.Setter) *response {
	r := s.tryAllocate(c, attrs...)
	if !r.success() {
		s.stopf("no allocation: %s", r)
	}
	if len(c.relayed) == 0 {
		s.stopf("the allocation has no XOR-RELAYED-ADDRESS")
	}
	return r
}

// tryAllocate waits while a quota is used up by clauses that run at the same time.
func (s *session) tryAllocate(c *client, attrs ...stun.Setter) *response {
	return s.tryAllocateOf(c, protocolUDP, attrs...)
}

func (s *session) tryAllocateOf(c *client, protocol byte, attrs ...stun.Setter) *response {
	attrs = append([]stun.Setter{requestedTransport(protocol)}, attrs...)
	r := s.call(c, stun.MethodAllocate, attrs...)
	if r.code() == 437 && c.via == udp && c.relayed == nil && !c.sha256 && c.redial() == nil {
		r = s.call(c, stun.MethodAllocate, attrs...) // the port was somebody's before us (RFC 8656 §7.4)
	}
	for range 10 {
		if r.code() != 486 {
			break
		}
		s.sleep(500 * time.Millisecond)
		r = s.call(c, stun.MethodAllocate, attrs...)
	}
	if r.success() {
		c.relayed = r.addresses(stun.AttrXORRelayedAddress)
	}
	return r
}

// allocated returns a client with an allocation.
func (s *session) allocated(attrs ...stun.Setter) *client {
	c := s.client()
	s.allocate(c, attrs...)
	return c
}

// permit gives a permission; the clause ends if it cannot be had.
func (s *session) permit(c *client, peer netip.AddrPort) {
	if r := s.call(c, stun.MethodCreatePermission, peerAddress(peer)); !r.success() {
		s.stopf("no permission for %s: %s", peer, r)
	}
}

// bind binds a channel; the clause ends if it cannot be had.
func (s *session) bind(c *client, number uint16, peer netip.AddrPort) {
	if r := s.call(c, stun.MethodChannelBind, channelNumber(number), peerAddress(peer)); !r.success() {
		s.stopf("no channel to %s: %s", peer, r)
	}
}

// sleep waits, by the server's clock.
func (s *session) sleep(d time.Duration) {
	select {
	case <-time.After(d / time.Duration(max(1, s.o.rate))):
	case <-s.ctx.Done():
		panic(stop{notTriedf("%v", context.Cause(s.ctx))})
	}
}

// otherUser returns credentials of somebody else, which only a secret can make.
func (s *session) otherUser() credentials {
	if s.o.Secret == "" {
		s.stopf("needs a second user; run with -secret")
	}
	return signed(s.o.Secret, s.o.Username+"-2", time.Now())
}
