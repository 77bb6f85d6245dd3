package turn

import (
	"io"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// reservationLifetime is how long the port above an even one waits for its Allocate (RFC 8656 §7.2: at least 30 seconds).
const reservationLifetime = 30 * time.Second

// A token names a reserved relayed address (RFC 8656 §18.9).
type token [8]byte

// A reservation is the port above an even one, opened with it and held for the same user. It counts against the user's quota, and may be
// claimed on any shard.
type reservation struct {
	account *account
	client  netip.Addr
	relayed netip.AddrPort
}

// held is a reservation of this shard, in the order of their time.
type held struct {
	token   token
	expires time.Time
}

// evenPort reads EVEN-PORT and RESERVATION-TOKEN (RFC 8656 §7.2). A reservation excludes asking for a port or a family.
func evenPort(req *request) (even, pair bool, reserved []byte, ok bool) {
	e, even := req.Attributes.Get(stun.AttrEvenPort)
	r, haveToken := req.Attributes.Get(stun.AttrReservationToken)
	if even && len(e.Value) != 1 || haveToken && (len(r.Value) != len(token{}) || even) {
		return false, false, nil, false
	}
	return even, even && e.Value[0]&0x80 != 0, r.Value, true
}

// hold reserves the address above a's for its user, and adds the token to the answer.
func (c *Core) hold(now time.Time, a *allocation) {
	a.pair = false
	var t token
	if _, err := io.ReadFull(c.cfg.Rand, t[:]); err != nil {
		c.registry.release(a.account, a.client.Client.Addr())
		return // only if the system has no randomness; the socket goes with a's own
	}
	lower := a.relays[0]
	next := netip.AddrPortFrom(lower.public.Addr(), lower.public.Port()+1)
	c.registry.hold(t, reservation{a.account, a.client.Client.Addr(), next})
	c.held = append(c.held, held{t, now.Add(reservationLifetime)})
	c.emit(Effect{Op: Reserve, Relay: lower.id, Peer: next})
	c.out.Add(stun.AttrReservationToken, t[:])
}

// expireReservations gives up what nobody came for.
func (c *Core) expireReservations(now time.Time) {
	for len(c.held) > 0 && !now.Before(c.held[0].expires) {
		if r, ok := c.registry.claim(c.held[0].token, ""); ok {
			c.emit(Effect{Op: CloseReserved, Peer: r.relayed})
		}
		c.held = c.held[1:]
	}
}

func (r *Registry) hold(t token, res reservation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reserved[t] = res
}

// claim takes a reservation of the user; of anybody's, if user is empty.
func (r *Registry) claim(t token, user string) (reservation, bool) {
	r.mu.Lock()
	res, ok := r.reserved[t]
	if ok = ok && (user == "" || res.account.name == user); ok {
		delete(r.reserved, t)
	}
	r.mu.Unlock()
	if ok {
		r.release(res.account, res.client)
	}
	return res, ok
}
