package conformance

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// tcpAllocated returns a client with a TCP relay; the clause ends if that is not offered.
func (s *session) tcpAllocated() *client {
	c := s.stream()
	r := s.tryAllocateOf(c, protocolTCP)
	switch {
	case r.code() == 442:
		s.stopf("not offered: 442 for TCP")
	case !r.success() || len(c.relayed) == 0:
		s.stopf("no TCP allocation: %s", r)
	}
	return c
}

// tcpRefused ends the clause if TCP relays are not offered, and else asks for one in a way that should be answered with an error.
func (s *session) tcpRefused(c *client, attrs ...stun.Setter) Verdict {
	s.tcpAllocated()
	return s.refused(c, []int{400}, append([]stun.Setter{requestedTransport(protocolTCP)}, attrs...)...)
}

// tcpListener is a peer that TCP relays connect to, on the client's own address.
func (s *session) tcpListener() (*net.TCPListener, netip.AddrPort) {
	if v := s.reachesUs(); v.Outcome != Pass {
		s.stopf("the server does not relay to this host: %s", v.Why)
	}
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: localAddress(s.at).AsSlice()})
	if err != nil {
		s.stopf("no socket for a peer: %v", err)
	}
	s.closers = append(s.closers, l)
	return l, canonical(l.Addr().(*net.TCPAddr).AddrPort())
}

// accepted waits for the relay's connection.
func (s *session) accepted(l *net.TCPListener) net.Conn {
	_ = l.SetDeadline(time.Now().Add(patience))
	conn, err := l.Accept()
	if err != nil {
		return nil
	}
	s.closers = append(s.closers, conn)
	return conn
}

// tcpPeer is the far end of a connection from a relay.
type tcpPeer struct {
	net.Conn
	at   netip.AddrPort // where the relay found it
	from netip.AddrPort // whom it says the connection is from
}

// connected has the relay connect to a listener on this host, or where that is refused, to another relay. It returns the answer to Connect,
// and the peer if the connection has come there.
func (s *session) connected(c *client) (*response, *tcpPeer) {
	if s.reachesUs().Outcome != Pass {
		return s.connectedToRelay(c)
	}
	l, at := s.tcpListener()
	s.permit(c, at)
	r := s.call(c, stun.MethodConnect, peerAddress(at))
	if !r.success() {
		return r, nil
	}
	conn := s.accepted(l)
	if conn == nil {
		return r, nil
	}
	return r, &tcpPeer{conn, at, canonical(conn.RemoteAddr().(*net.TCPAddr).AddrPort())}
}

func (s *session) connectedToRelay(c *client) (*response, *tcpPeer) {
	other := s.tcpAllocated()
	s.permit(other, c.relayed[0])
	s.permit(c, other.relayed[0])
	r := s.call(c, stun.MethodConnect, peerAddress(other.relayed[0]))
	if !r.success() {
		s.stopf("the server relays TCP neither to this host nor to itself: %s", r)
	}
	id, from := other.attempt(patience)
	d, bound := s.bindConnection(other, id)
	if !bound.success() {
		return r, nil
	}
	return r, &tcpPeer{d.conn, other.relayed[0], from}
}

// dataConnection is a stream that begins with the nonce of the control connection, as clients do it; a server may ask for another.
func (s *session) dataConnection(control *client) *client {
	d := s.stream()
	d.realm, d.nonce = control.realm, control.nonce
	return d
}

// bindConnection opens a data connection (RFC 6062 §4.3).
func (s *session) bindConnection(control *client, id []byte) (*client, *response) {
	d := s.dataConnection(control)
	return d, s.call(d, stun.MethodConnectionBind, attr(stun.AttrConnectionID, id...))
}

// readRaw reads from a data connection, which carries no frames any more.
func (c *client) readRaw(n int, wait time.Duration) []byte {
	_ = c.conn.SetReadDeadline(time.Now().Add(wait))
	for len(c.buf) < n {
		chunk := make([]byte, n)
		got, err := c.conn.Read(chunk)
		c.buf = append(c.buf, chunk[:got]...)
		if err != nil {
			break
		}
	}
	return c.buf
}

// dataBothWays is pass if what goes into one end comes out of the other.
func dataBothWays(d *client, peer net.Conn) Verdict {
	d.send([]byte("to the peer"))
	got := make([]byte, 11)
	_ = peer.SetDeadline(time.Now().Add(patience))
	if _, err := io.ReadFull(peer, got); err != nil || string(got) != "to the peer" {
		return failf("the peer got %q", got)
	}
	_, _ = peer.Write([]byte("to the client"))
	back := d.readRaw(13, patience)
	return when(bytes.Equal(back, []byte("to the client")), "the client got %q", back)
}

