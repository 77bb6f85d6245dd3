package turn

import (
	"encoding/binary"
	"io"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// TCP allocations are RFC 6062's: the client asks for a connection to a peer by Connect, or is told of one by ConnectionAttempt, and then opens a
// stream to us for it, which ConnectionBind makes one with the peer's.

const (
	protocolTCP = 6 // REQUESTED-TRANSPORT

	// connectionTime is how long a peer's connection waits for its ConnectionBind (RFC 6062 §5.2 and §5.3).
	connectionTime = 30 * time.Second
)

// A ConnID is CONNECTION-ID (RFC 6062 §6.2.1), and names a peer's connection between a Core and its edge.
type ConnID uint32

// A connection to or from a peer. Its owner is the core of its allocation; since its ConnectionBind may arrive on any shard, the registry
// knows whose it is and whether it is bound.
type connection struct {
	id      ConnID
	a       *allocation
	peer    netip.AddrPort
	pending *request // the Connect that waits for it
	expires time.Time
}

// wishTCP completes what an Allocate with REQUESTED-TRANSPORT TCP asks for (RFC 6062 §5.1).
func (c *Core) wishTCP(req *request, want *wish) stun.ErrorCode {
	switch {
	case !c.cfg.TCPRelays:
		return stun.CodeUnsupportedTransProto
	case !req.from.Transport.Reliable(), want.even, want.token != nil, req.Contains(stun.AttrDontFragment):
		return stun.CodeBadRequest
	}
	want.tcp = true
	return 0
}

// connect is RFC 6062 §5.2.
func (c *Core) connect(now time.Time, req *request) {
	a := c.live(now, req)
	if a == nil {
		return
	}
	attr, ok := req.Attributes.Get(stun.AttrXORPeerAddress)
	if !a.tcp || !ok {
		c.fail(now, req, stun.CodeBadRequest)
		return
	}
	peer, ok := parseAddress(attr.Value, req.TransactionID)
	peer = canonical(peer)
	if !ok {
		c.fail(now, req, stun.CodeBadRequest)
		return
	}
	if code := c.connectable(a, peer); code != 0 {
		c.failPeer(now, req, code, peer, "")
		return
	}
	if c.connectionTo(a, peer) != nil {
		c.fail(now, req, stun.CodeConnAlreadyExists)
		return
	}
	conn := c.newConnection(now, a, peer)
	if conn == nil {
		c.failQuota(now, req, c.cfg.MaxPermissions)
		return
	}
	conn.pending = req.clone()
	c.emit(Effect{Op: ConnectPeer, Relay: a.toward(familyOf(peer.Addr())).id, Conn: conn.id, Peer: peer})
}

// connectable tells by which code a peer is refused. A relayed address of our own must be a live TCP relay.
func (c *Core) connectable(a *allocation, peer netip.AddrPort) stun.ErrorCode {
	if code := c.admissible(a, peer.Addr()); code != 0 {
		return code
	}
	if c.registry.isRelay(peer.Addr()) {
		if !c.registry.LiveTCP(peer) && !(c.policy.AllowsExactly(peer.Addr()) && !c.policy.RefusesPort(peer)) {
			return stun.CodeForbidden
		}
		return 0
	}
	if c.policy.RefusesPort(peer) {
		return stun.CodeForbidden
	}
	return 0
}

func (c *Core) connectionTo(a *allocation, peer netip.AddrPort) *connection {
	for _, conn := range a.connections {
		if conn.peer == peer {
			return conn
		}
	}
	return nil
}

// newConnection makes a connection with a random id, or none if the allocation has as many as it may.
func (c *Core) newConnection(now time.Time, a *allocation, peer netip.AddrPort) *connection {
	if limit := c.cfg.MaxPermissions; limit > 0 && len(a.connections) >= limit {
		return nil
	}
	conn := &connection{a: a, peer: peer, expires: now.Add(connectionTime)}
	for range 16 {
		var b [4]byte
		if _, err := io.ReadFull(c.cfg.Rand, b[:]); err != nil {
			return nil
		}
		conn.id = ConnID(binary.BigEndian.Uint32(b[:]))
		if c.registry.addConn(conn.id, a, c.cfg.Shard) {
			if a.connections == nil {
				a.connections = make(map[ConnID]*connection, 1)
			}
			a.connections[conn.id] = conn
			c.conns[conn.id] = conn
			c.wheel.hasten(now, a, conn.expires)
			return conn
		}
	}
	return nil
}

// Connected tells that a ConnectPeer has succeeded.
func (c *Core) Connected(now time.Time, id ConnID) []Effect {
	c.begin()
	conn := c.conns[id]
	if conn == nil || conn.pending == nil {
		c.emit(Effect{Op: CloseConn, Conn: id})
		return c.effects
	}
	req := conn.pending
	conn.pending, conn.expires = nil, now.Add(connectionTime)
	c.reply(req, stun.ClassSuccessResponse)
	addUint32(&c.out, stun.AttrConnectionID, uint32(id))
	c.answer(now, req)
	return c.effects
}

// ConnectFailed tells that it has not.
func (c *Core) ConnectFailed(now time.Time, id ConnID) []Effect {
	c.begin()
	if conn := c.conns[id]; conn != nil && conn.pending != nil {
		req := conn.pending
		c.forgetConnection(conn)
		c.fail(now, req, stun.CodeConnTimeoutOrFailure)
	}
	return c.effects
}

// Accepted tells that a peer has connected to a relay (RFC 6062 §5.3). The edge keeps the connection if AcceptPeer is among the effects.
func (c *Core) Accepted(now time.Time, relay RelayID, peer netip.AddrPort) []Effect {
	c.begin()
	a := c.relays[relay]
	peer = canonical(peer)
	if a == nil || a.pending != nil || !a.tcp || !c.permits(now, a, peer.Addr()) || c.connectionTo(a, peer) != nil {
		c.drop(DropNoPermission)
		return c.effects
	}
	conn := c.newConnection(now, a, peer)
	if conn == nil || !c.startIndication(stun.MethodConnectionAttempt) {
		c.drop(DropConnection)
		return c.effects
	}
	c.emit(Effect{Op: AcceptPeer, Conn: conn.id})
	addUint32(&c.out, stun.AttrConnectionID, uint32(conn.id))
	addAddress(&c.out, stun.AttrXORPeerAddress, peer)
	c.emit(Effect{Op: SendClient, Client: a.client, Data: c.keep(c.out.Raw)})
	return c.effects
}

// connectionBind is RFC 6062 §5.4. It arrives on a stream of its own, which then carries nothing but the peer's bytes.
func (c *Core) connectionBind(now time.Time, req *request) {
	v, present, ok := req.uint32Attr(stun.AttrConnectionID)
	if !present || !ok || !req.from.Transport.Reliable() || c.clients[req.from] != nil {
		c.fail(now, req, stun.CodeBadRequest)
		return
	}
	meter, ok := c.registry.bindConn(ConnID(v), req.user)
	if !ok {
		c.fail(now, req, stun.CodeBadRequest)
		return
	}
	c.reply(req, stun.ClassSuccessResponse)
	c.answer(now, req)
	c.emit(Effect{Op: Splice, Client: req.from, Conn: ConnID(v), Meter: meter})
}

// ConnClosed tells that a connection has ended, by itself or because its client's stream has.
func (c *Core) ConnClosed(_ time.Time, id ConnID) []Effect {
	c.begin()
	if conn := c.conns[id]; conn != nil {
		c.forgetConnection(conn)
	}
	return c.effects
}

// closeConnection ends a connection from this side.
func (c *Core) closeConnection(conn *connection) {
	c.emit(Effect{Op: CloseConn, Conn: conn.id})
	c.forgetConnection(conn)
}

func (c *Core) forgetConnection(conn *connection) {
	if m := c.registry.removeConn(conn.id); m != nil {
		s := &conn.a.session
		s.Sent.Bytes += m.sent.Load()
		s.Received.Bytes += m.received.Load()
	}
	delete(c.conns, conn.id)
	delete(conn.a.connections, conn.id)
}
