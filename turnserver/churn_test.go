package turnserver

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/stun/v3"

	"turnpike/turnserver/turn"
)

// long tells whether the tests that take minutes are to take them.
func long() bool { return os.Getenv("LONG") != "" }

// openFiles counts the descriptors of this process, where the system tells.
func openFiles() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(list)
}

// Clients come, send and go, some by themselves and some because they must; afterwards nothing may be left.
func TestChurnLeavesNothing(t *testing.T) {
	clients, duration := 100, 5*time.Second
	if long() {
		clients, duration = 1000, 2*time.Minute
	}
	files := openFiles()
	var sessions atomic.Int64
	t.Run("churn", func(t *testing.T) {
		s := newTestServer(t, func(c *Config) { c.Limits = LimitConfig{PermissionsPerAllocation: 64} })
		peer := peerAttr(&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(s.relays[0].min)})
		end := time.Now().Add(duration)
		var wg sync.WaitGroup
		for i := range clients {
			wg.Go(func() {
				for round := 0; time.Now().Before(end); round++ {
					c := newRawClient(t, s)
					user := fmt.Sprintf("user%d-%d", i, round)
					c.username, c.password, _ = s.Credentials(user, time.Now())
					c.request(stun.MethodAllocate, requestedUDP)
					c.request(stun.MethodCreatePermission, peer)
					for range 20 {
						c.send(stun.NewType(stun.MethodSend, stun.ClassIndication), peer, stun.RawAttribute{Type: stun.AttrData, Value: make([]byte, 172)})
					}
					sessions.Add(1)
					if round%4 != 3 {
						c.request(stun.MethodRefresh, stun.RawAttribute{Type: stun.AttrLifetime, Value: make([]byte, 4)})
					} else { // every fourth is thrown out
						s.Revoke(user)
					}
					c.conn.Close()
				}
			})
		}
		wg.Wait()
		if n := s.Stats().Allocations; n != 0 {
			t.Errorf("%d allocations are left", n)
		}
	})
	t.Log(sessions.Load(), "sessions")
	if now := openFiles(); now > files {
		t.Errorf("%d files open before, %d after", files, now)
	}
}

// A flood of everything that is hostile; afterwards a call works as before, and the memory is given back.
func TestAbuseLeavesTheServerAsItWas(t *testing.T) {
	s := newTestServer(t, func(c *Config) { c.Limits.Unauthenticated, c.Limits.UnauthenticatedBurst = 200, 2000 })
	heap := func() uint64 {
		var m runtime.MemStats
		for range 3 {
			runtime.GC()
		}
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	relays := func() {
		t.Helper()
		results, err := s.SelfTest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			if r.Err != nil {
				t.Fatalf("%s: %v", r.URL, r.Err)
			}
		}
	}
	relays()
	before := heap()

	c := newRawClient(t, s)
	c.request(stun.MethodAllocate, requestedUDP)
	accepted := 0
	for i := range 3000 { // one permission after the other
		c.send(stun.NewType(stun.MethodCreatePermission, stun.ClassRequest), peerAttr(&net.UDPAddr{IP: net.IPv4(9, 9, byte(i>>8), byte(i)), Port: 5000}))
		if c.receive().Type.Class == stun.ClassSuccessResponse {
			accepted++
		}
	}
	if accepted != 64 {
		t.Errorf("%d permissions were given, want 64", accepted)
	}
	garbage, err := net.Dial("udp", s.listeners.addrs("udp")[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer garbage.Close()
	for i := range 20_000 {
		packet := stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest)).Raw
		switch i % 4 {
		case 1:
			packet = []byte{0x40, 0, 0xFF, 0xFC, 0, 0, 0, 0, 0, 0, 0, 0}
		case 2:
			packet[3] = 0xFC
		case 3:
			packet = packet[:i%20]
		}
		_, _ = garbage.Write(packet)
	}
	var idle []net.Conn
	for range 500 {
		if conn, err := net.Dial("tcp", s.listeners.addrs("tcp")[0].String()); err == nil {
			_, _ = conn.Write([]byte{0x40, 0, 0xFF, 0xFC})
			idle = append(idle, conn)
		}
	}
	for _, conn := range idle {
		conn.Close()
	}
	idle = nil
	c.request(stun.MethodRefresh, stun.RawAttribute{Type: stun.AttrLifetime, Value: make([]byte, 4)})
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if s.admission.empty() {
			break
		}
	}
	relays()
	for _, sh := range s.shards { // answers are kept for retransmissions, but not for ever
		sh.event(func() []turn.Effect { return sh.core.Tick(time.Now().Add(time.Minute)) })
	}
	if after := heap(); after > before+before/10 {
		t.Errorf("%d bytes of heap before, %d after", before, after)
	}
}

func (a *admission) empty() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.total == 0
}
