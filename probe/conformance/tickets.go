package conformance

import (
	"bytes"

	"github.com/pion/stun/v3"
)

// mobile returns a client with an allocation and its ticket; the clause ends if that is not offered.
func (s *session) mobile() (*client, []byte) {
	c := s.greeted()
	r := s.tryAllocate(c, attr(attrMobilityTicket))
	ticket, ok := r.get(attrMobilityTicket)
	switch {
	case r.code() == 405:
		s.stopf("not offered: 405")
	case r.success() && !ok:
		s.stopf("not offered: MOBILITY-TICKET is ignored")
	case !r.success() || len(c.relayed) == 0:
		s.stopf("no allocation: %s", r)
	}
	return c, bytes.Clone(ticket)
}

// moved takes an allocation to another 5-tuple.
func (s *session) moved(from *client, ticket []byte) (*client, *response) {
	to := s.client()
	r := s.call(to, stun.MethodRefresh, attr(attrMobilityTicket, ticket...))
	if r.success() {
		to.relayed, from.relayed = from.relayed, nil
	}
	return to, r
}

func (t *table) tickets() {
	t.add("mobility", "3.1.2", Must, "an Allocate with an empty MOBILITY-TICKET gets a ticket, or 405", func(s *session) Verdict {
		r := s.tryAllocate(s.greeted(), attr(attrMobilityTicket))
		if r.code() == 405 {
			return passf("405")
		}
		if r.success() && !r.has(attrMobilityTicket) {
			return notTriedf("not offered: MOBILITY-TICKET is ignored")
		}
		ticket, _ := r.get(attrMobilityTicket)
		return firstOf(r.wantsSuccess(), when(len(ticket) > 0, "an empty ticket"))
	})
	t.add("mobility-refresh", "3.2.2", Must, "a Refresh with the ticket from another 5-tuple is granted", func(s *session) Verdict {
		a, ticket := s.mobile()
		_, r := s.moved(a, ticket)
		return r.wantsSuccess()
	})
	t.add("mobility-new-ticket", "3.2.2", Must, "a Refresh with a ticket is answered with a new ticket", func(s *session) Verdict {
		a, ticket := s.mobile()
		_, r := s.moved(a, ticket)
		fresh, _ := r.get(attrMobilityTicket)
		return firstOf(r.wantsSuccess(), when(len(fresh) > 0 && !bytes.Equal(fresh, ticket), "there is none"))
	})
	t.add("mobility-data", "3.2.2", Must, "after a Refresh with a ticket, data comes to the new 5-tuple", func(s *session) Verdict {
		a, ticket := s.mobile()
		p := s.peerOf(a)
		s.permit(a, p.addr())
		b, r := s.moved(a, ticket)
		if !r.success() {
			return r.wantsSuccess()
		}
		return firstOf(when(s.reaches(b, p, "from elsewhere"), "nothing goes out"), when(s.arrives(b, p, "to elsewhere"), "nothing comes in"))
	})
	t.add("mobility-wrong-ticket", "3.2.2", Must, "a Refresh with a made-up ticket is answered 400 or 437", func(s *session) Verdict {
		_, ticket := s.mobile()
		spoil(ticket)
		_, r := s.moved(new(client), ticket)
		return r.wants(400, 437)
	})
	t.add("mobility-filled", "3.1.2", Must, "an Allocate with a MOBILITY-TICKET that is not empty is answered 400", func(s *session) Verdict {
		s.mobile()
		return s.refused(s.greeted(), []int{400}, requestedTransport(protocolUDP), attr(attrMobilityTicket, 1, 2, 3, 4))
	})
}
