package conformance

import "github.com/pion/stun/v3"

// fragmenting asks for an allocation with DONT-FRAGMENT.
func (s *session) fragmenting() (*client, *response) {
	c := s.greeted()
	return c, s.tryAllocate(c, attr(stun.AttrDontFragment))
}

func (t *table) fragments() {
	t.add("dont-fragment", "7.2", Must, "an Allocate with DONT-FRAGMENT is granted, or answered 420", func(s *session) Verdict {
		_, r := s.fragmenting()
		if r.code() == 420 {
			return lists(r, stun.AttrDontFragment)
		}
		return r.wantsSuccess()
	})
	t.add("dont-fragment-send", "11.2", Must, "a Send indication with DONT-FRAGMENT is relayed, or dropped where Allocate answers 420", func(s *session) Verdict {
		_, r := s.fragmenting()
		a, p := s.acquainted()
		send := func() {
			a.send(indication(stun.MethodSend, peerAddress(p.addr()), attr(stun.AttrDontFragment), data("in one piece")).Raw)
		}
		if r.success() {
			_, ok := until(send, p.receive, 2*s.silence(), exactly("in one piece"))
			return when(ok, "nothing arrived")
		}
		send()
		return when(!s.leaks(p.receive, "in one piece"), "relayed, though Allocate answers %s", r)
	})
}
