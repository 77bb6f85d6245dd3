package turn

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

func TestQuotas(t *testing.T) {
	addr := func(i int) netip.AddrPort { return netip.AddrPortFrom(alice.Addr(), uint16(40000+i)) }
	tests := map[string]struct {
		limits Limits
		want   int
	}{
		"per user":    {Limits{PerUser: 2}, 486},
		"per address": {Limits{PerAddress: 2}, 486},
		"in all":      {Limits{Total: 2}, 508},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorldWithLimits(t, tt.limits, nil)
			var clients []*client
			for i := range 2 {
				c := w.client(addr(i), "alice")
				c.allocate()
				clients = append(clients, c)
			}
			third := w.client(addr(2), "alice")
			third.challenge()
			if got := code(third.once(third.build(stun.MethodAllocate, udpTransport))); got != tt.want {
				t.Fatalf("got %d, want %d", got, tt.want)
			}
			clients[0].refresh(0)
			if got := code(third.once(third.build(stun.MethodAllocate, udpTransport))); got != 0 {
				t.Errorf("after one is given up: %d", got)
			}
		})
	}
}

func TestUsersAreCountedByNameNotByTimestamp(t *testing.T) {
	w := newWorldWithLimits(t, Limits{PerUser: 1}, nil)
	w.client(alice, "alice").allocate()
	w.now = w.now.Add(time.Minute)
	c := w.client(bob, "alice")
	c.challenge()
	if got := code(c.once(c.build(stun.MethodAllocate, udpTransport))); got != 486 {
		t.Errorf("got %d, want 486", got)
	}
}
