package turnserver

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"turnpike/turnserver/turn"
)

func TestRelayPortsAreHandedOutOnceEach(t *testing.T) {
	p := newRelayPool(RelayAddress{loopback, loopback}, 50001, 50020)
	seen := make(map[int]bool)
	for range 20 {
		port, ok := p.take(false, false)
		if !ok || port < 50001 || port > 50020 || seen[port] {
			t.Fatalf("got %d, %v", port, ok)
		}
		seen[port] = true
	}
	if port, ok := p.take(false, false); ok {
		t.Fatalf("a 21st port of 20: %d", port)
	}
	p.give(50007)
	if port, ok := p.take(false, false); !ok || port != 50007 {
		t.Errorf("the one given back: %d, %v", port, ok)
	}
}

func TestPairsAreEvenAndTheirUpperPortIsTaken(t *testing.T) {
	p := newRelayPool(RelayAddress{loopback, loopback}, 50001, 50020)
	pairs := 0
	for {
		port, ok := p.take(true, true)
		if !ok {
			break
		}
		if port%2 != 0 || !p.used[port+1-p.min] {
			t.Fatalf("pair at %d", port)
		}
		pairs++
	}
	// 50002 to 50019; 50001 and 50020 are left over.
	if pairs != 9 || p.free != 2 {
		t.Errorf("%d pairs, %d ports left", pairs, p.free)
	}
	if port, ok := p.take(true, false); !ok || port != 50020 {
		t.Errorf("the last even port: %d, %v", port, ok)
	}
}

func TestRelayPortsCannotBeGuessed(t *testing.T) {
	p := newRelayPool(RelayAddress{loopback, loopback}, 49152, 65535)
	next, last := 0, -1
	for range 2000 {
		port, _ := p.take(false, false)
		if port == last+1 {
			next++
		}
		last = port
	}
	if next > 10 {
		t.Errorf("%d of 2000 ports were the last one's neighbour", next)
	}
}

func TestPortsOfOtherProgramsAreGoneAround(t *testing.T) {
	other, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	taken := other.LocalAddr().(*net.UDPAddr).Port
	p := newRelayPool(RelayAddress{loopback, loopback}, taken, taken)
	if r, err := p.open(false, false); err == nil {
		r.close()
		t.Fatal("opened a port that another program holds")
	}
	if p.free != 1 {
		t.Error("the port was not given back")
	}
}

func TestPortRangeUsedUpIsSaidSo(t *testing.T) {
	p := newRelayPool(RelayAddress{loopback, loopback}, 50101, 50101)
	r, err := p.open(false, false)
	if err != nil {
		t.Skip("port 50101 is held by another program")
	}
	defer r.close()
	if _, err := p.open(false, false); err == nil || !strings.Contains(err.Error(), "turn.relay.ports") {
		t.Errorf("got %v", err)
	}
}

func TestRelayAddressThatStandsForTwoIsRefused(t *testing.T) {
	public, second := netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("127.0.0.2")
	for name, addresses := range map[string][]RelayAddress{
		"two of this host": {{public, loopback}, {public, second}},
		"itself":           {{loopback, loopback}, {loopback, loopback}},
	} {
		if _, err := openRelayPools(RelayConfig{addresses, 49152, 65535}); err == nil || !strings.Contains(err.Error(), "turn.relay.addresses") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestListenersAreParsed(t *testing.T) {
	for in, want := range map[string]Listener{
		"udp://:3478":             {"udp", "", 3478},
		"tcp://0.0.0.0:3478":      {"tcp", "", 3478},
		"udp://192.0.2.7:3478":    {"udp", "192.0.2.7", 3478},
		"tcp://[2001:db8::7]:443": {"tcp", "2001:db8::7", 443},
	} {
		if got, err := ParseListener(in); err != nil || got != want {
			t.Errorf("%s: %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", ":3478", "udp://", "udp://:", "udp://:99999", "sctp://:3478", "udp://example.org:3478", "udp://:3478/x", "udp://u@:3478"} {
		if got, err := ParseListener(in); err == nil {
			t.Errorf("%s is taken for %+v", in, got)
		}
	}
}

func TestRelayAddressesAreParsed(t *testing.T) {
	a := netip.MustParseAddr
	for in, want := range map[string]RelayAddress{
		"203.0.113.7":          {a("203.0.113.7"), a("203.0.113.7")},
		"203.0.113.7=10.0.0.5": {a("203.0.113.7"), a("10.0.0.5")},
		"2001:db8::7=fd00::5":  {a("2001:db8::7"), a("fd00::5")},
		"localhost=127.0.0.1":  {a("127.0.0.1"), a("127.0.0.1")},
	} {
		if got, err := ParseRelayAddress(in); err != nil || got != want {
			t.Errorf("%s: %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "=", "203.0.113.7=", "203.0.113.7=fd00::5", "0.0.0.0", "224.0.0.1", "203.0.113.7=nonsense"} {
		if got, err := ParseRelayAddress(in); err == nil {
			t.Errorf("%q is taken for %v", in, got)
		}
	}
}

func TestPolicyHasThisHostsNetworks(t *testing.T) {
	s := newTestServer(t, nil)
	p := s.policy()
	for _, h := range hostPrefixes() {
		if !p.Refuses(h.Addr()) {
			t.Errorf("%v, an address of this host, is let pass", h.Addr())
		}
		if neighbour := h.Addr().Next(); h.Contains(neighbour) && !p.Refuses(neighbour) {
			t.Errorf("%v, a neighbour on the link, is let pass", neighbour)
		}
	}
	if p.Refuses(netip.MustParseAddr("8.8.8.8")) {
		t.Error("a public address is refused")
	}
}

func TestURLsNameThePublicAddress(t *testing.T) {
	public := netip.MustParseAddr("203.0.113.7")
	s := newTestServer(t, func(c *Config) { c.Relay.Addresses = []RelayAddress{{public, loopback}} })
	for _, u := range s.URLs() {
		if !strings.HasPrefix(u, "turn:203.0.113.7:") {
			t.Errorf("%s does not name the public address", u)
		}
	}
	if n := len(s.URLs()); n != 2 {
		t.Errorf("%d URLs", n)
	}
	if s.pool(turn.IPv6) != nil {
		t.Error("there is an IPv6 pool")
	}
}

func TestListenWithoutSecretIsRefused(t *testing.T) {
	if s, err := Listen(Config{Realm: "turnpike", Relay: RelayConfig{MinPort: 49152, MaxPort: 65535}}); err == nil {
		s.Close()
		t.Error("an open relay was started")
	}
}
