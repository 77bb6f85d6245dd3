package turn

import (
	"net/netip"
	"testing"

	"github.com/pion/stun/v3"
)

func evenPortAttr(b byte) stun.Setter { return attr(stun.AttrEvenPort, []byte{b}) }

func TestReservedPortIsForItsUserAlone(t *testing.T) {
	w := newWorld(t, nil)
	a := w.client(alice, "alice")
	res := a.request(stun.MethodAllocate, udpTransport, evenPortAttr(0x80))
	if code(res) != 0 {
		t.Fatal(code(res))
	}
	lower := address(t, res, stun.AttrXORRelayedAddress)
	if lower.Port()%2 != 0 {
		t.Errorf("%v is odd", lower)
	}
	reserved := attr(stun.AttrReservationToken, must(res.Get(stun.AttrReservationToken)))
	mallory := w.client(bob, "mallory")
	if got := code(mallory.request(stun.MethodAllocate, udpTransport, reserved)); got != 508 {
		t.Errorf("somebody else's token: %d, want 508", got)
	}
	second := w.client(netip.AddrPortFrom(alice.Addr(), 40001), "alice")
	if got := second.allocate(reserved); got.Port() != lower.Port()+1 {
		t.Errorf("the pair is %v and %v", lower, got)
	}
	third := w.client(netip.AddrPortFrom(alice.Addr(), 40002), "alice")
	if got := code(third.request(stun.MethodAllocate, udpTransport, reserved)); got != 508 {
		t.Errorf("the token again: %d, want 508", got)
	}
	w.outlive()
	w.checkEmpty()
}

func TestReservationEndsByItself(t *testing.T) {
	w := newWorldWithLimits(t, Limits{PerUser: 2}, nil)
	c := w.client(alice, "alice")
	c.allocate(evenPortAttr(0x80))
	other := w.client(bob, "alice")
	if got := code(other.request(stun.MethodAllocate, udpTransport)); got != 486 {
		t.Errorf("a reservation is not counted: %d, want 486", got)
	}
	w.wait(reservationLifetime)
	if len(w.reserved) != 0 {
		t.Error("the socket is still reserved")
	}
	if got := code(other.request(stun.MethodAllocate, udpTransport)); got != 0 {
		t.Errorf("after the reservation: %d", got)
	}
}

func TestEvenPortWithoutReservationReservesNothing(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	res := c.request(stun.MethodAllocate, udpTransport, evenPortAttr(0))
	if got := address(t, res, stun.AttrXORRelayedAddress); got.Port()%2 != 0 {
		t.Errorf("%v is odd", got)
	}
	if res.Contains(stun.AttrReservationToken) || len(w.reserved) != 0 {
		t.Error("something was reserved")
	}
}

func TestContradictoryReservationsAreBadRequests(t *testing.T) {
	some := attr(stun.AttrReservationToken, make([]byte, 8))
	for name, attrs := range map[string][]stun.Setter{
		"token and EVEN-PORT":    {some, evenPortAttr(0)},
		"token and family":       {some, family(IPv4)},
		"a short token":          {attr(stun.AttrReservationToken, make([]byte, 7))},
		"EVEN-PORT of two bytes": {attr(stun.AttrEvenPort, make([]byte, 2))},
	} {
		c := newWorld(t, nil).client(alice, "alice")
		if got := code(c.request(stun.MethodAllocate, append(attrs, udpTransport)...)); got != 400 {
			t.Errorf("%s: %d, want 400", name, got)
		}
	}
}
