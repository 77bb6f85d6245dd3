package turn

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/pion/stun/v3"
)

var (
	local1, local2   = netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	public1, public2 = netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("203.0.113.8")
)

func twoAddresses(cfg *Config) {
	cfg.Discovery = &Discovery{Ports: [2]uint16{3478, 3479}, Local: [2]netip.Addr{local1, local2}, Public: [2]netip.Addr{public1, public2}}
}

func change(flags uint32) stun.Setter {
	return attr(stun.AttrChangeRequest, binary.BigEndian.AppendUint32(nil, flags))
}

// ask sends a Binding to a server address, and returns the answer and where it came from and went to.
func (w *world) ask(at netip.AddrPort, attrs ...stun.Setter) (res *stun.Message, from, to netip.AddrPort) {
	w.t.Helper()
	c := &client{world: w, tuple: FiveTuple{Client: alice, Server: at}}
	m := c.build(stun.MethodBinding, attrs...)
	effects := w.core.Packet(w.now, c.tuple, m.Raw)
	if len(effects) != 1 || effects[0].Op != SendClient {
		w.t.Fatalf("effects: %+v", effects)
	}
	return c.decode(effects[0].Data, m), effects[0].Client.Server, effects[0].Client.Client
}

func plainAddress(m *stun.Message, t stun.AttrType) string {
	v, err := m.Get(t)
	if err != nil || len(v) != 8 {
		return ""
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(v[4:])), binary.BigEndian.Uint16(v[2:])).String()
}

func TestBehaviourDiscoveryAnswersFromWhereItIsAsked(t *testing.T) {
	w := newWorld(t, twoAddresses)
	at := func(a netip.Addr, port uint16) netip.AddrPort { return netip.AddrPortFrom(a, port) }
	for _, tt := range []struct {
		to            netip.AddrPort
		flags         uint32
		from          netip.AddrPort
		origin, other string
	}{
		{at(local1, 3478), 0, at(local1, 3478), "203.0.113.7:3478", "203.0.113.8:3479"},
		{at(local1, 3478), changePort, at(local1, 3479), "203.0.113.7:3479", "203.0.113.8:3479"},
		{at(local1, 3478), changeIP, at(local2, 3478), "203.0.113.8:3478", "203.0.113.8:3479"},
		{at(local1, 3478), changeIP | changePort, at(local2, 3479), "203.0.113.8:3479", "203.0.113.8:3479"},
		{at(local2, 3479), changeIP | changePort, at(local1, 3478), "203.0.113.7:3478", "203.0.113.7:3478"},
	} {
		res, from, to := w.ask(tt.to, change(tt.flags))
		if from != tt.from || to != alice || code(res) != 0 {
			t.Errorf("to %v with %d: answered from %v to %v, code %d", tt.to, tt.flags, from, to, code(res))
		}
		if got := plainAddress(res, stun.AttrResponseOrigin); got != tt.origin {
			t.Errorf("to %v with %d: RESPONSE-ORIGIN %s, want %s", tt.to, tt.flags, got, tt.origin)
		}
		if got := plainAddress(res, stun.AttrOtherAddress); got != tt.other {
			t.Errorf("to %v with %d: OTHER-ADDRESS %s, want %s", tt.to, tt.flags, got, tt.other)
		}
	}
}

func TestResponsePortIsObeyed(t *testing.T) {
	w := newWorld(t, twoAddresses)
	_, _, to := w.ask(netip.AddrPortFrom(local1, 3478), attr(stun.AttrResponsePort, []byte{0x12, 0x34, 0, 0}))
	if want := netip.AddrPortFrom(alice.Addr(), 0x1234); to != want {
		t.Errorf("answered to %v, want %v", to, want)
	}
	res, _, _ := w.ask(netip.AddrPortFrom(local1, 3478), attr(stun.AttrResponsePort, []byte{0, 0, 0, 0}))
	if code(res) != 400 {
		t.Errorf("port 0: %d, want 400", code(res))
	}
}

func TestOneAddressWithTwoPortsSaysSo(t *testing.T) {
	w := newWorld(t, func(cfg *Config) { cfg.Discovery = &Discovery{Ports: [2]uint16{3478, 3479}} })
	at := netip.AddrPortFrom(local1, 3478)
	res, from, _ := w.ask(at, change(changePort))
	if from.Port() != 3479 || code(res) != 0 {
		t.Errorf("change of port: from %v, %d", from, code(res))
	}
	if res.Contains(stun.AttrOtherAddress) || res.Contains(stun.AttrResponseOrigin) {
		t.Error("it claims an address that it does not have")
	}
	if res, _, _ := w.ask(at, change(changeIP)); code(res) != 420 {
		t.Errorf("change of address: %d, want 420", code(res))
	}
}

func TestWithoutDiscoveryItsAttributesAreUnknown(t *testing.T) {
	w := newWorld(t, nil)
	for _, a := range []stun.Setter{change(changePort), attr(stun.AttrResponsePort, []byte{1, 1, 0, 0}), attr(stun.AttrPadding, make([]byte, 64))} {
		if res, _, _ := w.ask(serverAddr, a); code(res) != 420 {
			t.Errorf("got %d, want 420", code(res))
		}
	}
}

