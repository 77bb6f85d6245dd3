package turn

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// Attributes that the codec does not know (RFC 8656 §18).
const (
	attrAdditionalAddressFamily stun.AttrType = 0x8000
	attrAddressErrorCode        stun.AttrType = 0x8001

	// Their numbers before the RFC, which coturn's client still sends up to 4.6.
	attrDraftAdditionalAddressFamily stun.AttrType = 0x8032
	attrDraftAddressErrorCode        stun.AttrType = 0x8033
)

const protocolUDP = 17 // REQUESTED-TRANSPORT (RFC 8656 §18.7)

// wish is what an Allocate asks for.
type wish struct {
	families []Family // one, or IPv4 and IPv6
	lifetime time.Duration
	even     bool           // EVEN-PORT
	pair     bool           // and its R bit
	token    []byte         // RESERVATION-TOKEN
	reserved netip.AddrPort // what it stands for
	tcp      bool           // RFC 6062
	mobile   bool           // RFC 8016
	draft    bool           // ADDITIONAL-ADDRESS-FAMILY has its old number
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
	want, code := c.wishOf(req)
	want.lifetime = req.user.withinToken(now, want.lifetime)
	if c.cfg.MaxSession > 0 {
		want.lifetime = min(want.lifetime, c.cfg.MaxSession)
	}
	if code == 0 {
		want.mobile, code = c.wantsTicket(req)
	}
	if code == 0 && c.draining {
		req.refusal.reason = ReasonDraining
		c.elsewhere(now, req, stun.CodeAllocQuotaReached)
		return
	}
	if code != 0 {
		c.fail(now, req, code)
		return
	}
	name := req.user.account(req.from)
	if want.token != nil {
		r, ok := c.registry.claim(token(want.token), name)
		if !ok {
			c.fail(now, req, stun.CodeInsufficientCapacity)
			return
		}
		want.reserved, want.families = r.relayed, []Family{familyOf(r.relayed.Addr())}
	}
	account, full := c.admit(now, name, req.from.Client.Addr(), want.pair)
	if full.code != 0 {
		req.refusal = full
		if want.reserved.IsValid() {
			c.emit(Effect{Op: CloseReserved, Peer: want.reserved})
		}
		if full.code == stun.CodeInsufficientCapacity {
			c.elsewhere(now, req, full.code)
			return
		}
		c.fail(now, req, full.code)
		return
	}
	c.open(now, req, account, want)
}

// wishOf reads the attributes of an Allocate, in the order in which the RFC checks them.
func (c *Core) wishOf(req *request) (want wish, code stun.ErrorCode) {
	transport, ok := req.Attributes.Get(stun.AttrRequestedTransport)
	if !ok || len(transport.Value) != 4 {
		return want, stun.CodeBadRequest
	}
	protocol := transport.Value[0]
	if protocol != protocolUDP && protocol != protocolTCP {
		return want, stun.CodeUnsupportedTransProto
	}
	family, haveFamily, ok1 := req.familyAttr(stun.AttrRequestedAddressFamily)
	additional, dual, ok2 := req.familyAttr(attrAdditionalAddressFamily)
	if !dual {
		additional, dual, ok2 = req.familyAttr(attrDraftAdditionalAddressFamily)
		want.draft = dual
	}
	lifetime, ok3 := requestedLifetime(req)
	even, pair, token, ok4 := evenPort(req)
	switch {
	case !ok1, !ok2, !ok3, !ok4,
		// ADDITIONAL-ADDRESS-FAMILY is IPv6 beside IPv4, and goes with nothing that names one port (RFC 8656 §7.2).
		dual && (additional != IPv6 || haveFamily || pair || token != nil),
		token != nil && haveFamily:
		return want, stun.CodeBadRequest
	case !haveFamily && c.cfg.FollowFamily:
		family = familyOf(req.from.Client.Addr())
	case !haveFamily:
		family = IPv4
	}
	want = wish{families: []Family{family}, lifetime: max(lifetime, DefaultLifetime), even: even, pair: pair, token: token, draft: want.draft}
	if dual {
		want.families = []Family{IPv4, IPv6}
	}
	if protocol == protocolTCP {
		if code := c.wishTCP(req, &want); code != 0 {
			return want, code
		}
	}
	for _, f := range want.families {
		if c.serves(f) {
			return want, 0 // of two families, one may fail by itself
		}
	}
	return want, stun.CodeAddrFamilyNotSupported
}

func (c *Core) serves(f Family) bool { return f == IPv4 && c.cfg.IPv4 || f == IPv6 && c.cfg.IPv6 }

// familyAttr reads REQUESTED-ADDRESS-FAMILY or ADDITIONAL-ADDRESS-FAMILY.
func (r *request) familyAttr(t stun.AttrType) (f Family, present, ok bool) {
	v, present, ok := r.uint32Attr(t)
	return Family(v >> 24), present, ok
}

// requestedLifetime caps LIFETIME; without it the default counts. Zero is for Refresh alone.
func requestedLifetime(req *request) (time.Duration, bool) {
	v, present, ok := req.uint32Attr(stun.AttrLifetime)
	if !present {
		return DefaultLifetime, ok
	}
	return min(time.Duration(v)*time.Second, MaxLifetime), ok
}

