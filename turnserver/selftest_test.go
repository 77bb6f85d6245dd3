package turnserver

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"turnpike/turnserver/turn"
)

// good fails unless so many results are all good.
func good(t *testing.T, want int, results []SelfTestResult, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != want {
		t.Fatalf("got %d results, want %d: %+v", len(results), want, results)
	}
	for _, r := range results {
		if r.Err != nil || r.RTT <= 0 || r.Relays[0] == r.Relays[1] || r.Relays[0].Port() < 49152 || r.Relays[1].Port() < 49152 {
			t.Errorf("%+v", r)
		}
	}
}

func TestSelfTestIsCountedToNoQuota(t *testing.T) {
	s := newTestServer(t, func(c *Config) {
		c.Limits = LimitConfig{AllocationsPerUser: 1, AllocationsPerAddress: 1, Allocations: 1}
	})
	client := s.client(t, "udp", "alice")
	relay := allocate(t, client)
	results, err := s.SelfTest(t.Context())
	good(t, 2, results, err)
	s.lives(t, 1)
	relay.Close()
	allocate(t, client)
}

// lives waits until there are so many allocations.
func (s *Server) lives(t *testing.T, want int) {
	t.Helper()
	for range 500 {
		if s.Stats().Allocations == want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%d allocations, want %d", s.Stats().Allocations, want)
}

func TestSelfTestOfUsersWithPasswords(t *testing.T) {
	s := newTestServer(t, func(c *Config) {
		c.Credentials = CredentialConfig{Users: map[string]string{"alice": "a password of hers", "bob": "and one of his"}}
	})
	results, err := s.SelfTest(t.Context())
	good(t, 2, results, err)
}

func TestPlanTestsTheServerThatRuns(t *testing.T) {
	s := newTestServer(t, nil)
	mute, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	cfg := s.cfg
	cfg.Listen = nil
	for _, at := range append(s.Addrs(), "udp://"+mute.LocalAddr().String()) {
		l, err := ParseListener(at)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Listen = append(cfg.Listen, l)
	}
	plan, err := Plan(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	results, err := plan.SelfTest(ctx)
	if err != nil || len(results) != 3 {
		t.Fatalf("%+v, %v", results, err)
	}
	var rest []SelfTestResult
	for _, r := range results {
		if r.URL != "udp://"+mute.LocalAddr().String() {
			rest = append(rest, r)
		} else if r.Err == nil || !strings.Contains(r.Err.Error(), "no answer in time") {
			t.Errorf("the one that does not answer: %v", r.Err)
		}
	}
	good(t, 2, rest, nil)
}

func TestSampleOfRelayPortsTriesThemAll(t *testing.T) {
	s := newTestServer(t, func(c *Config) { c.Relay.MinPort, c.Relay.MaxPort = 50301, 50332 })
	results, err := s.SampleRelays(t.Context(), 8)
	good(t, 8, results, err)
	s.lives(t, 0)
	for _, p := range s.relays { // a port that somebody else has
		for range 31 {
			p.take(false, false)
		}
	}
	results, err = s.SampleRelays(t.Context(), 1)
	if err != nil || len(results) != 1 || results[0].Err == nil || !strings.Contains(results[0].Err.Error(), "508") {
		t.Errorf("with one port left: %+v, %v", results, err)
	}
}

func TestSelfTestIsAUserThatNobodyElseCanBe(t *testing.T) {
	s := newTestServer(t, nil)
	w := s.watch(t, s.selfTester, loopback)
	if _, err := s.SelfTest(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.sees(t, "an allocation", is(turn.SawAllocation))
	if len(s.selfTester) < len("self-test-")+20 {
		t.Errorf("%q can be guessed", s.selfTester)
	}
}
