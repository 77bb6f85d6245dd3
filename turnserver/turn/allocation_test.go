package turn

import (
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

func TestAllocateIsAnsweredOnceTheRelayIsOpen(t *testing.T) {
	w := newWorld(t, nil)
	w.slow = true
	c := w.client(alice, "alice")
	c.challenge()
	m := c.build(stun.MethodAllocate, udpTransport)
	if got := c.send(c.tuple, m.Raw); len(got) != 0 {
		t.Fatal("answered before the relay is there")
	}
	if got := c.send(c.tuple, m.Raw); len(got) != 0 {
		t.Fatal("the retransmission was answered before the relay is there")
	}
	before := len(w.toClient[c.tuple])
	w.open()
	if got := w.toClient[c.tuple][before:]; len(got) != 1 || code(c.decode(got[0], m)) != 0 {
		t.Fatalf("got %d answers", len(got))
	}
}

func TestClientThatGoesWhileItsRelayOpensLeavesNothing(t *testing.T) {
	w := newWorld(t, nil)
	w.slow = true
	c := w.client(alice, "alice")
	c.tuple.Transport, c.tuple.Conn = TCP, 1
	c.challenge()
	c.send(c.tuple, c.build(stun.MethodAllocate, udpTransport).Raw)
	w.do(w.core.Closed(w.now, c.tuple))
	w.open()
	w.checkEmpty()
}

func TestNoRelayPortIsInsufficientCapacity(t *testing.T) {
	w := newWorld(t, nil)
	w.full = true
	c := w.client(alice, "alice")
	if got := code(c.request(stun.MethodAllocate, udpTransport)); got != 508 {
		t.Errorf("got %d, want 508", got)
	}
	w.checkEmpty()
}

func TestSomebodyElsesRefreshOnMyFiveTupleIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	c.allocate()
	mallory := w.client(alice, "mallory")
	if got := mallory.refresh(0); got != 441 {
		t.Errorf("got %d, want 441", got)
	}
	if got := c.refresh(600); got != 0 {
		t.Errorf("my allocation is gone: %d", got)
	}
}

func TestLifetimesAreThoseOfTheRFC(t *testing.T) {
	for _, tt := range []struct{ asked, want uint32 }{{0, 600}, {60, 600}, {1800, 1800}, {3600, 3600}, {1 << 31, 3600}} {
		w := newWorld(t, nil)
		c := w.client(alice, "alice")
		res := c.request(stun.MethodAllocate, udpTransport, lifetime(tt.asked))
		r := request{Message: *res}
		if got, _, _ := r.uint32Attr(stun.AttrLifetime); got != tt.want {
			t.Errorf("asked for %d, got %d, want %d", tt.asked, got, tt.want)
		}
		w.wait(time.Duration(tt.want)*time.Second - 2*time.Second)
		if w.core.Allocations() != 1 {
			t.Errorf("%d: gone before its time", tt.asked)
		}
		w.wait(4 * time.Second)
		w.checkEmpty()
	}
}

func TestClosedStreamEndsItsAllocation(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	c.tuple.Transport, c.tuple.Conn = TCP, 1
	c.allocate()
	w.do(w.core.Closed(w.now, c.tuple))
	w.checkEmpty()
}
