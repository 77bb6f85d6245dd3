package conformance

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/pion/stun/v3"
)

// delivery is data that came through the relay.
type delivery struct {
	data    string
	from    netip.AddrPort // the peer, as the client is told; for a peer, the relayed address
	channel uint16         // 0 for a Data indication
	raw     []byte
}

// A peer is what an allocation exchanges data with.
type peer interface {
	addr() netip.AddrPort // where the relay finds it
	send(to netip.AddrPort, payload string)
	receive(wait time.Duration) (delivery, bool)
}

// received returns the next data that a client gets by Data indication or channel.
func (c *client) received(wait time.Duration) (delivery, bool) {
	var d delivery
	_, ok := c.await(time.Now().Add(wait), func(f frame) bool {
		got, ok := parseDelivery(f.data)
		if ok {
			d = got
		}
		return ok
	})
	return d, ok
}

func parseDelivery(b []byte) (d delivery, ok bool) {
	d.raw = b
	if len(b) >= 4 && b[0]>>6 == 1 {
		size := int(b[2])<<8 | int(b[3])
		if size > len(b)-4 {
			return d, false
		}
		d.channel, d.data = uint16(b[0])<<8|uint16(b[1]), string(b[4:4+size])
		return d, true
	}
	m := stun.New()
	if len(b) < headerSize || m.UnmarshalBinary(b) != nil || m.Type != stun.NewType(stun.MethodData, stun.ClassIndication) {
		return d, false
	}
	payload, ok1 := m.Attributes.Get(stun.AttrData)
	from, ok2 := m.Attributes.Get(stun.AttrXORPeerAddress)
	if !ok1 || !ok2 {
		return d, false
	}
	d.data = string(payload.Value)
	d.from, ok = address(from.Value, m.TransactionID, true)
	return d, ok
}

// sendTo sends data to a peer by a Send indication.
func (c *client) sendTo(to netip.AddrPort, payload string) {
	c.send(indication(stun.MethodSend, peerAddress(to), data(payload)).Raw)
}

// relayPeer is an allocation as a peer.
type relayPeer struct{ c *client }

func (p relayPeer) addr() netip.AddrPort                        { return p.c.relayed[0] }
func (p relayPeer) send(to netip.AddrPort, payload string)      { p.c.sendTo(to, payload) }
func (p relayPeer) receive(wait time.Duration) (delivery, bool) { return p.c.received(wait) }

// socketPeer is a plain socket of this host.
type socketPeer struct {
	conn *net.UDPConn
	at   netip.AddrPort
}

func (p *socketPeer) addr() netip.AddrPort { return p.at }

func (p *socketPeer) send(to netip.AddrPort, payload string) {
	_, _ = p.conn.WriteToUDPAddrPort([]byte(payload), to)
}

func (p *socketPeer) receive(wait time.Duration) (delivery, bool) {
	buf := make([]byte, 1<<16)
	until := time.Now().Add(wait)
	_ = p.conn.SetReadDeadline(until)
	for {
		n, from, err := p.conn.ReadFromUDPAddrPort(buf)
		if err == nil {
			return delivery{data: string(buf[:n]), from: canonical(from)}, true
		}
		if errors.Is(err, os.ErrDeadlineExceeded) || !time.Now().Before(until) {
			return delivery{}, false
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// listen opens a socket on the client's own address.
func (s *session) listen() *socketPeer {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: localAddress(s.at).AsSlice()})
	if err != nil {
		s.stopf("no socket for a peer: %v", err)
	}
	p := &socketPeer{conn, canonical(conn.LocalAddr().(*net.UDPAddr).AddrPort())}
	s.closers = append(s.closers, conn)
	return p
}

// peerOf returns a peer that lets data from c's relay in: a second allocation, or a socket where the server relays to this host but not to itself.
func (s *session) peerOf(c *client) peer {
	if s.relaysToItself().Outcome == Pass {
		p := s.allocated()
		s.permit(p, c.relayed[0])
		return relayPeer{p}
	}
	if s.reachesUs().Outcome == Pass {
		return s.listen()
	}
	s.stopf("no peer can be had: the server relays neither to its own relayed addresses (%s) nor to this host (%s)", s.relaying.value.Why, s.own.value.Why)
	return nil
}

// socketOf returns a peer that sees the packets as they are.
func (s *session) socketOf() *socketPeer {
	if v := s.reachesUs(); v.Outcome != Pass {
		s.stopf("the server does not relay to this host: %s", v.Why)
	}
	return s.listen()
}

// anyPeerOf is peerOf for the clauses that say that data has to arrive: there, a peer that is let in but not reached is the server's fault.
func (s *session) anyPeerOf(c *client) peer {
	if s.relaysToItself().Outcome == Fail && s.reachesUs().Outcome != Pass {
		p := s.allocated()
		s.permit(p, c.relayed[0])
		return relayPeer{p}
	}
	return s.peerOf(c)
}

// relaysToItself tells whether one allocation reaches another; it fails if it should, since there are permissions, and does not.
func (s *session) relaysToItself() Verdict {
	return s.relaying.get(func() Verdict {
		return s.probe(func(t *session, a *client) peer {
			b := t.allocated()
			t.permit(b, a.relayed[0])
			return relayPeer{b}
		})
	})
}

// reachesUs tells whether an allocation reaches a socket of this host.
func (s *session) reachesUs() Verdict {
	return s.own.get(func() Verdict {
		return s.probe(func(t *session, _ *client) peer { return t.listen() })
	})
}

// probe exchanges a packet with a peer, in a session of its own.
func (s *session) probe(find func(*session, *client) peer) Verdict {
	t := &session{server: s.server}
	defer t.close()
	return t.try(clause{run: func(t *session) Verdict {
		a := t.allocated()
		p := find(t, a)
		t.permit(a, p.addr())
		return firstOf(when(t.reaches(a, p, "probe"), "data sent to %s does not arrive", p.addr()),
			when(t.arrives(a, p, "probe"), "data from %s does not arrive", p.addr()))
	}})
}

// exactly tells whether data is what was sent.
func exactly(payload string) func(delivery) bool {
	return func(d delivery) bool { return d.data == payload }
}

// until sends again and again, since datagrams may be lost, until what is received fits.
func until(send func(), receive func(time.Duration) (delivery, bool), wait time.Duration, fits func(delivery) bool) (delivery, bool) {
	for range 3 {
		send()
		for end := time.Now().Add(wait); ; {
			d, ok := receive(time.Until(end))
			if !ok {
				break
			}
			if fits(d) {
				return d, true
			}
		}
	}
	return delivery{}, false
}

// reaches tells whether a Send indication arrives at the peer.
func (s *session) reaches(c *client, p peer, payload string) bool {
	_, ok := until(func() { c.sendTo(p.addr(), payload) }, p.receive, 2*s.silence(), exactly(payload))
	return ok
}

// arrives tells whether what the peer sends arrives at the client.
func (s *session) arrives(c *client, p peer, payload string) bool {
	_, ok := until(func() { p.send(c.relayed[0], payload) }, c.received, 2*s.silence(), exactly(payload))
	return ok
}

// leaks tells whether data with that payload comes, where none should.
func (s *session) leaks(receive func(time.Duration) (delivery, bool), payload string) bool {
	for end := time.Now().Add(s.silence()); ; {
		d, ok := receive(time.Until(end))
		if !ok || d.data == payload {
			return ok
		}
	}
}
