package turn

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

const attrICMP stun.AttrType = 0x8004 // RFC 8656 §18.13

// ICMP is an error that came back for a datagram to a peer (RFC 8656 §11.5). info is the MTU of "packet too big", else 0.
func (c *Core) ICMP(now time.Time, id RelayID, peer netip.AddrPort, typ, code uint8, info uint32) []Effect {
	c.begin()
	a := c.relays[id]
	peer = canonical(peer)
	if a == nil || a.pending != nil || !c.permits(now, a, peer.Addr()) || typ > 0x7F {
		c.drop(DropNoPermission)
		return c.effects
	}
	if !c.startIndication(stun.MethodData) {
		return c.effects
	}
	addAddress(&c.out, stun.AttrXORPeerAddress, peer)
	v := binary.BigEndian.AppendUint32(nil, uint32(typ)<<9|uint32(code))
	c.out.Add(attrICMP, binary.BigEndian.AppendUint32(v, info))
	c.emit(Effect{Op: SendClient, Client: a.client, Data: c.keep(c.out.Raw)})
	return c.effects
}
