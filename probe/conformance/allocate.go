package conformance

import (
	"net/netip"

	"github.com/pion/stun/v3"
)

// refused sends an Allocate of any kind, which should be answered with an error; what is granted all the same is given back.
func (s *session) refused(c *client, codes []int, attrs ...stun.Setter) Verdict {
	r := s.call(c, stun.MethodAllocate, attrs...)
	if r.success() {
		c.relayed = r.addresses(stun.AttrXORRelayedAddress)
	}
	return r.wants(codes...)
}

func (t *table) allocate() {
	t.add("allocate", "7.2", Must, "an Allocate is granted", func(s *session) Verdict {
		return s.tryAllocate(s.greeted()).wantsSuccess()
	})
	t.add("allocate-relayed", "7.2", Must, "an Allocate answer has XOR-RELAYED-ADDRESS and LIFETIME", func(s *session) Verdict {
		r := s.tryAllocate(s.greeted())
		_, ok := r.uint32(stun.AttrLifetime)
		return firstOf(r.wantsSuccess(), when(r.address(stun.AttrXORRelayedAddress).Port() != 0, "no XOR-RELAYED-ADDRESS"), when(ok, "no LIFETIME"))
	})
	t.add("allocate-mapped", "7.2", Must, "an Allocate answer has XOR-MAPPED-ADDRESS, the client's address", func(s *session) Verdict {
		c := s.greeted()
		return s.seenAs(s.tryAllocate(c), c)
	})
	t.add("allocate-port", "7.2", Should, "the relayed port is in the dynamic range, 49152 to 65535", func(s *session) Verdict {
		port := s.allocated().relayed[0].Port()
		return when(port >= 49152, "%d", port)
	})
	t.add("allocate-unicast", "7.2", Must, "the relayed address is one that a peer can send to", func(s *session) Verdict {
		a := s.allocated().relayed[0].Addr()
		return when(!a.IsUnspecified() && !a.IsMulticast() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255}), "%s", a)
	})
	t.add("allocate-twice", "7.2", Must, "a second Allocate on the same 5-tuple is answered 437", func(s *session) Verdict {
		return s.call(s.allocated(), stun.MethodAllocate, requestedTransport(protocolUDP)).wants(437)
	})
	t.add("allocate-twice-harmless", "7.2", Must, "a second Allocate leaves the first as it is", func(s *session) Verdict {
		c := s.allocated()
		s.call(c, stun.MethodAllocate, requestedTransport(protocolUDP))
		return s.call(c, stun.MethodRefresh).wantsSuccess()
	})
	t.add("transport-missing", "7.2", Must, "an Allocate without REQUESTED-TRANSPORT is answered 400", func(s *session) Verdict {
		return s.refused(s.greeted(), []int{400})
	})
	t.add("transport-malformed", "7.2", Must, "an Allocate with a malformed REQUESTED-TRANSPORT is answered 400", func(s *session) Verdict {
		return s.refused(s.greeted(), []int{400}, attr(stun.AttrRequestedTransport, protocolUDP))
	})
	t.add("transport-unsupported", "7.2", Must, "an Allocate for a transport that is not supported is answered 442", func(s *session) Verdict {
		return s.refused(s.greeted(), []int{442}, requestedTransport(253))
	})
}
