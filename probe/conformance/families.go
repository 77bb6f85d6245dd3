package conformance

import (
	"net/netip"

	"github.com/pion/stun/v3"
)

// Peers that nobody reaches: the address families are looked at before them.
var (
	farIPv4 = netip.MustParseAddrPort("198.51.100.77:9999")
	farIPv6 = netip.MustParseAddrPort("[2001:db8::77]:9999")
)

func (t *table) families() {
	t.add("family-ipv4", "7.2", Must, "who asks for no family gets an IPv4 relayed address", func(s *session) Verdict {
		r := s.tryAllocate(s.greeted())
		if r.code() == 440 {
			return pass
		}
		return firstOf(r.wantsSuccess(), is4(r))
	})
	t.add("family-asked-ipv4", "7.2", Must, "who asks for IPv4 gets IPv4", func(s *session) Verdict {
		r := s.tryAllocate(s.greeted(), requestedFamily(familyIPv4))
		if r.code() == 440 {
			return notTriedf("not offered: 440")
		}
		return firstOf(r.wantsSuccess(), is4(r))
	})
	t.add("family-asked-ipv6", "7.2", Must, "who asks for IPv6 gets IPv6, or 440", func(s *session) Verdict {
		r := s.tryAllocate(s.greeted(), requestedFamily(familyIPv6))
		if r.code() == 440 {
			return passf("440")
		}
		a := r.address(stun.AttrXORRelayedAddress)
		return firstOf(r.wantsSuccess(), when(a.Addr().Is6() && !a.Addr().Is4In6(), "relayed address %s", a))
	})
	t.add("family-unknown", "7.2", Must, "an unknown address family is answered 440", func(s *session) Verdict {
		return s.refused(s.greeted(), []int{440, 400}, requestedTransport(protocolUDP), requestedFamily(7))
	})
	t.add("family-dual", "7.2", Must, "ADDITIONAL-ADDRESS-FAMILY gives an address of each, or tells why not", func(s *session) Verdict {
		return dual(s.dualAllocation())
	})
	t.add("family-dual-ipv4", "7.2", Must, "ADDITIONAL-ADDRESS-FAMILY IPv4 is answered 400", func(s *session) Verdict {
		s.dualAllocation()
		return s.refused(s.greeted(), []int{400}, requestedTransport(protocolUDP), attr(attrAdditionalAddressFamily, familyIPv4, 0, 0, 0))
	})
	t.add("family-dual-requested", "7.2", Must, "ADDITIONAL-ADDRESS-FAMILY beside REQUESTED-ADDRESS-FAMILY is answered 400", func(s *session) Verdict {
		s.dualAllocation()
		return s.refused(s.greeted(), []int{400}, requestedTransport(protocolUDP), requestedFamily(familyIPv4), attr(attrAdditionalAddressFamily, familyIPv6, 0, 0, 0))
	})
	t.add("family-dual-reserve", "7.2", Must, "ADDITIONAL-ADDRESS-FAMILY beside EVEN-PORT with a reservation is answered 400", func(s *session) Verdict {
		s.dualAllocation()
		return s.refused(s.greeted(), []int{400}, requestedTransport(protocolUDP), attr(stun.AttrEvenPort, 0x80), attr(attrAdditionalAddressFamily, familyIPv6, 0, 0, 0))
	})
	t.add("family-refresh", "8.2", Must, "a Refresh of the family that the allocation lacks is answered 443", func(s *session) Verdict {
		return s.call(s.allocatedIPv4(), stun.MethodRefresh, requestedFamily(familyIPv6)).wants(443)
	})
	t.add("family-permission", "10.2", Must, "a permission for a peer of the other family is answered 443", func(s *session) Verdict {
		return s.call(s.allocatedIPv4(), stun.MethodCreatePermission, peerAddress(farIPv6)).wants(443)
	})
	t.add("family-channel", "12.2", Must, "a channel to a peer of the other family is answered 443", func(s *session) Verdict {
		return s.call(s.allocatedIPv4(), stun.MethodChannelBind, channelNumber(0x4000), peerAddress(farIPv6)).wants(443)
	})
	t.add("family-ipv6-data", "7.2", Must, "an IPv6 allocation relays to an IPv6 peer", func(s *session) Verdict {
		a, b := s.allocatedIPv6(), s.allocatedIPv6()
		s.permit(a, b.relayed[0])
		s.permit(b, a.relayed[0])
		return when(s.reaches(a, relayPeer{b}, "over IPv6"), "nothing arrives")
	})
	t.add("family-ipv6-permission", "10.2", Must, "an IPv6 allocation's permission for an IPv4 peer is answered 443", func(s *session) Verdict {
		return s.call(s.allocatedIPv6(), stun.MethodCreatePermission, peerAddress(farIPv4)).wants(443)
	})
}

func is4(r *response) Verdict {
	a := r.address(stun.AttrXORRelayedAddress)
	return when(a.Addr().Is4(), "relayed address %s", a)
}

func (s *session) allocatedIPv4() *client {
	c := s.client()
	s.allocate(c)
	if !c.relayed[0].Addr().Is4() {
		s.stopf("no IPv4 allocation")
	}
	return c
}

func (s *session) allocatedIPv6() *client {
	c := s.client()
	r := s.tryAllocate(c, requestedFamily(familyIPv6))
	if r.code() == 440 {
		s.stopf("not offered: 440 for IPv6")
	}
	if !r.success() || len(c.relayed) == 0 || !c.relayed[0].Addr().Is6() {
		s.stopf("no IPv6 allocation: %s", r)
	}
	return c
}

// dualAllocation asks for both families; the clause ends if the server does not know ADDITIONAL-ADDRESS-FAMILY.
func (s *session) dualAllocation() *response {
	r := s.tryAllocate(s.greeted(), attr(attrAdditionalAddressFamily, familyIPv6, 0, 0, 0))
	if r.success() && len(r.addresses(stun.AttrXORRelayedAddress)) == 1 && !r.has(attrAddressErrorCode) {
		s.stopf("not offered: ADDITIONAL-ADDRESS-FAMILY is ignored")
	}
	return r
}

// dual judges the answer to a request for both families (RFC 8656 §7.2).
func dual(r *response) Verdict {
	if !r.success() {
		return r.wantsSuccess()
	}
	list := r.addresses(stun.AttrXORRelayedAddress)
	if len(list) == 2 {
		return when(list[0].Addr().Is4() != list[1].Addr().Is4(), "%s and %s", list[0], list[1])
	}
	v, _ := r.get(attrAddressErrorCode)
	if len(list) != 1 || len(v) < 4 {
		return failf("%d relayed addresses, and an ADDRESS-ERROR-CODE of %d bytes", len(list), len(v))
	}
	other := byte(familyIPv6)
	if list[0].Addr().Is6() {
		other = familyIPv4
	}
	code := int(v[2]&7)*100 + int(v[3])
	return firstOf(when(v[0] == other, "ADDRESS-ERROR-CODE of family %d beside %s", v[0], list[0]),
		when(code == 440 || code == 508 || code == 486, "ADDRESS-ERROR-CODE %d", code), passf("%d for IPv%d", code, 2+2*int(other)))
}
