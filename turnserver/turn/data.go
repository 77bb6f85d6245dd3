package turn

import (
	"io"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

const indication = 20 + 4 + 20 + 4 // STUN header, XOR-PEER-ADDRESS over IPv6, header of DATA

// send is a Send indication (RFC 8656 §11.2).
func (c *Core) send(now time.Time, req *request) {
	a := c.clients[req.from]
	if a == nil || a.pending != nil || a.tcp {
		c.drop(DropNoAllocation)
		return
	}
	addr, haveAddr := req.Attributes.Get(stun.AttrXORPeerAddress)
	data, haveData := req.Attributes.Get(stun.AttrData)
	if !haveAddr || !haveData || len(c.unknown(req)) > 0 {
		c.drop(DropIndication)
		return
	}
	peer, ok := parseAddress(addr.Value, req.TransactionID)
	if !ok {
		c.drop(DropIndication)
		return
	}
	c.toPeer(now, a, canonical(peer), data.Value, req.Contains(stun.AttrDontFragment))
}

// toPeer relays data from the client, if it may go there. What is meant for a relayed address of our own never leaves the house.
func (c *Core) toPeer(now time.Time, a *allocation, peer netip.AddrPort, data []byte, dontFragment bool) {
	if !c.permits(now, a, peer.Addr()) {
		c.drop(DropNoPermission)
		c.sawDropped(now, a, peer, ReasonNoPermission)
		return
	}
	r := a.toward(familyOf(peer.Addr()))
	if c.registry.isRelay(peer.Addr()) {
		if shard, live := c.registry.Owner(peer); live {
			if !c.passes(now, a, sent, len(data)) {
				return
			}
			c.sent(now, a, len(data))
			if shard != c.cfg.Shard {
				c.emit(Effect{Op: SendRelay, Source: r.public, Peer: peer, Data: data})
			} else if b := c.public[peer]; b != nil {
				c.toClient(now, b, r.public, data)
			}
			return
		}
		if !c.policy.AllowsExactly(peer.Addr()) {
			c.drop(DropNotLive)
			c.sawDropped(now, a, peer, ReasonPort)
			return
		}
	}
	if c.policy.RefusesPort(peer) {
		c.drop(DropRefusedPeer)
		c.sawDropped(now, a, peer, ReasonPort)
		return
	}
	if !c.passes(now, a, sent, len(data)) {
		return
	}
	c.sent(now, a, len(data))
	c.emit(Effect{Op: SendPeer, Relay: r.id, Client: a.client, Peer: peer, Data: data, DontFragment: dontFragment})
}

func (c *Core) sent(now time.Time, a *allocation, n int) {
	a.session.Sent.add(n)
	c.counters.Sent.add(n)
	c.sawTraffic(now, a, a.session.Sent.Packets == 1)
}

func (c *Core) passes(now time.Time, a *allocation, way func(*traffic) *bucket, n int) bool {
	if c.registry.passes(now, a, way, n) {
		return true
	}
	c.drop(DropBandwidth)
	return false
}

// Peer is a datagram that arrived at a relay socket.
func (c *Core) Peer(now time.Time, id RelayID, from netip.AddrPort, data []byte) []Effect {
	c.begin()
	if a := c.relays[id]; a != nil && a.pending == nil {
		c.toClient(now, a, canonical(from), data)
	} else {
		c.drop(DropNoAllocation)
	}
	return c.effects
}

// Relayed is what another shard's SendRelay brings: data for our relayed address to, sent from the relayed address from.
func (c *Core) Relayed(now time.Time, from, to netip.AddrPort, data []byte) []Effect {
	c.begin()
	if a := c.public[to]; a != nil {
		c.toClient(now, a, from, data)
	} else {
		c.drop(DropNotLive)
	}
	return c.effects
}

// toClient relays data from a peer (RFC 8656 §11.3 and §12.7).
func (c *Core) toClient(now time.Time, a *allocation, peer netip.AddrPort, data []byte) {
	if !c.permits(now, a, peer.Addr()) {
		c.drop(DropNoPermission)
		return
	}
	limit := a.client.Transport.longest()
	ch := a.peers.get(peer)
	bound := ch != nil && now.Before(ch.expires)
	if bound && 4+len(data) > limit || !bound && indication+(len(data)+3)&^3 > limit {
		c.drop(DropLength)
		return
	}
	if !c.passes(now, a, received, len(data)) {
		return
	}
	a.session.Received.add(len(data))
	c.counters.Received.add(len(data))
	c.sawTraffic(now, a, a.session.Received.Packets == 1)
	if bound {
		c.emit(Effect{Op: SendChannel, Client: a.client, Channel: ch.number, Data: data})
		return
	}
	if !c.startIndication(stun.MethodData) {
		return
	}
	addAddress(&c.out, stun.AttrXORPeerAddress, peer)
	c.out.Add(stun.AttrData, data)
	c.emit(Effect{Op: SendClient, Client: a.client, Data: c.keep(c.out.Raw)})
}

// startIndication starts an indication in c.out; it fails only if the system has no randomness, and then nothing works.
func (c *Core) startIndication(m stun.Method) bool {
	if _, err := io.ReadFull(c.cfg.Rand, c.indicationID[:]); err != nil {
		return false
	}
	c.start(stun.NewType(m, stun.ClassIndication), c.indicationID)
	return true
}
