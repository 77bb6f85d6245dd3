package turnserver

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"turnpike/turnserver/turn"
)

// A watcher keeps what a server lets it see.
type watcher struct {
	mu   sync.Mutex
	seen []turn.Sighting
	stop func()
}

func (s *Server) watch(t *testing.T, user string, addr netip.Addr) *watcher {
	t.Helper()
	w := new(watcher)
	w.stop = s.Watch(user, addr, func(x turn.Sighting) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.seen = append(w.seen, x)
	})
	t.Cleanup(w.stop)
	return w
}

func (w *watcher) all() []turn.Sighting {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.seen)
}

// sees waits for a sighting, and returns it.
func (w *watcher) sees(t *testing.T, what string, is func(turn.Sighting) bool) turn.Sighting {
	t.Helper()
	for range 500 {
		if i := slices.IndexFunc(w.all(), is); i >= 0 {
			return w.all()[i]
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s is not seen, but this:\n%+v", what, w.all())
	return turn.Sighting{}
}

func is(k turn.Kind) func(turn.Sighting) bool {
	return func(s turn.Sighting) bool { return s.Kind == k }
}

func TestEveryTransportOfAWatchedClientIsSeen(t *testing.T) {
	ca, peer := newTestAuthority(t), echo(t)
	s := newTestServer(t, func(c *Config) {
		c.Listen = append(c.Listen, Listener{"tls", "127.0.0.1", 0})
		ca.datagrams(c)
		c.Listen = append(c.Listen, Listener{"udp", "127.0.0.1", 0}, Listener{"tcp", "127.0.0.1", 0})
		c.Peers.Allow = []string{"127.0.0.1"}
	})
	for i, network := range networks {
		t.Run(network, func(t *testing.T) {
			user := "test-" + network
			w, other := s.watch(t, user, loopback), s.watch(t, "other", testOtherAddress)
			client := s.client(t, network, user)
			relay := allocate(t, client)
			buf := make([]byte, 2000)
			for range 50 { // first by indications, then by the channel that the client binds
				if _, err := relay.WriteTo([]byte("turnpike"), peer); err != nil {
					t.Fatal(err)
				}
				if n, _, err := relay.ReadFrom(buf); err != nil || string(buf[:n]) != "turnpike" {
					t.Fatalf("%q: %v", buf[:n], err)
				}
			}
			if err := client.CreatePermission(&net.UDPAddr{IP: net.IPv4(10, 0, 0, 5), Port: 9000}); err == nil {
				t.Error("a private peer is let pass")
			}
			at := netip.MustParseAddrPort(relay.LocalAddr().String())
			w.sees(t, "the channel", is(turn.SawChannel)) // which the client binds by itself, some time
			relay.Close()

			end := w.sees(t, "the end", is(turn.SawEnd))
			if end.Sent != (turn.Traffic{Packets: 50, Bytes: 400}) || end.Received != end.Sent || end.Reason == "" {
				t.Errorf("totals at the end: %+v", end)
			}
			if x := w.sees(t, "the challenge", is(turn.SawChallenge)); x.Code != 401 {
				t.Errorf("%+v", x)
			}
			if x := w.sees(t, "the allocation", is(turn.SawAllocation)); x.Relay != at {
				t.Errorf("%+v", x)
			}
			if x := w.sees(t, "the permission", is(turn.SawPermission)); x.Peer.Addr() != loopback {
				t.Errorf("%+v", x)
			}
			if x := w.sees(t, "the first packet", is(turn.SawTraffic)); x.Sent.Packets != 1 || x.Received.Packets != 0 {
				t.Errorf("%+v", x)
			}
			if x := w.sees(t, "the refused peer", is(turn.SawRefusedPeer)); x.Peer.Addr() != netip.MustParseAddr("10.0.0.5") || x.Code != 403 {
				t.Errorf("%+v", x)
			}
			listener := s.listeners.addrs(network)[0]
			for _, x := range w.all() {
				if x.Client.Transport != turn.Transport(i) || x.Client.Client.Addr() != loopback || x.Client.Server != listener || time.Since(x.At) > time.Minute {
					t.Errorf("%+v", x)
				}
			}
			if seen := other.all(); len(seen) != 0 {
				t.Errorf("somebody else sees %+v", seen)
			}
		})
	}
}

func TestRefusedClientIsSeenWithTheReason(t *testing.T) {
	s := newTestServer(t, func(c *Config) {
		c.Limits.AllocationsPerUser = 1
		c.Relay.MinPort, c.Relay.MaxPort = 50201, 50202
	})
	refused := func(t *testing.T, username, password string, code int, reason string) turn.Sighting {
		t.Helper()
		// Each case has a user of its own, since what a client says again in its end would be seen in the next case.
		_, user, _ := strings.Cut(username, ":")
		w := s.watch(t, user, testOtherAddress)
		for _, network := range []string{"udp", "tcp"} {
			if relay, err := s.clientWith(t, network, username, password).Allocate(); err == nil {
				relay.Close()
				t.Fatalf("%s: it was not refused", network)
			}
		}
		w.sees(t, "the refusal over tcp", func(x turn.Sighting) bool { return x.Client.Transport == turn.TCP })
		for _, x := range w.all() {
			if x.Kind != turn.SawRefusal || x.Code != code || x.Reason != reason || x.Request != "Allocate" {
				t.Errorf("%+v", x)
			}
		}
		return w.all()[0]
	}
	t.Run("wrong password", func(t *testing.T) {
		username, _, _ := s.Credentials("dave", time.Now())
		refused(t, username, "wrong", 401, turn.ReasonWrongPassword)
	})
	t.Run("expired", func(t *testing.T) {
		username, password, _ := s.Credentials("erin", time.Now().Add(-2*time.Hour))
		if x := refused(t, username, password, 401, turn.ReasonExpired); x.By < time.Hour-time.Second || x.By > time.Hour+time.Minute {
			t.Errorf("by %v", x.By)
		}
	})
	t.Run("quota", func(t *testing.T) {
		allocate(t, s.client(t, "udp", "alice"))
		username, password, _ := s.Credentials("alice", time.Now())
		if x := refused(t, username, password, 486, turn.ReasonQuota); x.Limit != 1 {
			t.Errorf("limit %d", x.Limit)
		}
	})
	t.Run("ports used up", func(t *testing.T) {
		for _, user := range []string{"bob", "carol"} {
			if relay, err := s.client(t, "udp", user).Allocate(); err == nil {
				defer relay.Close()
			}
		}
		username, password, _ := s.Credentials("frank", time.Now())
		refused(t, username, password, 508, turn.ReasonPortsUsedUp)
	})
	t.Run("revoked", func(t *testing.T) {
		s.Revoke("grace")
		username, password, _ := s.Credentials("grace", time.Now())
		refused(t, username, password, 401, turn.ReasonRevoked)
	})
}

func TestFailedHandshakesAreSeenFromTheClientsNetwork(t *testing.T) {
	ca := newTestAuthority(t)
	s := newTestServer(t, ca.secure)
	w, other := s.watch(t, "alice", loopback), s.watch(t, "bob", testOtherAddress)
	stranger := &tls.Config{ServerName: "turn.test", RootCAs: newTestAuthority(t).pool}
	if c, err := tls.Dial("tcp", s.at(t, "tls"), stranger); err == nil {
		c.Close()
		t.Fatal("the certificate is trusted")
	}
	x := w.sees(t, "the failed handshake", is(turn.SawFailedHandshake))
	if x.Client.Transport != turn.TLS || x.Name != "turn.test" || x.By != 0 || x.Reason != "bad certificate" && x.Reason != "unknown certificate authority" {
		t.Errorf("%+v", x)
	}
	c, err := net.Dial("tcp", s.at(t, "tls"))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = c.Write([]byte{0x16, 3, 1})
	c.Close()
	w.sees(t, "the client that left", func(x turn.Sighting) bool { return x.Reason == "closed by the client" })
	if seen := other.all(); len(seen) != 0 {
		t.Errorf("somebody else sees %+v", seen)
	}
}

func TestHandshakeThatFailsWithAnExpiredCertificateIsSeenSo(t *testing.T) {
	ca := newTestAuthority(t)
	ca.server.Leaf = &x509.Certificate{NotAfter: time.Now().Add(-time.Hour)}
	s := newTestServer(t, ca.secure)
	w := s.watch(t, "alice", loopback)
	if c, err := tls.Dial("tcp", s.at(t, "tls"), &tls.Config{RootCAs: x509.NewCertPool()}); err == nil {
		c.Close()
		t.Fatal("the certificate is trusted")
	}
	if x := w.sees(t, "the failed handshake", is(turn.SawFailedHandshake)); x.By < time.Hour || x.By > time.Hour+time.Minute {
		t.Errorf("%+v", x)
	}
}

func TestSlowWatcherDelaysNobodyAndIsBounded(t *testing.T) {
	s := newTestServer(t, nil)
	hold := make(chan struct{})
	calls := 0
	stop := s.Watch("alice", loopback, func(turn.Sighting) { calls++; <-hold })
	w := s.watch(t, "alice", testOtherAddress)
	for range sightingQueue {
		client := s.clientWith(t, "udp", "9999999999:alice", "wrong")
		if _, err := client.Allocate(); err == nil {
			t.Fatal("a wrong password is let pass")
		}
		client.Close()
	}
	if n := len(w.all()); n < sightingQueue-1 {
		t.Errorf("the other watcher has seen %d of %d refusals", n, sightingQueue)
	}
	stop()
	close(hold)
	s.Close()
	if calls != 1 {
		t.Errorf("%d calls, the last ones after the stop", calls)
	}
}

func TestWatchOfAClosedServerSeesNothing(t *testing.T) {
	s := newTestServer(t, nil)
	s.Close()
	s.Watch("alice", loopback, func(turn.Sighting) { t.Error("seen") })()
}
