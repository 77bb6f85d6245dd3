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

// connection is connected for the clauses that need one: it ends them if there is none. The id is that of ConnectionBind.
func (s *session) connection(c *client) (id []byte, peer *tcpPeer) {
	r, peer := s.connected(c)
	id, ok := r.get(stun.AttrConnectionID)
	if !ok || peer == nil {
		s.stopf("no connection: %s", r)
	}
	return id, peer
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
