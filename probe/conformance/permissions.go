package conformance

import (
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

func (t *table) permissions() {
	t.add("permission-peerless", "10.2", Must, "CreatePermission without a peer is answered 400", func(s *session) Verdict {
		return s.call(s.allocated(), stun.MethodCreatePermission).wants(400)
	})
	t.add("permission-malformed", "10.2", Must, "CreatePermission with a malformed XOR-PEER-ADDRESS is answered 400", func(s *session) Verdict {
		return s.call(s.allocated(), stun.MethodCreatePermission, attr(stun.AttrXORPeerAddress, 0, 1, 2, 3)).wants(400)
	})
	t.add("permission-403", "10.2", Must, "CreatePermission for a peer that policy forbids is answered 403", func(s *session) Verdict {
		a := s.allocatedIPv4()
		peer := s.forbidden(a)
		return s.call(a, stun.MethodCreatePermission, peerAddress(peer)).wants(403)
	})
	t.add("channel-403", "12.2", Must, "ChannelBind to a peer that policy forbids is answered 403", func(s *session) Verdict {
		a := s.allocatedIPv4()
		peer := s.forbidden(a)
		return s.call(a, stun.MethodChannelBind, channelNumber(0x4000), peerAddress(peer)).wants(403)
	})
	t.add("permission-all-or-none", "10.2", Must, "where one of several peers is refused, none gets a permission", func(s *session) Verdict {
		a := s.allocatedIPv4()
		p := s.peerOf(a)
		r := s.call(a, stun.MethodCreatePermission, peerAddress(p.addr()), peerAddress(farIPv6))
		a.sendTo(p.addr(), "one of two")
		return firstOf(when(r.code() != 0, "%s", r), when(!s.leaks(p.receive, "one of two"), "the first peer got one"))
	})
	t.add("permission-several", "10.2", Must, "several peers get permissions by one request", func(s *session) Verdict {
		a := s.allocatedIPv4()
		p := s.peerOf(a)
		r := s.call(a, stun.MethodCreatePermission, peerAddress(a.relayed[0]), peerAddress(p.addr()))
		if !r.success() {
			return r.wantsSuccess()
		}
		return when(s.reaches(a, p, "the second of two"), "the second got none")
	})
	t.add("permission-out", "9", Must, "without a permission, nothing goes to a peer", func(s *session) Verdict {
		a := s.allocated()
		p := s.peerOf(a)
		a.sendTo(p.addr(), "without permission")
		return when(!s.leaks(p.receive, "without permission"), "a Send indication arrived")
	})
	t.add("permission-in", "9", Must, "without a permission, nothing comes from a peer", func(s *session) Verdict {
		a := s.allocated()
		p := s.peerOf(a)
		p.send(a.relayed[0], "without permission")
		return when(!s.leaks(a.received, "without permission"), "data arrived")
	})
	t.add("permission-address", "9", Must, "a permission is for an address, whatever the port", func(s *session) Verdict {
		a := s.allocated()
		p := s.peerOf(a)
		s.permit(a, netip.AddrPortFrom(p.addr().Addr(), 9))
		return firstOf(when(s.reaches(a, p, "on another port"), "nothing went to another port"),
			when(s.arrives(a, p, "from another port"), "nothing came from another port"))
	})
	t.addSlow("permission-ends", "9", Must, "a permission that is not refreshed ends after five minutes", func(s *session) Verdict {
		a := s.allocated()
		p := s.peerOf(a)
		s.permit(a, p.addr())
		b, isRelay := p.(relayPeer)
		for range 2 { // the peer's own permission must live on
			s.sleep(165 * time.Second)
			if isRelay {
				s.permit(b.c, a.relayed[0])
			}
		}
		a.sendTo(p.addr(), "after five minutes")
		p.send(a.relayed[0], "after five minutes")
		return firstOf(when(!s.leaks(p.receive, "after five minutes"), "data still goes out"),
			when(!s.leaks(a.received, "after five minutes"), "data still comes in"))
	})
	t.addSlow("permission-lasts", "9", Must, "a permission lasts five minutes, though nothing is sent", func(s *session) Verdict {
		a := s.allocated()
		p := s.peerOf(a)
		s.permit(a, p.addr())
		s.sleep(280 * time.Second)
		if b, isRelay := p.(relayPeer); isRelay {
			s.permit(b.c, a.relayed[0])
		}
		return when(s.reaches(a, p, "before five minutes are over"), "gone after 280 s")
	})
	t.addSlow("permission-refreshed", "9", Must, "a permission that is refreshed goes on", func(s *session) Verdict {
		a := s.allocated()
		p := s.peerOf(a)
		for range 2 {
			s.permit(a, p.addr())
			if b, isRelay := p.(relayPeer); isRelay {
				s.permit(b.c, a.relayed[0])
			}
			s.sleep(170 * time.Second)
		}
		return when(s.reaches(a, p, "after five minutes and more"), "gone after 340 s")
	})
}
