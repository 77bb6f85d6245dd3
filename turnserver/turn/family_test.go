package turn

import (
	"bytes"
	"testing"

	"github.com/pion/stun/v3"
)

func TestRequestedFamilyDecidesTheRelay(t *testing.T) {
	for _, tt := range []struct {
		attrs []stun.Setter
		want  string
	}{
		{nil, relayIP.String()},
		{[]stun.Setter{family(IPv4)}, relayIP.String()},
		{[]stun.Setter{family(IPv6)}, relayIP6.String()},
	} {
		c := newWorld(t, nil).client(alice, "alice")
		if got := c.allocate(tt.attrs...); got.Addr().String() != tt.want {
			t.Errorf("got %v, want %s", got, tt.want)
		}
	}
}

func TestFamilyThatTheNodeLacksIsNotSupported(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.IPv6 = false })
	if got := code(w.client(alice, "alice").request(stun.MethodAllocate, udpTransport, family(IPv6))); got != 440 {
		t.Errorf("got %d, want 440", got)
	}
	w = newWorld(t, func(c *Config) { c.IPv4 = false })
	if got := code(w.client(alice, "alice").request(stun.MethodAllocate, udpTransport)); got != 440 {
		t.Errorf("without IPv4, and no family asked for: %d, want 440", got)
	}
}

func addresses(m *stun.Message, t stun.AttrType) (list []string) {
	for _, a := range m.Attributes {
		if a.Type == t {
			if addr, ok := parseAddress(a.Value, m.TransactionID); ok {
				list = append(list, addr.Addr().String())
			}
		}
	}
	return list
}

func TestDualAllocationRelaysToBothFamilies(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	res := c.request(stun.MethodAllocate, udpTransport, additionalFamily)
	if got := addresses(res, stun.AttrXORRelayedAddress); len(got) != 2 || got[0] != relayIP.String() || got[1] != relayIP6.String() {
		t.Fatalf("relayed addresses: %v", got)
	}
	for i, p := range []struct{ n uint16 }{{0x4000}, {0x4001}} {
		to := peer
		if i == 1 {
			to = peer6
		}
		if got := c.bind(p.n, to); got != 0 {
			t.Fatalf("bind %v: %d", to, got)
		}
		c.channelData(p.n, []byte("x"))
		if s := w.toPeer[len(w.toPeer)-1]; s.to != to || familyOf(s.from.Addr()) != familyOf(to.Addr()) {
			t.Errorf("sent %+v", s)
		}
	}
	// One can be given up alone.
	if got := code(c.request(stun.MethodRefresh, lifetime(0), family(IPv4))); got != 0 {
		t.Fatal(got)
	}
	if len(w.relays) != 1 || len(w.bound) != 1 {
		t.Errorf("%d relays, %d channels are left", len(w.relays), len(w.bound))
	}
	if got := c.permit(peer); got != 443 {
		t.Errorf("permission in the family that is gone: %d, want 443", got)
	}
	c.channelData(0x4001, []byte("y"))
	if s := w.toPeer[len(w.toPeer)-1]; s.to != peer6 {
		t.Error("the other does not relay any more")
	}
	if got := code(c.request(stun.MethodRefresh, lifetime(0), family(IPv6))); got != 0 {
		t.Fatal(got)
	}
	w.checkEmpty()
}

func TestHalfOfADualAllocationIsASuccessThatNamesTheOther(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.IPv6 = false })
	c := w.client(alice, "alice")
	res := c.request(stun.MethodAllocate, udpTransport, additionalFamily)
	if got := addresses(res, stun.AttrXORRelayedAddress); len(got) != 1 || got[0] != relayIP.String() {
		t.Fatalf("relayed addresses: %v", got)
	}
	if got, want := must(res.Get(attrAddressErrorCode)), []byte{byte(IPv6), 0, 4, 40}; !bytes.Equal(got, want) {
		t.Errorf("ADDRESS-ERROR-CODE % x, want % x", got, want)
	}
	c.refresh(0)
	w.checkEmpty()
}

func TestAdditionalFamilyByItsOldNumberIsAnsweredInKind(t *testing.T) {
	old := attr(attrDraftAdditionalAddressFamily, []byte{byte(IPv6), 0, 0, 0})
	c := newWorld(t, nil).client(alice, "alice")
	if got := addresses(c.request(stun.MethodAllocate, udpTransport, old), stun.AttrXORRelayedAddress); len(got) != 2 {
		t.Errorf("relayed addresses: %v", got)
	}
	d := newWorld(t, func(c *Config) { c.IPv6 = false }).client(alice, "alice")
	if _, err := d.request(stun.MethodAllocate, udpTransport, old).Get(attrDraftAddressErrorCode); err != nil {
		t.Error("the error of the other family is not told")
	}
}

func TestAdditionalFamilyGoesWithNothingThatNamesOnePort(t *testing.T) {
	for name, attrs := range map[string][]stun.Setter{
		"REQUESTED-ADDRESS-FAMILY": {family(IPv4)},
		"reservation":              {evenPortAttr(0x80)},
		"token":                    {attr(stun.AttrReservationToken, make([]byte, 8))},
	} {
		c := newWorld(t, nil).client(alice, "alice")
		if got := code(c.request(stun.MethodAllocate, append(attrs, udpTransport, additionalFamily)...)); got != 400 {
			t.Errorf("%s: %d, want 400", name, got)
		}
	}
	c := newWorld(t, nil).client(alice, "alice")
	if got := code(c.request(stun.MethodAllocate, udpTransport, attr(attrAdditionalAddressFamily, []byte{byte(IPv4), 0, 0, 0}))); got != 400 {
		t.Errorf("IPv4 as the additional family: %d, want 400", got)
	}
}
