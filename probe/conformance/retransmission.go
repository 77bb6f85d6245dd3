package conformance

import (
	"time"

	"github.com/pion/stun/v3"
)

func (t *table) retransmission() {
	t.add("retransmission-binding", "6.3.1", Must, "a retransmitted Binding request is answered again", func(s *session) Verdict {
		c := s.datagrams()
		m := request(stun.MethodBinding)
		first, second := s.ask(c, m), s.ask(c, m)
		return firstOf(first.wantsSuccess(), second.wantsSuccess(),
			when(first.address(stun.AttrXORMappedAddress) == second.address(stun.AttrXORMappedAddress), "another XOR-MAPPED-ADDRESS"))
	})
	t.add("retransmission-allocate", "6.3.1", Must, "a retransmitted Allocate gets the same answer, and no second allocation", func(s *session) Verdict {
		c := s.datagrams()
		s.greet(c)
		m := c.signed(stun.MethodAllocate, requestedTransport(protocolUDP))
		first := s.ask(c, m)
		if !first.success() {
			return notTriedf("no allocation: %s", first)
		}
		c.relayed = first.addresses(stun.AttrXORRelayedAddress)
		// What is still on its way belongs to the first.
		c.await(time.Now().Add(s.silence()), func(frame) bool { return false })
		c.queue = nil
		second := s.ask(c, m)
		return firstOf(second.wantsSuccess(), when(first.address(stun.AttrXORRelayedAddress) == second.address(stun.AttrXORRelayedAddress),
			"first %s, then %s", first.address(stun.AttrXORRelayedAddress), second.address(stun.AttrXORRelayedAddress)))
	})
	t.add("retransmission-delete", "6.3.1", Should, "a retransmitted Refresh that deleted the allocation is granted again", func(s *session) Verdict {
		c := s.datagrams()
		s.allocate(c)
		m := c.signed(stun.MethodRefresh, lifetime(0))
		first := s.ask(c, m)
		c.relayed = nil
		return firstOf(first.wantsSuccess(), s.ask(c, m).wantsSuccess())
	})
}
