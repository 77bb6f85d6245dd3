package turn

import (
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

const protocolUDP = 17 // REQUESTED-TRANSPORT (RFC 8656 §18.7)

// An allocation is RFC 8656 §2.2's: a client's relayed transport address, and what it may reach.
type allocation struct {
	client      FiveTuple
	user        identity
	account     string
	lifetime    time.Duration
	expires     time.Time
	relay       relay
	permissions map[netip.Addr]*permission
	channels    map[uint16]*channel
	peers       map[netip.AddrPort]*channel
	session     Session
	pending     *request // the Allocate that waits for its relay to open
	pair        bool     // and asks for the port above it, too

	timer // owned by the wheel
}

type relay struct {
	id     RelayID
	family Family
	public netip.AddrPort // what the client and its peers are told
}

// allocate is RFC 8656 §7.2.
func (c *Core) allocate(now time.Time, req *request) {
	if a := c.clients[req.from]; a != nil {
		if a.pending != nil && a.pending.TransactionID == req.TransactionID {
			c.drop(DropPending)
			return
		}
		c.fail(now, req, stun.CodeAllocMismatch)
		return
	}
	transport, ok := req.Attributes.Get(stun.AttrRequestedTransport)
	if !ok || len(transport.Value) != 4 {
		c.fail(now, req, stun.CodeBadRequest)
		return
	}
	if transport.Value[0] != protocolUDP {
		c.fail(now, req, stun.CodeUnsupportedTransProto)
		return
	}
	family, code := c.requestedFamily(req)
	if code != 0 {
		c.fail(now, req, code)
		return
	}
	lifetime, ok := requestedLifetime(req)
	even, pair, wanted, evenOK := evenPort(req)
	if !ok || !evenOK {
		c.fail(now, req, stun.CodeBadRequest)
		return
	}
	account := req.user.user
	if account == "" {
		account = req.from.Client.Addr().String()
	}
	var reserved netip.AddrPort
	if wanted != nil {
		r, ok := c.registry.claim(token(wanted), account)
		if !ok {
			c.fail(now, req, stun.CodeInsufficientCapacity)
			return
		}
		reserved, family = r.relayed, familyOf(r.relayed.Addr())
	}
	if code := c.admit(account, req.from.Client.Addr(), pair); code != 0 {
		if reserved.IsValid() {
			c.emit(Effect{Op: CloseReserved, Peer: reserved})
		}
		c.fail(now, req, code)
		return
	}
	c.lastID++
	a := &allocation{
		client:   req.from,
		user:     req.user,
		account:  account,
		lifetime: max(lifetime, DefaultLifetime),
		relay:    relay{id: c.lastID, family: family},
		pending:  req.clone(),
		pair:     pair,
	}
	a.expires = now.Add(a.lifetime)
	c.clients[a.client] = a
	c.relays[a.relay.id] = a
	c.wheel.schedule(now, a, a.expires)
	c.emit(Effect{Op: OpenRelay, Relay: a.relay.id, Family: family, Even: even, Pair: pair, Peer: reserved, Client: a.client})
}

// admit counts an allocation in, and the port that is reserved with it.
func (c *Core) admit(account string, client netip.Addr, pair bool) stun.ErrorCode {
	code := c.registry.reserve(account, client)
	if code == 0 && pair {
		if code = c.registry.reserve(account, client); code != 0 {
			c.registry.release(account, client)
		}
	}
	return code
}

// clone keeps what the answer needs of a request.
func (r *request) clone() *request {
	return &request{
		Message:     stun.Message{Type: r.Type, TransactionID: r.TransactionID},
		from:        r.from,
		size:        r.size,
		fingerprint: r.fingerprint,
		user:        r.user,
	}
}

// requestedFamily is RFC 8656 §7.2: IPv4 where the client names none, 440 where it cannot be had.
func (c *Core) requestedFamily(req *request) (Family, stun.ErrorCode) {
	v, present, ok := req.uint32Attr(stun.AttrRequestedAddressFamily)
	family := Family(v >> 24)
	switch {
	case !ok:
		return 0, stun.CodeBadRequest
	case !present:
		family = IPv4
	}
	if family == IPv4 && c.cfg.IPv4 || family == IPv6 && c.cfg.IPv6 {
		return family, 0
	}
	return 0, stun.CodeAddrFamilyNotSupported
}

// requestedLifetime caps LIFETIME; without it the default counts. Zero is for Refresh alone.
func requestedLifetime(req *request) (time.Duration, bool) {
	v, present, ok := req.uint32Attr(stun.AttrLifetime)
	if !present {
		return DefaultLifetime, ok
	}
	return min(time.Duration(v)*time.Second, MaxLifetime), ok
}

// Opened tells that the relay socket is there; public is the transport address that the client is told.
func (c *Core) Opened(now time.Time, id RelayID, public netip.AddrPort) []Effect {
	c.begin()
	a := c.relays[id]
	if a == nil || a.pending == nil {
		c.emit(Effect{Op: CloseRelay, Relay: id})
		return c.effects
	}
	a.relay.public = canonical(public)
	c.public[a.relay.public] = a
	c.registry.publish(a.relay.public, c.cfg.Shard)
	a.expires = now.Add(a.lifetime)
	a.session = Session{User: a.account, Client: a.client, Relay: a.relay.public, Began: now}
	c.emit(Effect{Op: Began, Relay: id, Client: a.client, Session: &a.session})

	req := a.pending
	a.pending = nil
	c.reply(req, stun.ClassSuccessResponse)
	addAddress(&c.out, stun.AttrXORRelayedAddress, a.relay.public)
	addUint32(&c.out, stun.AttrLifetime, uint32(a.lifetime/time.Second))
	addAddress(&c.out, stun.AttrXORMappedAddress, a.client.Client)
	if a.pair {
		c.hold(now, a)
	}
	c.answer(now, req)
	return c.effects
}

// OpenFailed tells that no relay socket could be had.
func (c *Core) OpenFailed(now time.Time, id RelayID) []Effect {
	c.begin()
	if a := c.relays[id]; a != nil && a.pending != nil {
		req := a.pending
		c.forget(a)
		c.fail(now, req, stun.CodeInsufficientCapacity)
	}
	return c.effects
}

// live returns the sender's allocation, or answers 437, or 441 where it is somebody else's (RFC 8656 §6).
func (c *Core) live(now time.Time, req *request) *allocation {
	a := c.clients[req.from]
	if a == nil || a.pending != nil {
		c.fail(now, req, stun.CodeAllocMismatch)
		return nil
	}
	if a.user.name != req.user.name {
		c.fail(now, req, stun.CodeWrongCredentials)
		return nil
	}
	return a
}

// refresh is RFC 8656 §8.2.
func (c *Core) refresh(now time.Time, req *request) {
	a := c.live(now, req)
	if a == nil {
		return
	}
	lifetime, ok := requestedLifetime(req)
	if !ok {
		c.fail(now, req, stun.CodeBadRequest)
		return
	}
	if v, present, ok := req.uint32Attr(stun.AttrRequestedAddressFamily); !ok {
		c.fail(now, req, stun.CodeBadRequest)
		return
	} else if present && Family(v>>24) != a.relay.family {
		c.fail(now, req, stun.CodePeerAddrFamilyMismatch)
		return
	}
	if lifetime > 0 {
		a.lifetime = max(lifetime, DefaultLifetime)
		lifetime = a.lifetime
		a.expires = now.Add(lifetime)
	}
	c.reply(req, stun.ClassSuccessResponse)
	addUint32(&c.out, stun.AttrLifetime, uint32(lifetime/time.Second))
	c.answer(now, req)
	if lifetime == 0 {
		c.remove(now, a, EndRefresh)
	}
}

// expire drops what of a is over, and looks again when the next thing will be.
func (c *Core) expire(now time.Time, a *allocation) {
	if !now.Before(a.expires) {
		c.remove(now, a, EndExpired)
		return
	}
	next := a.expires
	for addr, p := range a.permissions {
		if !now.Before(p.expires) {
			delete(a.permissions, addr)
		} else if p.expires.Before(next) {
			next = p.expires
		}
	}
	for _, ch := range a.channels {
		if !now.Before(ch.expires) {
			c.unbind(a, ch)
		} else if ch.expires.Before(next) {
			next = ch.expires
		}
	}
	c.wheel.schedule(now, a, next)
}

// remove ends an allocation and all that hangs on it.
func (c *Core) remove(now time.Time, a *allocation, end End) {
	for _, ch := range a.channels {
		c.unbind(a, ch)
	}
	c.emit(Effect{Op: CloseRelay, Relay: a.relay.id, Client: a.client})
	if a.pending == nil {
		a.session.End = end
		c.emit(Effect{Op: Ended, Relay: a.relay.id, Client: a.client, Session: &a.session})
	}
	c.forget(a)
}

func (c *Core) forget(a *allocation) {
	if a.pair { // it never opened, so nothing was reserved
		c.registry.release(a.account, a.client.Client.Addr())
	}
	c.wheel.remove(a)
	delete(c.clients, a.client)
	delete(c.relays, a.relay.id)
	if a.relay.public.IsValid() {
		delete(c.public, a.relay.public)
		c.registry.withdraw(a.relay.public)
	}
	c.registry.release(a.account, a.client.Client.Addr())
}
