package turn

import (
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// elsewhere sends a client that we cannot serve to a server that can, or answers code where none is known. Each is named in turn.
func (c *Core) elsewhere(now time.Time, req *request, code stun.ErrorCode) {
	for range c.alternates {
		next := c.alternates[0]
		c.alternates = append(c.alternates[1:], next)
		if familyOf(next.Addr()) != familyOf(req.from.Client.Addr()) {
			continue
		}
		c.startError(req, stun.CodeTryAlternate)
		addPlainAddress(&c.out, stun.AttrAlternateServer, next)
		c.answer(now, req)
		return
	}
	c.fail(now, req, code)
}

// SetAlternates says where clients are sent while draining or at capacity (RFC 8489 §10).
func (c *Core) SetAlternates(list []netip.AddrPort) {
	c.alternates = nil
	for _, a := range list {
		c.alternates = append(c.alternates, canonical(a))
	}
}

// SetDraining stops new allocations, or lets them in again. What lives goes on.
func (c *Core) SetDraining(yes bool) { c.draining = yes }