// closedSoon tells whether the other side ends a connection.
func closedSoon(conn net.Conn, wait time.Duration) bool {
	_ = conn.SetReadDeadline(time.Now().Add(wait))
	_, err := conn.Read(make([]byte, 1))
	var timeout net.Error
	return err != nil && !(errors.As(err, &timeout) && timeout.Timeout())
}

func (t *table) tcpRelays() {
	t.add("tcp-allocate", "5.1", Must, "over a stream, an Allocate for TCP is granted", func(s *session) Verdict {
		r := s.call(s.tcpAllocated(), stun.MethodConnect)
		return when(r.code() != 0, "granted, but then Connect gets %s", r)
	})
	t.add("tcp-over-udp", "5.1", Must, "over UDP, an Allocate for TCP is answered 400", func(s *session) Verdict {
		return s.tcpRefused(s.datagrams())
	})
	t.add("tcp-even-port", "5.1", Must, "an Allocate for TCP with EVEN-PORT is answered 400", func(s *session) Verdict {
		return s.tcpRefused(s.stream(), attr(stun.AttrEvenPort, 0))
	})
	t.add("tcp-dont-fragment", "5.1", Must, "an Allocate for TCP with DONT-FRAGMENT is answered 400", func(s *session) Verdict {
		return s.tcpRefused(s.stream(), attr(stun.AttrDontFragment))
	})
	t.add("tcp-token", "5.1", Must, "an Allocate for TCP with RESERVATION-TOKEN is answered 400", func(s *session) Verdict {
		return s.tcpRefused(s.stream(), attr(stun.AttrReservationToken, 1, 2, 3, 4, 5, 6, 7, 8))
	})
	t.add("tcp-connect", "5.2", Must, "Connect reaches the peer, and is answered with CONNECTION-ID", func(s *session) Verdict {
		r, peer := s.connected(s.tcpAllocated())
		id, _ := r.get(stun.AttrConnectionID)
		return firstOf(r.wantsSuccess(), when(peer != nil, "nobody came to the peer"), when(len(id) == 4, "CONNECTION-ID of %d bytes", len(id)))
	})
	t.add("tcp-connect-source", "5.2", Must, "the connection to the peer comes from the relayed address", func(s *session) Verdict {
		c := s.tcpAllocated()
		r, peer := s.connected(c)
		if !r.success() || peer == nil {
			return notTriedf("no connection: %s", r)
		}
		return when(peer.from == c.relayed[0], "from %s, not %s", peer.from, c.relayed[0])
	})
	t.add("tcp-bind", "5.4", Must, "ConnectionBind makes a connection of bytes, both ways", func(s *session) Verdict {
		c := s.tcpAllocated()
		r, peer := s.connected(c)
		id, ok := r.get(stun.AttrConnectionID)
		if !ok || peer == nil {
			return notTriedf("no connection: %s", r)
		}
		d, bound := s.bindConnection(c, id)
		if !bound.success() {
			return bound.wantsSuccess()
		}
		return dataBothWays(d, peer)
	})
	t.add("tcp-early-data", "5.4", Must, "what the peer sends before ConnectionBind is not lost", func(s *session) Verdict {
		c := s.tcpAllocated()
		r, peer := s.connected(c)
		id, ok := r.get(stun.AttrConnectionID)
		if !ok || peer == nil {
			return notTriedf("no connection: %s", r)
		}
		_, _ = peer.Write([]byte("early bird"))
		time.Sleep(50 * time.Millisecond)
		d, bound := s.bindConnection(c, id)
		got := d.readRaw(10, patience)
		return firstOf(bound.wantsSuccess(), when(string(got) == "early bird", "the client got %q", got))
	})
	t.add("tcp-pipelined", "5.4", Should, "what the client sends right behind ConnectionBind is not lost", func(s *session) Verdict {
		c := s.tcpAllocated()
		r, peer := s.connected(c)
		id, ok := r.get(stun.AttrConnectionID)
		if !ok || peer == nil {
			return notTriedf("no connection: %s", r)
		}
		d := s.dataConnection(c)
		m := d.signed(stun.MethodConnectionBind, attr(stun.AttrConnectionID, id...))
		d.send(append(bytes.Clone(m.Raw), "at once"...))
		got := make([]byte, 7)
		_ = peer.SetDeadline(time.Now().Add(patience))
		_, _ = io.ReadFull(peer, got)
		return when(string(got) == "at once", "the peer got %q", bytes.TrimRight(got, "\x00"))
	})
	t.add("tcp-connect-twice", "5.2", Must, "a second Connect to the same peer is answered 446", func(s *session) Verdict {
		c := s.tcpAllocated()
		r, peer := s.connected(c)
		if !r.success() || peer == nil {
			return notTriedf("no connection: %s", r)
		}
		return s.call(c, stun.MethodConnect, peerAddress(peer.at)).wants(446)
	})
	t.add("tcp-connect-refused", "5.2", Must, "Connect to a peer that refuses is answered 447", func(s *session) Verdict {
		c := s.tcpAllocated()
		l, at := s.tcpListener()
		l.Close()
		s.permit(c, at)
		return s.call(c, stun.MethodConnect, peerAddress(at)).wants(447)
	})
	t.add("tcp-connect-forbidden", "5.2", Must, "Connect to a peer that policy forbids is answered 403", func(s *session) Verdict {
		c := s.tcpAllocated()
		at := s.forbidden(c)
		return s.call(c, stun.MethodConnect, peerAddress(at)).wants(403)
	})
	t.add("tcp-connect-peerless", "5.2", Must, "Connect without a peer is answered 400", func(s *session) Verdict {
		return s.call(s.tcpAllocated(), stun.MethodConnect).wants(400)
	})
	t.add("tcp-connect-437", "5.2", Must, "Connect without an allocation is answered 437", func(s *session) Verdict {
		s.tcpAllocated()
		return s.call(s.stream(), stun.MethodConnect, peerAddress(farIPv4)).wants(437)
	})
	t.add("tcp-bind-unknown", "5.4", Must, "ConnectionBind of an unknown CONNECTION-ID is answered 400", func(s *session) Verdict {
		_, r := s.bindConnection(s.tcpAllocated(), []byte{0xDE, 0xAD, 0xBE, 0xEF})
		return r.wants(400)
	})
	t.add("tcp-bind-missing", "5.4", Must, "ConnectionBind without CONNECTION-ID is answered 400", func(s *session) Verdict {
		return s.call(s.dataConnection(s.tcpAllocated()), stun.MethodConnectionBind).wants(400)
	})
	t.add("tcp-attempt", "5.3", Must, "a peer's connection is told by ConnectionAttempt, and can be bound", func(s *session) Verdict {
		c := s.tcpAllocated()
		_, at := s.tcpListener()
		s.permit(c, at)
		peer, err := net.DialTimeout("tcp", c.relayed[0].String(), patience)
		if err != nil {
			return failf("the relayed address does not accept: %v", err)
		}
		s.closers = append(s.closers, peer)
		id, from := c.attempt(patience)
		if id == nil {
			return failf("no ConnectionAttempt")
		}
		want := canonical(peer.LocalAddr().(*net.TCPAddr).AddrPort())
		if from != want {
			return failf("XOR-PEER-ADDRESS %s, not %s", from, want)
		}
		d, bound := s.bindConnection(c, id)
		if !bound.success() {
			return bound.wantsSuccess()
		}
		return dataBothWays(d, peer)
	})
	t.add("tcp-attempt-denied", "5.3", Must, "a peer's connection without permission is closed", func(s *session) Verdict {
		c := s.tcpAllocated()
		s.tcpListener()
		peer, err := net.DialTimeout("tcp", c.relayed[0].String(), patience)
		if err != nil {
			return pass
		}
		s.closers = append(s.closers, peer)
		id, _ := c.attempt(s.silence())
		return firstOf(when(id == nil, "the client was told of it"), when(closedSoon(peer, patience), "it stays open"))
	})
	t.addSlow("tcp-unbound", "5.2", Must, "a connection that nobody binds is closed after half a minute", func(s *session) Verdict {
		r, peer := s.connected(s.tcpAllocated())
		if !r.success() || peer == nil {
			return notTriedf("no connection: %s", r)
		}
		s.sleep(25 * time.Second)
		if closedSoon(peer, s.silence()) {
			return failf("closed in less than 25 s")
		}
		s.sleep(15 * time.Second)
		return when(closedSoon(peer, patience), "it stays open")
	})
}

// attempt waits for a ConnectionAttempt.
func (c *client) attempt(wait time.Duration) (id []byte, from netip.AddrPort) {
	c.await(time.Now().Add(wait), func(f frame) bool {
		m := stun.New()
		if len(f.data) < headerSize || m.UnmarshalBinary(f.data) != nil || m.Type != stun.NewType(stun.MethodConnectionAttempt, stun.ClassIndication) {
			return false
		}
		v, ok := m.Attributes.Get(stun.AttrConnectionID)
		peer, _ := m.Attributes.Get(stun.AttrXORPeerAddress)
		if ok && len(v.Value) == 4 {
			id = bytes.Clone(v.Value)
			from, _ = address(peer.Value, m.TransactionID, true)
		}
		return id != nil
	})
	return id, from
}