// admit counts an allocation in, and the port that is reserved with it.
func (c *Core) admit(now time.Time, user string, client netip.Addr, pair bool) (*account, refusal) {
	a, full := c.registry.reserve(now, user, client)
	if full.code == 0 && pair {
		if _, full = c.registry.reserve(now, user, client); full.code != 0 {
			c.registry.release(a, client)
		}
	}
	return a, full
}

// open makes the allocation and asks for its relay sockets; the client is answered when they are there.
func (c *Core) open(now time.Time, req *request, account *account, want wish) {
	a := &allocation{
		client:   req.from,
		user:     req.user,
		account:  account,
		lifetime: want.lifetime,
		pending:  req.clone(),
		pair:     want.pair,
		tcp:      want.tcp,
		draft:    want.draft,
	}
	c.clients[a.client] = a
	c.wheel.schedule(now, a, now.Add(a.lifetime))
	for i, f := range want.families {
		c.lastID++
		r := &a.relays[i]
		*r = relay{id: c.lastID, family: f, expires: now.Add(a.lifetime)}
		if want.mobile && i == 0 {
			a.ticket = r.id
		}
		if !c.serves(f) {
			r.failed = stun.CodeAddrFamilyNotSupported
			continue
		}
		c.relays[r.id] = a
		c.emit(Effect{Op: OpenRelay, Relay: r.id, Family: f, Even: want.even, Pair: want.pair, TCP: want.tcp, Peer: want.reserved, Client: a.client})
	}
}

// clone keeps what the answer needs of a request.
func (r *request) clone() *request {
	return &request{
		Message:     stun.Message{Type: r.Type, TransactionID: r.TransactionID},
		from:        r.from,
		size:        r.size,
		fingerprint: r.fingerprint,
		sha256:      r.sha256,
		user:        r.user,
	}
}

// Opened tells that the relay socket is there; public is the transport address that the client is told.
func (c *Core) Opened(now time.Time, id RelayID, public netip.AddrPort) []Effect {
	c.begin()
	a := c.relays[id]
	if a == nil || a.pending == nil {
		c.emit(Effect{Op: CloseRelay, Relay: id})
		return c.effects
	}
	r := a.byID(id)
	r.public = canonical(public)
	r.expires = now.Add(a.lifetime)
	if !a.tcp {
		c.public[r.public] = a
	}
	c.census.relays(r.family, 1)
	c.registry.publish(r.public, c.cfg.Shard, a.tcp)
	c.allocated(now, a)
	return c.effects
}

// OpenFailed tells that no relay socket could be had, and why: ReasonPortsUsedUp or ReasonNoSocket.
func (c *Core) OpenFailed(now time.Time, id RelayID, reason string) []Effect {
	c.begin()
	if a := c.relays[id]; a != nil && a.pending != nil {
		a.pending.refusal.reason = reason
		delete(c.relays, id)
		a.byID(id).failed = stun.CodeInsufficientCapacity
		c.allocated(now, a)
	}
	return c.effects
}

// allocated answers the Allocate once every relay has been opened or has failed. Of two families one is enough; the other's error is told beside it.
func (c *Core) allocated(now time.Time, a *allocation) {
	var failed, opened *relay
	for i := range a.relays {
		r := &a.relays[i]
		switch {
		case r.id == 0:
		case r.failed != 0:
			failed = r
		case r.public.IsValid():
			if opened == nil {
				opened = r
			}
		default:
			return // still waited for
		}
	}
	req := a.pending
	if opened == nil {
		code := failed.failed
		c.forget(a)
		c.fail(now, req, code)
		return
	}
	a.pending = nil
	c.census.Transports[a.client.Transport]++
	a.session = Session{User: a.account.name, Client: a.client, Relay: opened.public, Began: now}
	c.list(a)
	c.emit(Effect{Op: Began, Client: a.client, Session: &a.session})
	c.sawAllocation(now, a)
	c.reply(req, stun.ClassSuccessResponse)
	for _, r := range a.relays {
		if r.public.IsValid() {
			addAddress(&c.out, stun.AttrXORRelayedAddress, r.public)
		}
	}
	addUint32(&c.out, stun.AttrLifetime, uint32(a.lifetime/time.Second))
	addAddress(&c.out, stun.AttrXORMappedAddress, a.client.Client)
	if failed != nil {
		// RFC 8656 §18.12: the family, then class and number of the code.
		attr := attrAddressErrorCode
		if a.draft {
			attr = attrDraftAddressErrorCode
		}
		c.out.Add(attr, binary.BigEndian.AppendUint32(nil, uint32(failed.family)<<24|uint32(failed.failed/100)<<8|uint32(failed.failed%100)))
		*failed = relay{}
	}
	if a.pair {
		c.hold(now, a)
	}
	if a.ticket != 0 {
		c.mobile[a.ticket] = a
		c.addTicket(a)
	}
	c.answer(now, req)
}
