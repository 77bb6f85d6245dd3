package turn

import (
	"net/netip"
	"slices"
	"time"

	"github.com/pion/stun/v3"
)

// A permission lets one peer address, on any port, exchange data with an allocation (RFC 8656 §9).
type permission struct {
	expires time.Time
	policy  *Policy // the policy that let it pass; another one is asked again
	met     uint64  // and so are the meetings, where they matter and have changed
}

// createPermission is RFC 8656 §10.2: all peers of the request are let in, or none.
func (c *Core) createPermission(now time.Time, req *request) {
	a := c.live(now, req)
	if a == nil {
		return
	}
	var peers []netip.AddrPort
	for _, attr := range req.Attributes {
		if attr.Type != stun.AttrXORPeerAddress {
			continue
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
		peers = append(peers, peer)
	}
	if len(peers) == 0 {
		c.fail(now, req, stun.CodeBadRequest)
		return
	}
	if !c.permit(now, a, peers) {
		c.failQuota(now, req, c.cfg.MaxPermissions)
		return
	}
	for _, peer := range peers {
		c.sawPeer(now, a, SawPermission, peer)
	}
	c.reply(req, stun.ClassSuccessResponse)
	c.answer(now, req)
}

// admissible tells by which code a peer is refused: 443 for the other family, 403 for the policy.
func (c *Core) admissible(a *allocation, peer netip.Addr) stun.ErrorCode {
	peer = peer.Unmap()
	if a.toward(familyOf(peer)) == nil {
		return stun.CodePeerAddrFamilyMismatch
	}
	if c.registry.isRelay(peer) {
		return 0
	}
	if c.policy.Refuses(peer) || c.policy.mode == Signaled && !c.registry.reaches(a.account.name, peer) {
		return stun.CodeForbidden
	}
	return 0
}

// permit installs or refreshes permissions for all peers, or for none if there is no room.
func (c *Core) permit(now time.Time, a *allocation, peers []netip.AddrPort) bool {
	if limit := c.cfg.MaxPermissions; limit > 0 {
		fresh := 0
		for i, peer := range peers {
			same := func(other netip.AddrPort) bool { return other.Addr() == peer.Addr() }
			if a.permissions.get(peer.Addr()) == nil && !slices.ContainsFunc(peers[:i], same) {
				fresh++
			}
		}
		if fresh > 0 && a.permissions.len()+fresh > limit {
			return false
		}
	}
	expires := now.Add(PermissionLifetime)
	for _, peer := range peers {
		p := a.permissions.get(peer.Addr())
		if p == nil {
			p = new(permission)
			a.permissions.set(peer.Addr(), p)
		}
		p.expires, p.policy, p.met = expires, c.policy, c.registry.meetings.changed.Load()
	}
	c.wheel.hasten(now, a, expires)
	for _, ch := range a.channels.all() {
		// The edge may relay on a channel for as long as its permission.
		if p := a.permissions.get(ch.peer.Addr()); p != nil && p.expires.Equal(expires) && now.Before(ch.expires) {
			c.announce(a, ch, p)
		}
	}
	return true
}

// permits tells whether a has a live permission for peer that today's policy still lets pass.
func (c *Core) permits(now time.Time, a *allocation, peer netip.Addr) bool {
	p := a.permissions.get(peer)
	if p == nil || !now.Before(p.expires) {
		return false
	}
	if met := c.registry.meetings.changed.Load(); p.policy != c.policy || p.met != met && c.policy.mode == Signaled {
		if c.admissible(a, peer) != 0 {
			return false
		}
		p.policy, p.met = c.policy, met
	}
	return true
}
