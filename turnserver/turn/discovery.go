package turn

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// Discovery is what NAT behaviour discovery (RFC 5780) needs: a second port, which answers nothing but Binding, and a second address.
// Without a second address there is no OTHER-ADDRESS, and only a change of port can be asked for; that still tells how a NAT maps.
type Discovery struct {
	Ports  [2]uint16
	Local  [2]netip.Addr // the second is invalid where there is none
	Public [2]netip.Addr // what clients are told
}

// PADDING is not served: it would let a stranger make our answers large.
const (
	changeIP   = 0x04
	changePort = 0x02
)

// place tells which of the addresses and ports a packet came to. Streams and DTLS have none of it, whatever their port.
func (d *Discovery) place(from FiveTuple) (address, port int, ok bool) {
	if d == nil || from.Transport != UDP {
		return 0, 0, false
	}
	at := from.Server
	switch at.Port() {
	case d.Ports[0]:
	case d.Ports[1]:
		port = 1
	default:
		return 0, 0, false
	}
	if d.Local[1].IsValid() && at.Addr() == d.Local[1] {
		address = 1
	}
	return address, port, true
}

// full tells whether the server address has another one beside it.
func (d *Discovery) full(at netip.Addr) bool {
	return d.Local[1].IsValid() && (at == d.Local[0] || at == d.Local[1])
}

// alternate tells whether the packet came to the port that only answers Binding.
func (d *Discovery) alternate(from FiveTuple) bool {
	_, port, ok := d.place(from)
	return ok && port == 1
}

// binding answers RFC 8489 §6.3.1, and RFC 5780 §6.1; it needs no credentials. With a second address of IPv6, and only then, the answer to a request of 28
// bytes has 92, more than room allows: the RFC leaves no choice.
func (c *Core) binding(now time.Time, req *request) {
	d := c.discovery
	address, port, there := d.place(req.from)
	full := there && d.full(req.from.Server.Addr())
	change, asked, ok := req.uint32Attr(stun.AttrChangeRequest)
	to, moved := req.responsePort(full)
	if unknown := c.unknown(req); len(unknown) > 0 {
		c.failUnknown(now, req, nil, unknown)
		return
	}
	if asked && (!there || !full && change&changeIP != 0) {
		c.failUnknown(now, req, nil, []stun.AttrType{stun.AttrChangeRequest})
		return
	}
	if !ok || !moved {
		c.failOpen(now, req, stun.CodeBadRequest)
		return
	}
	c.reply(req, stun.ClassSuccessResponse)
	addAddress(&c.out, stun.AttrXORMappedAddress, req.from.Client)
	answer := req.from
	answer.Client = to
	if full {
		addPlainAddress(&c.out, stun.AttrOtherAddress, netip.AddrPortFrom(d.Public[1-address], d.Ports[1-port]))
	}
	if change&changePort != 0 {
		port = 1 - port
		answer.Server = netip.AddrPortFrom(answer.Server.Addr(), d.Ports[port])
	}
	if change&changeIP != 0 {
		address = 1 - address
		answer.Server = netip.AddrPortFrom(d.Local[address], answer.Server.Port())
	}
	if full {
		addPlainAddress(&c.out, stun.AttrResponseOrigin, netip.AddrPortFrom(d.Public[address], d.Ports[port]))
	}
	c.finishTo(now, req, nil, answer)
}

// responsePort reads RESPONSE-PORT (RFC 5780 §7.5): where the answer goes.
func (r *request) responsePort(served bool) (to netip.AddrPort, ok bool) {
	a, present := r.Attributes.Get(stun.AttrResponsePort)
	if !present || !served {
		return r.from.Client, true
	}
	// The two bytes behind the port are padding of the value, or of the attribute; the RFC can be read both ways.
	if len(a.Value) != 2 && len(a.Value) != 4 {
		return netip.AddrPort{}, false
	}
	port := binary.BigEndian.Uint16(a.Value)
	return netip.AddrPortFrom(r.from.Client.Addr(), port), port != 0
}