func TestAlternatePortServesBindingAlone(t *testing.T) {
	w := newWorld(t, twoAddresses)
	c := w.client(alice, "alice")
	c.tuple.Server = netip.AddrPortFrom(local1, 3479)
	if got := c.send(c.tuple, c.build(stun.MethodAllocate, udpTransport).Raw); len(got) != 0 {
		t.Error("TURN is served there, too")
	}
	if res, _, _ := w.ask(c.tuple.Server); code(res) != 0 {
		t.Error("Binding is not")
	}
}

func TestICMPErrorsAreReported(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	c.allocate()
	id := firstRelay(w)
	w.do(w.core.ICMP(w.now, id, peer, 3, 3, 0))
	if n := len(w.toClient[c.tuple]); n != 2 { // the challenge and the answer
		t.Fatal("reported without permission")
	}
	c.permit(peer)
	w.do(w.core.ICMP(w.now, id, peer, 3, 4, 1400))
	m := new(stun.Message)
	if err := stun.Decode(last(w.toClient[c.tuple]), m); err != nil || m.Type != stun.NewType(stun.MethodData, stun.ClassIndication) {
		t.Fatalf("%v %v", m, err)
	}
	if got := address(t, m, stun.AttrXORPeerAddress); got != peer {
		t.Errorf("about %v", got)
	}
	if got := must(m.Get(attrICMP)); binary.BigEndian.Uint32(got) != 3<<9|4 || binary.BigEndian.Uint32(got[4:]) != 1400 {
		t.Errorf("ICMP % x", got)
	}
	if m.Contains(stun.AttrData) {
		t.Error("with data")
	}
}

func TestDontFragmentIsHonouredWhereTheEdgeCan(t *testing.T) {
	df := attr(stun.AttrDontFragment, nil)
	for _, can := range []bool{true, false} {
		w := newWorld(t, func(cfg *Config) { cfg.DontFragment = can })
		c := w.client(alice, "alice")
		if got := code(c.request(stun.MethodAllocate, udpTransport, df)); (got == 0) != can || !can && got != 420 {
			t.Errorf("Allocate where the edge can: %v: %d", can, got)
		}
		if !can {
			c.allocate()
		}
		c.permit(peer)
		m := stun.New()
		m.Type = stun.NewType(stun.MethodSend, stun.ClassIndication)
		m.WriteHeader()
		addAddress(m, stun.AttrXORPeerAddress, peer)
		_ = df.AddTo(m)
		m.Add(stun.AttrData, []byte("x"))
		effects := w.core.Packet(w.now, c.tuple, m.Raw)
		if sent := len(effects) == 1 && effects[0].Op == SendPeer && effects[0].DontFragment; sent != can {
			t.Errorf("Send where the edge can: %v: %+v", can, effects)
		}
	}
}

func TestDrainingServerSendsClientsElsewhere(t *testing.T) {
	six := netip.MustParseAddrPort("[2001:db8::99]:3478")
	a1, a2 := netip.MustParseAddrPort("203.0.113.50:3478"), netip.MustParseAddrPort("203.0.113.51:3478")
	w := newWorld(t, nil)
	live := w.client(bob, "bob")
	live.allocate()
	w.core.SetDraining(true)
	c := w.client(alice, "alice")
	if got := code(c.request(stun.MethodAllocate, udpTransport)); got != 486 {
		t.Errorf("with nowhere to go: %d, want 486", got)
	}
	w.core.SetAlternates([]netip.AddrPort{six, a1, a2})
	seen := make(map[string]bool)
	for range 2 {
		res := c.request(stun.MethodAllocate, udpTransport)
		if code(res) != 300 {
			t.Fatalf("got %d, want 300", code(res))
		}
		seen[plainAddress(res, stun.AttrAlternateServer)] = true
		if err := stun.MessageIntegrity(algorithmMD5.key(c.username, testRealm, c.password)).Check(res); err != nil {
			t.Error("anybody on the way could send clients elsewhere")
		}
	}
	if !seen[a1.String()] || !seen[a2.String()] {
		t.Errorf("sent to %v, want each in turn, of the client's family", seen)
	}
	if got := live.refresh(600); got != 0 {
		t.Errorf("who is here already: %d", got)
	}
	w.core.SetDraining(false)
	c.allocate()
}

func TestServerAtCapacitySendsClientsElsewhere(t *testing.T) {
	w := newWorldWithLimits(t, Limits{Total: 1}, nil)
	w.core.SetAlternates([]netip.AddrPort{netip.MustParseAddrPort("203.0.113.50:3478")})
	w.client(bob, "bob").allocate()
	if got := code(w.client(alice, "alice").request(stun.MethodAllocate, udpTransport)); got != 300 {
		t.Errorf("got %d, want 300", got)
	}
}
