package conformance

import (
	"strings"

	"github.com/pion/stun/v3"
)

// acquainted returns a client and a peer that may talk to each other.
func (s *session) acquainted() (*client, peer) {
	a := s.allocated()
	p := s.peerOf(a)
	s.permit(a, p.addr())
	return a, p
}

func (t *table) send() {
	t.add("send", "11.2", Must, "a Send indication reaches a peer that has a permission", func(s *session) Verdict {
		a := s.allocated()
		p := s.anyPeerOf(a)
		s.permit(a, p.addr())
		return when(s.reaches(a, p, "by indication"), "nothing arrived")
	})
	t.add("send-source", "11.2", Must, "what is sent comes from the relayed address", func(s *session) Verdict {
		a, p := s.acquainted()
		d, ok := until(func() { a.sendTo(p.addr(), "whence") }, p.receive, 2*s.silence(), exactly("whence"))
		return firstOf(when(ok, "nothing arrived"), when(d.from == a.relayed[0], "from %s, not %s", d.from, a.relayed[0]))
	})
	t.add("send-socket", "11.2", Must, "what is sent comes from the relayed address, as a plain socket sees it", func(s *session) Verdict {
		p := s.socketOf()
		a := s.allocated()
		s.permit(a, p.addr())
		d, ok := until(func() { a.sendTo(p.addr(), "whence") }, p.receive, 2*s.silence(), exactly("whence"))
		return firstOf(when(ok, "nothing arrived"), when(d.from == a.relayed[0], "from %s, not %s", d.from, a.relayed[0]))
	})
	t.add("send-empty", "11.2", Must, "a Send indication may have empty DATA", func(s *session) Verdict {
		a, p := s.acquainted()
		return when(s.reaches(a, p, ""), "nothing arrived")
	})
	t.add("send-large", "11.2", Must, "1200 bytes arrive at the peer as they were sent", func(s *session) Verdict {
		a, p := s.acquainted()
		return when(s.reaches(a, p, strings.Repeat("0123456789ab", 100)), "they do not")
	})
	t.add("send-dataless", "11.2", Must, "a Send indication without DATA is dropped", func(s *session) Verdict {
		a, p := s.acquainted()
		a.send(indication(stun.MethodSend, peerAddress(p.addr())).Raw)
		return when(!s.leaks(p.receive, ""), "an empty datagram arrived")
	})
	t.add("send-peerless", "11.2", Must, "a Send indication without XOR-PEER-ADDRESS is dropped, and not answered", func(s *session) Verdict {
		a := s.allocated()
		return s.silent(a, indication(stun.MethodSend, data("to nobody")).Raw)
	})
	t.add("send-unknown", "11.2", Must, "a Send indication with an unknown comprehension-required attribute is dropped", func(s *session) Verdict {
		a, p := s.acquainted()
		a.send(indication(stun.MethodSend, peerAddress(p.addr()), data("with something unknown"), attr(attrUnknownRequired, 1, 2, 3, 4)).Raw)
		return when(!s.leaks(p.receive, "with something unknown"), "it arrived")
	})
	t.add("data", "11.3", Must, "what a peer sends comes as a Data indication", func(s *session) Verdict {
		a := s.allocated()
		p := s.anyPeerOf(a)
		s.permit(a, p.addr())
		return when(s.arrives(a, p, "to the client"), "nothing arrived")
	})
	t.add("data-form", "11.3", Must, "a Data indication has DATA and XOR-PEER-ADDRESS, the peer's", func(s *session) Verdict {
		a, p := s.acquainted()
		d, ok := until(func() { p.send(a.relayed[0], "from the peer") }, a.received, 2*s.silence(), exactly("from the peer"))
		return firstOf(when(ok, "no Data indication"), when(d.channel == 0, "ChannelData"), when(d.from == p.addr(), "from %s, not %s", d.from, p.addr()))
	})
	t.add("data-empty", "11.3", Must, "an empty datagram comes as a Data indication, too", func(s *session) Verdict {
		a, p := s.acquainted()
		return when(s.arrives(a, p, ""), "nothing arrived")
	})
	t.add("data-padding", "11.3", Must, "the padding of a Data indication is zero", func(s *session) Verdict {
		a, p := s.acquainted()
		d, ok := until(func() { p.send(a.relayed[0], "12345") }, a.received, 2*s.silence(), exactly("12345"))
		if !ok {
			return notTriedf("nothing arrived")
		}
		_, dirty := padding(parseResponse(d.raw))
		return when(dirty == "", "%s", dirty)
	})
}
