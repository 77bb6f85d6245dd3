package turnserver

import (
	"context"
	"net"
	"net/netip"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v3"

	"turnpike/internal/free"
)

// newDiscoveryServer has two addresses of loopback and two ports, which are found free beforehand.
func newDiscoveryServer(t *testing.T) (s *Server, port int) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("127.0.0.2 is an address of this host on Linux only")
	}
	second := netip.MustParseAddr("127.0.0.2")
	port, other := free.Port(t, loopback), free.Port(t, loopback)
	return newTestServer(t, func(c *Config) {
		c.Listen = []Listener{{"udp", "127.0.0.1", port}}
		c.Discovery = DiscoveryConfig{Port: other, Address: RelayAddress{second, second}}
	}), port
}

func TestChangedAddressAndPortAnswerForReal(t *testing.T) {
	s, port := newDiscoveryServer(t)
	conn, err := net.ListenUDP("udp4", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	buf := make([]byte, 1500)
	for flags, want := range map[byte]string{0: "127.0.0.1:main", 2: "127.0.0.1:other", 4: "127.0.0.2:main", 6: "127.0.0.2:other"} {
		m := stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.RawAttribute{Type: stun.AttrChangeRequest, Value: []byte{0, 0, 0, flags}})
		if _, err := conn.WriteToUDP(m.Raw, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}); err != nil {
			t.Fatal(err)
		}
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			t.Fatalf("flags %d: %v", flags, err)
		}
		res := new(stun.Message)
		if err := stun.Decode(buf[:n], res); err != nil || res.TransactionID != m.TransactionID {
			t.Fatalf("flags %d: %v", flags, err)
		}
		name := "other"
		if from.Port() == uint16(port) {
			name = "main"
		}
		if got := from.Addr().String() + ":" + name; got != want {
			t.Errorf("flags %d: answered from %s, want %s", flags, got, want)
		}
	}
	for _, u := range s.URLs() {
		if !strings.Contains(u, "127.0.0.1") || strings.Contains(u, ":"+itoa(s.cfg.Discovery.Port)) {
			t.Errorf("clients are told of %s", u)
		}
	}
}

func TestDiscoveryURLsNameEveryPortAndAddressAsClientsReachThem(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("127.0.0.2 is an address of this host on Linux only")
	}
	addr := netip.MustParseAddr
	port, other := free.Port(t, loopback), free.Port(t, loopback)
	change := func(c *Config) {
		c.Listen = []Listener{{"udp", "127.0.0.1", port}, {"tcp", "127.0.0.1", port}}
		c.Relay.Addresses = []RelayAddress{{addr("203.0.113.7"), loopback}}
		c.Discovery = DiscoveryConfig{Port: other}
	}
	second := func(c *Config) {
		change(c)
		c.Discovery.Address = RelayAddress{addr("203.0.113.8"), addr("127.0.0.2")}
	}
	for name, tt := range map[string]struct {
		change func(*Config)
		hosts  []string
	}{"off": {nil, nil}, "one address": {change, []string{"203.0.113.7"}}, "two addresses": {second, []string{"203.0.113.7", "203.0.113.8"}}} {
		t.Run(name, func(t *testing.T) {
			var want []string
			for _, p := range []int{min(port, other), max(port, other)} {
				for _, h := range tt.hosts {
					want = append(want, "stun:"+h+":"+itoa(p))
				}
			}
			if got := newTestServer(t, tt.change).DiscoveryURLs(); !slices.Equal(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
}

func itoa(n int) string { return netip.AddrPortFrom(loopback, uint16(n)).String()[len("127.0.0.1:"):] }

func TestTurnutilsNatdiscovery(t *testing.T) {
	tool, err := exec.LookPath("turnutils_natdiscovery")
	if err != nil {
		t.Skip("turnutils_natdiscovery is not installed (Debian: coturn)")
	}
	_, port := newDiscoveryServer(t)
	out, err := exec.Command(tool, "-m", "-f", "-p", itoa(port), "127.0.0.1").CombinedOutput()
	for _, want := range []string{"NAT with Endpoint Independent Mapping!", "NAT with Endpoint Independent Filtering!"} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("no %q: %v\n%s", want, err, tail(string(out), 60))
		}
	}
}

func TestDrainingServerTakesNobodyNew(t *testing.T) {
	s := newTestServer(t, nil)
	s.SetDraining(true)
	client := s.client(t, "udp", "alice")
	if _, err := client.Allocate(); err == nil || !strings.Contains(err.Error(), "486") {
		t.Errorf("got %v, want 486", err)
	}
	s.SetDraining(false)
	allocate(t, client)
}

func TestRevokedUserLosesItsSessions(t *testing.T) {
	s := newTestServer(t, nil)
	allocate(t, s.client(t, "udp", "alice"))
	s.Revoke("alice")
	if n := s.Stats().Allocations; n != 0 {
		t.Errorf("%d allocations are left", n)
	}
}

func TestDiscoveryThatCannotListenNamesItsKeys(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("127.0.0.2 is an address of this host on Linux only")
	}
	other, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	absent := netip.MustParseAddr("192.0.2.77")
	for key, discovery := range map[string]DiscoveryConfig{
		"stun.alternate_port":    {Port: other.LocalAddr().(*net.UDPAddr).Port},
		"stun.alternate_address": {Port: free.Port(t, loopback), Address: RelayAddress{absent, absent}},
	} {
		s, err := Listen(Config{
			Listen:      []Listener{{"udp", "127.0.0.1", free.Port(t, loopback)}},
			Relay:       RelayConfig{Addresses: []RelayAddress{{loopback, loopback}}, MinPort: 49152, MaxPort: 65535},
			Credentials: CredentialConfig{Secrets: []string{testSecret}, TTL: time.Hour},
			Discovery:   discovery,
		})
		if err == nil {
			s.Close()
			t.Errorf("%s: it listens", key)
		} else if !strings.Contains(err.Error(), "or set "+key+" to another port") && !strings.Contains(err.Error(), "Set "+key+" to one that it has") {
			t.Errorf("%s is not to blame: %v", key, err)
		}
	}
}

// The alternate port is one of UDP: a stream listener that happens to have its number is like any other.
func TestStreamsOnTheAlternatePortAreServed(t *testing.T) {
	port := free.Port(t, loopback)
	s := newTestServer(t, func(c *Config) {
		c.Listen = []Listener{{"udp", "127.0.0.1", free.Port(t, loopback)}, {"tcp", "127.0.0.1", port}}
		c.Discovery = DiscoveryConfig{Port: port}
	})
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	results, err := s.SelfTest(ctx)
	if err != nil || len(results) != 2 {
		t.Fatalf("%+v, %v: want one each for UDP and TCP, none for the alternate port", results, err)
	}
	for _, r := range results {
		if r.Err != nil {
			t.Errorf("%s: %v", r.URL, r.Err)
		}
	}
	if urls := s.URLs(); len(urls) != 2 || !strings.HasSuffix(urls[1], ":"+itoa(port)+"?transport=tcp") {
		t.Errorf("clients are told of %v", urls)
	}
}
