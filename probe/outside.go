package probe

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// outside sends from a socket of our own straight to the relayed address, and back: the relay's ports are open, and its address is right.
func (v *visit) outside(ctx context.Context, c *client) {
	if c.relayed.Addr().Is4() != v.facts.At.Addr().Is4() && !routable(c.relayed.Addr()) {
		return
	}
	socket, err := net.Dial("udp", c.relayed.String())
	if err != nil {
		return
	}
	own := newClient(socket, false, credentials{})
	defer own.close()
	peer := c.mapped.Addr()
	if v.target.via != UDP || peer.Is4() != c.relayed.Addr().Is4() {
		if peer = v.seenByUDP(ctx, c.relayed.Addr()); !peer.IsValid() {
			return // no UDP from here, so nothing is learned
		}
	}
	if granted(c.call(ctx, stun.MethodCreatePermission, peerAddress(netip.AddrPortFrom(peer, 9)))) != nil {
		return // refused as a peer, as anybody in a private network
	}
	tag, arrived := randomBytes(16), make(chan struct{}, 1)
	c.listenToData(func(_ netip.AddrPort, b []byte) {
		if bytes.Equal(b, tag) {
			select {
			case arrived <- struct{}{}:
			default:
			}
		}
	})
	defer c.listenToData(nil)
	v.facts.Outside = Silent
	for range 6 {
		own.send(tag)
		select {
		case <-arrived:
			v.facts.Outside = OK
			return
		case <-time.After(250 * time.Millisecond):
		case <-ctx.Done():
			v.facts.Outside = NotTried
			return
		}
	}
}

// seenByUDP is the address from which the server, or another one that was named, sees our datagrams.
func (v *visit) seenByUDP(ctx context.Context, family netip.Addr) netip.Addr {
	conn, err := net.Dial("udp", v.facts.At.String())
	if err != nil || v.facts.At.Addr().Is4() != family.Is4() {
		return netip.Addr{}
	}
	c := newClient(conn, false, credentials{})
	defer c.close()
	m, err := c.ask(ctx, request(stun.MethodBinding))
	if err != nil {
		return netip.Addr{}
	}
	return mappedAddress(m).Addr()
}

// routable tells whether this host has a way to addresses of a family. Nothing is sent.
func routable(a netip.Addr) bool {
	conn, err := net.Dial("udp", netip.AddrPortFrom(a, 9).String())
	if err != nil {
		return false
	}
	conn.Close()
	return true
}
