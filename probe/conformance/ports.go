package conformance

import (
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// evenPort asks for an even port, with the one above if reserve is 0x80; the clause ends if that is not offered.
func (s *session) evenPort(reserve byte) *response {
	r := s.tryAllocate(s.greeted(), attr(stun.AttrEvenPort, reserve))
	if r.code() == 420 || r.code() == 508 {
		s.stopf("not offered: EVEN-PORT is answered %s", r)
	}
	return r
}

// reservation returns the relayed address of an even port, and the token for the one above.
func (s *session) reservation() (netip.AddrPort, []byte) {
	r := s.evenPort(0x80)
	token, ok := r.get(stun.AttrReservationToken)
	if !r.success() || !ok {
		s.stopf("not offered: no RESERVATION-TOKEN, but %s", r)
	}
	return r.address(stun.AttrXORRelayedAddress), token
}

func (t *table) ports() {
	t.add("even-port", "7.2", Must, "EVEN-PORT gives an even port", func(s *session) Verdict {
		r := s.evenPort(0)
		if !r.success() {
			return r.wantsSuccess()
		}
		port := r.address(stun.AttrXORRelayedAddress).Port()
		return when(port%2 == 0, "%d", port)
	})
	t.add("even-port-no-token", "7.2", Must, "EVEN-PORT without the R bit gives no RESERVATION-TOKEN", func(s *session) Verdict {
		r := s.evenPort(0)
		return firstOf(r.wantsSuccess(), when(!r.has(stun.AttrReservationToken), "there is one"))
	})
	t.add("even-port-reserve", "7.2", Must, "EVEN-PORT with the R bit gives a RESERVATION-TOKEN of eight bytes", func(s *session) Verdict {
		r := s.evenPort(0x80)
		token, _ := r.get(stun.AttrReservationToken)
		return firstOf(r.wantsSuccess(), when(len(token) == 8, "%d bytes", len(token)))
	})
	t.add("token", "7.2", Must, "a RESERVATION-TOKEN gives the next higher port", func(s *session) Verdict {
		even, token := s.reservation()
		r := s.tryAllocate(s.greeted(), attr(stun.AttrReservationToken, token...))
		got, want := r.address(stun.AttrXORRelayedAddress), netip.AddrPortFrom(even.Addr(), even.Port()+1)
		return firstOf(r.wantsSuccess(), when(got == want, "%s after %s", got, even))
	})
	t.add("token-once", "7.2", Must, "a RESERVATION-TOKEN that has been used is answered 508", func(s *session) Verdict {
		_, token := s.reservation()
		if r := s.tryAllocate(s.greeted(), attr(stun.AttrReservationToken, token...)); !r.success() {
			return notTriedf("the token is not good at all: %s", r)
		}
		return s.refused(s.greeted(), []int{508}, requestedTransport(protocolUDP), attr(stun.AttrReservationToken, token...))
	})
	t.add("token-unknown", "7.2", Must, "an unknown RESERVATION-TOKEN is answered 508", func(s *session) Verdict {
		return s.refused(s.greeted(), []int{508}, requestedTransport(protocolUDP), attr(stun.AttrReservationToken, 1, 2, 3, 4, 5, 6, 7, 8))
	})
	t.add("token-even-port", "7.2", Must, "a RESERVATION-TOKEN beside EVEN-PORT is answered 400", func(s *session) Verdict {
		_, token := s.reservation()
		return s.refused(s.greeted(), []int{400}, requestedTransport(protocolUDP), attr(stun.AttrEvenPort, 0), attr(stun.AttrReservationToken, token...))
	})
	t.add("token-family", "7.2", Must, "a RESERVATION-TOKEN beside REQUESTED-ADDRESS-FAMILY is answered 400", func(s *session) Verdict {
		_, token := s.reservation()
		return s.refused(s.greeted(), []int{400}, requestedTransport(protocolUDP), requestedFamily(familyIPv4), attr(stun.AttrReservationToken, token...))
	})
	t.addSlow("token-lasts", "7.2", Should, "a reservation is held for half a minute", func(s *session) Verdict {
		even, token := s.reservation()
		s.sleep(27 * time.Second)
		r := s.tryAllocate(s.greeted(), attr(stun.AttrReservationToken, token...))
		return firstOf(r.wantsSuccess(), when(r.address(stun.AttrXORRelayedAddress).Port() == even.Port()+1, "another port"))
	})
}
