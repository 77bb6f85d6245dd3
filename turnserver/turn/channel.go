package turn

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

const firstChannel = 0x4000

// A channel is a number that stands for a peer's transport address (RFC 8656 §12).
type channel struct {
	number  uint16
	peer    netip.AddrPort
	relay   RelayID
	expires time.Time
}

// channelBind is RFC 8656 §12.2. It also makes or refreshes the permission.
func (c *Core) channelBind(now time.Time, req *request) {
	a := c.live(now, req)
	if a == nil {
		return
	}
	v, present, ok := req.uint32Attr(stun.AttrChannelNumber)
	number := uint16(v >> 16)
	attr, havePeer := req.Attributes.Get(stun.AttrXORPeerAddress)
	if !present || !ok || a.tcp || !havePeer || number < firstChannel || number > c.cfg.LastChannel {
		c.fail(now, req, stun.CodeBadRequest)
		return
	}
	peer, ok := parseAddress(attr.Value, req.TransactionID)
	if !ok {
		c.fail(now, req, stun.CodeBadRequest)
		return
	}
	peer = canonical(peer)
	if code := c.admissible(a, peer.Addr()); code != 0 {
		c.failPeer(now, req, code, peer, "")
		return
	}
	if c.refusesPort(peer) {
		c.failPeer(now, req, stun.CodeForbidden, peer, ReasonPort)
		return
	}
	byNumber, byPeer := c.boundAt(now, a, number, peer)
	if byNumber != byPeer {
		// The number stands for another peer, or the peer has another number.
		c.fail(now, req, stun.CodeBadRequest)
		return
	}
	if byNumber == nil && c.cfg.MaxPermissions > 0 && a.channels.len() >= c.cfg.MaxPermissions || !c.permit(now, a, []netip.AddrPort{peer}) {
		c.failQuota(now, req, c.cfg.MaxPermissions)
		return
	}
	c.bind(now, a, number, peer)
	c.sawPeer(now, a, SawChannel, peer)
	c.reply(req, stun.ClassSuccessResponse)
	c.answer(now, req)
}

// refusesPort tells whether the port of an admissible address may not be reached. On our own relayed addresses only live relays may.
func (c *Core) refusesPort(peer netip.AddrPort) bool {
	if c.registry.isRelay(peer.Addr()) {
		if _, live := c.registry.Owner(peer); live {
			return false
		}
		if !c.policy.AllowsExactly(peer.Addr()) {
			return true
		}
	}
	return c.policy.RefusesPort(peer)
}

// boundAt returns the live channels of that number and of that peer.
func (c *Core) boundAt(now time.Time, a *allocation, number uint16, peer netip.AddrPort) (byNumber, byPeer *channel) {
	for _, ch := range []*channel{a.channels.get(number), a.peers.get(peer)} {
		if ch != nil && !now.Before(ch.expires) {
			c.unbind(a, ch)
		}
	}
	return a.channels.get(number), a.peers.get(peer)
}

func (c *Core) bind(now time.Time, a *allocation, number uint16, peer netip.AddrPort) {
	ch := a.channels.get(number)
	if ch == nil {
		ch = &channel{number: number, peer: peer, relay: a.toward(familyOf(peer.Addr())).id}
		a.channels.set(number, ch)
		a.peers.set(peer, ch)
	}
	ch.expires = now.Add(ChannelLifetime)
	c.wheel.hasten(now, a, ch.expires)
	c.announce(a, ch, a.permissions.get(peer.Addr()))
}

// announce lets the edge relay by itself, as long as both the channel and the permission live.
func (c *Core) announce(a *allocation, ch *channel, p *permission) {
	deadline := ch.expires
	if p.expires.Before(deadline) {
		deadline = p.expires
	}
	c.emit(Effect{Op: Bound, Channel: ch.number, Client: a.client, Relay: ch.relay, Peer: ch.peer, Deadline: deadline})
}

func (c *Core) unbind(a *allocation, ch *channel) {
	a.channels.delete(ch.number)
	a.peers.delete(ch.peer)
	c.emit(Effect{Op: Unbound, Channel: ch.number, Client: a.client, Relay: ch.relay, Peer: ch.peer})
}

// channelData is RFC 8656 §12.6: a frame from the client on a channel. Over UDP the padding is optional, so what follows the data is not looked at.
func (c *Core) channelData(now time.Time, from FiveTuple, data []byte) {
	a := c.clients[from]
	if a == nil {
		c.drop(DropNoAllocation)
		return
	}
	number, size := binary.BigEndian.Uint16(data), int(binary.BigEndian.Uint16(data[2:]))
	if size > len(data)-4 {
		c.drop(DropLength)
		return
	}
	ch := a.channels.get(number)
	if ch == nil || !now.Before(ch.expires) {
		c.drop(DropNoChannel)
		return
	}
	c.toPeer(now, a, ch.peer, data[4:4+size], false)
}
