package turn

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// Mobility is RFC 8016: a client whose address changes takes its allocation along, by a ticket.

const (
	attrMobilityTicket stun.AttrType = 0x8030

	codeMobilityForbidden stun.ErrorCode = 405

	ticketMAC  = 16
	ticketSize = 2 + 8 + 4 + ticketMAC
)

// A ticket names an allocation by its shard and its first relay. Each move makes a new one, and the old one void.
type ticket struct {
	shard  uint16
	relay  RelayID
	serial uint32
}

func (c *Core) sealTicket(t ticket) []byte {
	b := make([]byte, 0, ticketSize)
	b = binary.BigEndian.AppendUint16(b, t.shard)
	b = binary.BigEndian.AppendUint64(b, uint64(t.relay))
	b = binary.BigEndian.AppendUint32(b, t.serial)
	return append(b, c.ticketMAC(b)...)
}

func (c *Core) ticketMAC(b []byte) []byte {
	h := hmac.New(sha256.New, c.cfg.NonceKey[:])
	h.Write([]byte("mobility ticket"))
	h.Write(b)
	return h.Sum(nil)[:ticketMAC]
}

// openTicket reads a MOBILITY-TICKET that is one of ours.
func (c *Core) openTicket(v []byte) (t ticket, ok bool) {
	if len(v) != ticketSize || !hmac.Equal(v[ticketSize-ticketMAC:], c.ticketMAC(v[:ticketSize-ticketMAC])) {
		return t, false
	}
	return ticket{binary.BigEndian.Uint16(v), RelayID(binary.BigEndian.Uint64(v[2:])), binary.BigEndian.Uint32(v[10:])}, true
}

// wantsTicket tells whether an Allocate asks for mobility (RFC 8016 §3.1).
func (c *Core) wantsTicket(req *request) (bool, stun.ErrorCode) {
	v, asked := req.Attributes.Get(attrMobilityTicket)
	switch {
	case !asked:
		return false, 0
	case len(v.Value) != 0:
		return false, stun.CodeBadRequest
	case !c.cfg.Mobility:
		return false, codeMobilityForbidden
	}
	return true, 0
}

func (c *Core) addTicket(a *allocation) {
	c.out.Add(attrMobilityTicket, c.sealTicket(ticket{uint16(c.cfg.Shard), a.ticket, a.moves}))
}

// ticketOf returns the ticket of a Refresh from a 5-tuple that has no allocation.
func (c *Core) ticketOf(req *request) (ticket, bool) {
	if req.Type.Method != stun.MethodRefresh || c.clients[req.from] != nil {
		return ticket{}, false
	}
	v, ok := req.Attributes.Get(attrMobilityTicket)
	if !ok {
		return ticket{}, false
	}
	return c.openTicket(v.Value)
}

// travels hands a Refresh to the shard that has the allocation, and with it every packet of the client from now on.
func (c *Core) travels(req *request, data []byte) bool {
	t, ok := c.ticketOf(req)
	if !ok || int(t.shard) == c.cfg.Shard {
		return false
	}
	c.emit(Effect{Op: Forward, Shard: int(t.shard), Client: req.from, Data: data})
	return true
}

// traveller is the allocation that a Refresh from a new 5-tuple is about, if its ticket is the last one.
func (c *Core) traveller(req *request) *allocation {
	t, ok := c.ticketOf(req)
	if !ok {
		return nil
	}
	a := c.mobile[t.relay]
	if a == nil || a.moves != t.serial {
		return nil
	}
	return a
}

// move gives an allocation the 5-tuple that its client speaks from now (RFC 8016 §3.2).
func (c *Core) move(now time.Time, a *allocation, to FiveTuple) {
	for _, ch := range a.channels.all() {
		c.emit(Effect{Op: Unbound, Channel: ch.number, Client: a.client, Relay: ch.relay, Peer: ch.peer})
	}
	c.emit(Effect{Op: Detach, Client: a.client})
	delete(c.clients, a.client)
	c.registry.moved(a.account, a.client.Client.Addr(), to.Client.Addr())
	c.census.Transports[a.client.Transport]--
	c.census.Transports[to.Transport]++
	a.client, a.session.Client = to, to
	a.moves++
	c.clients[to] = a
	c.emit(Effect{Op: Attach, Client: to})
	for _, ch := range a.channels.all() {
		if p := a.permissions.get(ch.peer.Addr()); p != nil && now.Before(p.expires) {
			c.announce(a, ch, p)
		}
	}
}

// moved counts an allocation for another client address.
func (r *Registry) moved(a *account, from, to netip.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.uncount(a, from)
	r.count(a, to)
}
