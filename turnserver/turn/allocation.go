package turn

import (
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// An allocation is RFC 8656 §2.2's: a client's relayed transport addresses, and what they may reach.
type allocation struct {
	client      FiveTuple
	user        identity
	account     *account
	lifetime    time.Duration
	relays      [2]relay // of different families; the second is there only if it was asked for
	permissions table[netip.Addr, permission]
	channels    table[uint16, channel]
	peers       table[netip.AddrPort, channel]
	tcp         bool // RFC 6062; then it has connections in place of channels
	connections map[ConnID]*connection
	ticket      RelayID // by which tickets name it (RFC 8016): its first relay, there or not any more; 0 if it has none
	draft       bool    // asked for its second family by the attribute's old number
	moves       uint32  // how often it has moved, the serial of its ticket
	session     Session
	place       int // in Core.listed
	traffic     traffic
	pending     *request // the Allocate that waits for its relays to open
	pair        bool     // and asks for the port above it, too

	watches  *watchlist // what watched was looked up in
	watched  bool
	relayed  bool // since the last tick, see Core.untold
	dropTold bool

	timer // owned by the wheel
}

// A relay is one relayed transport address of an allocation.
type relay struct {
	id      RelayID
	family  Family
	public  netip.AddrPort // what the client and its peers are told
	expires time.Time
	failed  stun.ErrorCode // why it could not be opened, until the client has been told
}

func (a *allocation) byID(id RelayID) *relay {
	if a.relays[0].id == id {
		return &a.relays[0]
	}
	return &a.relays[1]
}

// toward returns the relay that reaches peers of a family, or nil.
func (a *allocation) toward(f Family) *relay {
	for i := range a.relays {
		if r := &a.relays[i]; r.family == f && r.public.IsValid() {
			return r
		}
	}
	return nil
}

// live returns the sender's allocation, or answers 437, or 441 where it is somebody else's (RFC 8656 §6).
func (c *Core) live(now time.Time, req *request) *allocation {
	a := c.clients[req.from]
	if a == nil || a.pending != nil {
		c.fail(now, req, stun.CodeAllocMismatch)
		return nil
	}
	if !a.user.is(req.user) {
		c.fail(now, req, stun.CodeWrongCredentials)
		return nil
	}
	return a
}

// refresh is RFC 8656 §8.2. With a family it is about that relay alone.
func (c *Core) refresh(now time.Time, req *request) {
	a := c.traveller(req)
	moving := a != nil && a.user.is(req.user)
	if !moving {
		if a = c.live(now, req); a == nil {
			return
		}
	}
	lifetime, ok := requestedLifetime(req)
	family, one, okFamily := req.familyAttr(stun.AttrRequestedAddressFamily)
	if !ok || !okFamily {
		c.fail(now, req, stun.CodeBadRequest)
		return
	}
	if one && a.toward(family) == nil {
		c.fail(now, req, stun.CodePeerAddrFamilyMismatch)
		return
	}
	c.renew(a, req)
	if lifetime > 0 {
		lifetime = a.user.withinToken(now, c.withinSession(now, a, max(lifetime, DefaultLifetime)))
	}
	for i := range a.relays {
		if r := &a.relays[i]; r.id != 0 && (!one || r.family == family) {
			r.expires = now.Add(lifetime)
		}
	}
	if moving {
		c.move(now, a, req.from)
	}
	c.reply(req, stun.ClassSuccessResponse)
	addUint32(&c.out, stun.AttrLifetime, uint32(lifetime/time.Second))
	if moving {
		c.addTicket(a)
	}
	c.answer(now, req)
	if lifetime == 0 {
		c.sweep(now, a, EndRefresh)
	}
}

// withinSession cuts a lifetime where the longest session ends.
func (c *Core) withinSession(now time.Time, a *allocation, lifetime time.Duration) time.Duration {
	if c.cfg.MaxSession == 0 {
		return lifetime
	}
	return max(0, min(lifetime, a.session.Began.Add(c.cfg.MaxSession).Sub(now)))
}

// sweep drops what of a is over, and looks again when the next thing will be.
func (c *Core) sweep(now time.Time, a *allocation, end End) {
	var next time.Time
	later := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	for i := range a.relays {
		switch r := &a.relays[i]; {
		case r.id == 0:
		case now.Before(r.expires):
			later(r.expires)
		case a.relays[1-i].id == 0:
			if c.cfg.MaxSession > 0 && now.Sub(a.session.Began) >= c.cfg.MaxSession {
				end = EndMaxSession
			}
			c.remove(now, a, end)
			return
		default:
			c.closeRelay(a, r)
		}
	}
	for _, conn := range a.connections {
		switch {
		case c.registry.isBound(conn.id), conn.pending != nil:
		case now.Before(conn.expires):
			later(conn.expires)
		default:
			c.closeConnection(conn)
		}
	}
	for addr, p := range a.permissions.all() {
		if !now.Before(p.expires) {
			a.permissions.delete(addr)
		} else {
			later(p.expires)
		}
	}
	for _, ch := range a.channels.all() {
		if !now.Before(ch.expires) {
			c.unbind(a, ch)
		} else {
			later(ch.expires)
		}
	}
	c.wheel.schedule(now, a, next)
}

// closeRelay takes one of two relays from an allocation, with all that goes through it.
func (c *Core) closeRelay(a *allocation, r *relay) {
	for _, ch := range a.channels.all() {
		if familyOf(ch.peer.Addr()) == r.family {
			c.unbind(a, ch)
		}
	}
	for _, conn := range a.connections {
		if familyOf(conn.peer.Addr()) == r.family {
			c.closeConnection(conn)
		}
	}
	for addr := range a.permissions.all() {
		if familyOf(addr) == r.family {
			a.permissions.delete(addr)
		}
	}
	c.emit(Effect{Op: CloseRelay, Relay: r.id, Client: a.client})
	c.forgetRelay(a, r)
}

// remove ends an allocation and all that hangs on it.
func (c *Core) remove(now time.Time, a *allocation, end End) {
	for _, ch := range a.channels.all() {
		c.unbind(a, ch)
	}
	for _, conn := range a.connections {
		c.closeConnection(conn)
	}
	for _, r := range a.relays {
		if r.id != 0 && r.failed == 0 {
			c.emit(Effect{Op: CloseRelay, Relay: r.id, Client: a.client})
		}
	}
	if a.pending == nil {
		c.census.Transports[a.client.Transport]--
		c.unlist(a)
		a.session.End = end
		c.emit(Effect{Op: Ended, Client: a.client, Session: &a.session})
		c.sawEnd(now, a)
	}
	c.forget(a)
}

func (c *Core) forget(a *allocation) {
	if a.pair { // it never opened, so nothing was reserved
		c.registry.release(a.account, a.client.Client.Addr())
	}
	c.wheel.remove(a)
	delete(c.clients, a.client)
	delete(c.mobile, a.ticket)
	for i := range a.relays {
		c.forgetRelay(a, &a.relays[i])
	}
	c.registry.release(a.account, a.client.Client.Addr())
}

func (c *Core) forgetRelay(a *allocation, r *relay) {
	delete(c.relays, r.id)
	if r.public.IsValid() {
		if !a.tcp {
			delete(c.public, r.public)
		}
		c.census.relays(r.family, -1)
		c.registry.withdraw(r.public, a.tcp)
	}
	*r = relay{}
}
