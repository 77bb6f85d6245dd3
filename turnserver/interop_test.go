package turnserver

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	loopback         = netip.MustParseAddr("127.0.0.1")
	testOtherAddress = netip.MustParseAddr("198.51.100.9")
)

// newOpenServer may relay to loopback, so that echo servers of a test can be peers.
func newOpenServer(t *testing.T) *Server {
	return newTestServer(t, func(c *Config) { c.Peers.Allow = []string{"127.0.0.1"} })
}

func (s *Server) port(t *testing.T, network string) string {
	t.Helper()
	for _, at := range s.listeners.addrs(network) {
		return fmt.Sprint(at.Port())
	}
	t.Fatalf("no %s listener", network)
	return ""
}

// echo answers every datagram with itself.
func echo(t *testing.T) net.Addr {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		buf := make([]byte, 1<<16)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = c.WriteTo(buf[:n], from)
		}
	}()
	return c.LocalAddr()
}

func TestPionClientReachesAPeerOverEveryTransport(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			ca, peer := newTestAuthority(t), echo(t)
			s := newTestServer(t, func(c *Config) { ca.datagrams(c); c.Peers.Allow = []string{"127.0.0.1"} })
			t.Cleanup(func() { s.empty(t) })
			relay := allocate(t, s.client(t, network, "alice"))
			buf := make([]byte, 2000)
			for i := range 50 { // first by indications, then by the channel that the client binds
				want := strings.Repeat(fmt.Sprint("packet ", i), 1+i%100)
				if _, err := relay.WriteTo([]byte(want), peer); err != nil {
					t.Fatal(err)
				}
				n, from, err := relay.ReadFrom(buf)
				if err != nil {
					t.Fatal(err)
				}
				if string(buf[:n]) != want || from.String() != peer.String() {
					t.Fatalf("got %q from %v", buf[:n], from)
				}
				time.Sleep(time.Millisecond)
			}
			if got := s.Stats(); got.Allocations != 1 || got.Transports[network] != 1 || got.Families["ipv4"] != 1 || got.Sent.Packets != 50 || got.Received.Packets != 50 {
				t.Errorf("counted: %+v", got)
			}
		})
	}
}

func TestPionClientIsRefusedAPrivatePeer(t *testing.T) {
	s := newTestServer(t, nil)
	client := s.client(t, "udp", "alice")
	allocate(t, client)
	for _, p := range []string{"10.0.0.1:5000", "169.254.169.254:8080", "192.168.1.1:5000"} {
		addr, _ := net.ResolveUDPAddr("udp", p)
		if err := client.CreatePermission(addr); err == nil || !strings.Contains(err.Error(), "403") {
			t.Errorf("%s: %v, want 403", p, err)
		}
	}
}

func TestPionClientWithAWrongPasswordIsRefused(t *testing.T) {
	s := newTestServer(t, nil)
	username, _, _ := s.Credentials("mallory", time.Now())
	if _, err := s.clientWith(t, "udp", username, "wrong").Allocate(); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("got %v, want 401", err)
	}
}

// coturn's own client, over loopback.
func TestTurnutilsUclient(t *testing.T) {
	uclient, err := exec.LookPath("turnutils_uclient")
	if err != nil {
		t.Skip("turnutils_uclient is not installed (Debian: coturn)")
	}
	for name, args := range map[string][]string{
		"udp client to client":         {"-y", "-c"},
		"udp with Send indications":    {"-y", "-c", "-s"},
		"udp with RTCP":                {"-y"},
		"udp with extra requests":      {"-y", "-c", "-G"},
		"tcp client to client":         {"-y", "-c", "-t"},
		"tcp with Send indications":    {"-y", "-c", "-t", "-s"},
		"large packets":                {"-y", "-c", "-l", "1200", "-n", "20"},
		"several clients":              {"-y", "-c", "-m", "10", "-n", "20"},
		"negative tests of the client": {"-y", "-c", "-N"},
		"udp that is not fragmented":   {"-y", "-c", "-g"},
		"both families at once":        {"-y", "-c", "-Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSharedServer(t, func(c *Config) {
				if six := netip.IPv6Loopback(); slices.Contains(hostAddresses(), six) {
					c.Relay.Addresses = append(c.Relay.Addresses, RelayAddress{six, six})
				} else if slices.Contains(args, "-Z") {
					t.Skip("this host has no IPv6")
				}
			})
			network := "udp"
			for _, a := range args {
				if a == "-t" {
					network = "tcp"
				}
			}
			args := append(args, "-u", "alice", "-W", testSecret, "-p", s.port(t, network), "127.0.0.1")
			ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
			defer cancel()
			out, err := exec.CommandContext(ctx, uclient, args...).CombinedOutput()
			// It exits with 0 even if packets were lost.
			if err != nil || !strings.Contains(string(out), "Total lost packets 0 (0.000000%)") {
				t.Errorf("%v: %v\n%s", args, err, tail(string(out), 25))
			}
		})
	}
	t.Run("wrong secret", func(t *testing.T) {
		s := newOpenServer(t)
		out, err := exec.Command(uclient, "-y", "-c", "-u", "alice", "-W", "wrong", "-p", s.port(t, "udp"), "127.0.0.1").CombinedOutput()
		if err == nil || !strings.Contains(string(out), "Cannot complete Allocation") {
			t.Errorf("%v\n%s", err, tail(string(out), 25))
		}
	})
}

// newSharedServer is newOpenServer without the count of goroutines, which parallel tests would disturb.
func newSharedServer(t *testing.T, changes ...func(*Config)) *Server {
	t.Helper()
	cfg := Config{
		Realm:       "turnpike",
		Listen:      []Listener{{"udp", "127.0.0.1", 0}, {"tcp", "127.0.0.1", 0}},
		Relay:       RelayConfig{Addresses: []RelayAddress{{loopback, loopback}}, MinPort: 49152, MaxPort: 65535},
		Peers:       PeerConfig{Deny: []string{"recommended"}, Allow: []string{"127.0.0.1"}, MinPort: 1024},
		Credentials: CredentialConfig{Secrets: []string{testSecret}, TTL: time.Hour},
		DataPath:    *testPath,
	}
	for _, change := range changes {
		change(&cfg)
	}
	s, err := Listen(cfg)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve() }()
	t.Cleanup(func() { s.Close() })
	return s
}

func tail(s string, lines int) string {
	all := strings.Split(s, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
