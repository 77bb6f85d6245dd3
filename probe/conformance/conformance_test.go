package conformance

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"turnpike/turnserver"
)

const secret = "conformance-needs-a-long-secret"

// host is the address that servers of these tests listen and relay on: not loopback, where there is another, so that loopback can be refused.
func host() netip.Addr {
	if a := localAddress(netip.MustParseAddrPort("198.51.100.1:9")); a.Is4() {
		return a
	}
	return netip.MustParseAddr("127.0.0.1")
}

// freePort returns a port that is free for UDP and TCP.
func freePort(t *testing.T) int {
	t.Helper()
	for range 50 {
		l, err := net.Listen("tcp", netip.AddrPortFrom(host(), 0).String())
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		u, err := net.ListenPacket("udp", l.Addr().String())
		l.Close()
		if err == nil {
			u.Close()
			return port
		}
	}
	t.Fatal("no port is free for both UDP and TCP")
	return 0
}

// newTurnpike starts our own server, and returns its URL. It may relay to the address it is on, so that tests can have peers there.
func newTurnpike(t *testing.T) string {
	t.Helper()
	at, port := host(), freePort(t)
	s, err := turnserver.Listen(turnserver.Config{
		Realm:       "example.org",
		Listen:      []turnserver.Listener{{Network: "udp", Host: at.String(), Port: port}, {Network: "tcp", Host: at.String(), Port: port}},
		Relay:       turnserver.RelayConfig{Addresses: []turnserver.RelayAddress{{Public: at, Local: at}}, MinPort: 49152, MaxPort: 65535},
		Peers:       turnserver.PeerConfig{Deny: []string{"recommended"}, Allow: []string{at.String()}, MinPort: 1024},
		Credentials: turnserver.CredentialConfig{Secrets: []string{secret}, TTL: time.Hour},
		Limits:      turnserver.LimitConfig{PermissionsPerAllocation: 64},
	})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()
	t.Cleanup(func() {
		s.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return fmt.Sprintf("turn:%s:%d?transport=udp", at, port)
}

func run(t *testing.T, o Options) *Report {
	t.Helper()
	if o.Secret == "" {
		o.Secret = secret
	}
	rep, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

func TestTurnpikeConforms(t *testing.T) {
	rep := run(t, Options{URL: newTurnpike(t)})
	for _, c := range rep.Results {
		t.Run(c.ID, func(t *testing.T) {
			switch {
			case c.Outcome == Fail:
				t.Errorf("RFC %d §%s, %s: %s: %s", c.RFC, c.Section, c.Level, c.Text, c.Why)
			case c.Outcome == NotTried:
				t.Skip(c.Why)
			}
		})
	}
	if rep.Error != "" || rep.Took > Limit {
		t.Errorf("%s, after %v", rep.Error, rep.Took)
	}
	t.Log(rep.Summary())
}
