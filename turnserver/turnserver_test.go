package turnserver

import (
	"context"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"
)

const testSecret = "a secret of at least sixteen bytes"

// newTestServer starts a server on loopback and, when the test ends, closes it and looks for what it left running.
func newTestServer(t *testing.T, change func(*Config)) *Server {
	t.Helper()
	before := runtime.NumGoroutine()
	lo := netip.MustParseAddr("127.0.0.1")
	cfg := Config{
		Realm:       "turnpike",
		Listen:      []Listener{{"udp", "127.0.0.1", 0}, {"tcp", "127.0.0.1", 0}},
		Relay:       RelayConfig{Addresses: []RelayAddress{{lo, lo}}, MinPort: 49152, MaxPort: 65535},
		Peers:       PeerConfig{Deny: []string{"recommended"}, MinPort: 1024},
		Credentials: CredentialConfig{Secrets: []string{testSecret}, TTL: time.Hour},
		Limits:      LimitConfig{AllocationsPerUser: 100, PermissionsPerAllocation: 64},
		DataPath:    *testPath,
	}
	if change != nil {
		change(&cfg)
	}
	s, err := Listen(cfg)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		for range 100 {
			if runtime.NumGoroutine() <= before {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		buf := make([]byte, 1<<16)
		t.Errorf("goroutines left: %d before, %d after\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
	})
	return s
}

func TestServerRelaysToItselfOverUDPAndTCP(t *testing.T) {
	s := newTestServer(t, nil)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	results, err := s.SelfTest(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 2 {
		t.Fatalf("got %d results, want one each for UDP and TCP: %+v", len(results), results)
	}
	for _, r := range results {
		if r.Err != nil {
			t.Errorf("%s: %v", r.URL, r.Err)
		}
		if r.RTT <= 0 {
			t.Errorf("%s: no RTT", r.URL)
		}
		t.Log(r.URL, r.RTT)
	}
}

func TestSecondServerOnTheSamePortIsRefusedAndToldWhoHasIt(t *testing.T) {
	s := newTestServer(t, nil)
	for _, addr := range s.Addrs() {
		l, err := ParseListener(addr)
		if err != nil {
			t.Fatal(err)
		}
		cfg := s.cfg
		cfg.Listen = []Listener{l}
		second, err := Listen(cfg)
		if err == nil {
			second.Close()
			t.Fatalf("%s could be bound twice", addr)
		}
		if !strings.Contains(err.Error(), "address already in use") || runtime.GOOS == "linux" && !strings.Contains(err.Error(), "pid") {
			t.Errorf("%s: unhelpful error: %v", addr, err)
		}
	}
}
