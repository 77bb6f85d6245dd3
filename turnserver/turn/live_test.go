package turn

import (
	"net/netip"
	"testing"
)

func TestLiveSessionsAreListedInPiecesAndNoneTwice(t *testing.T) {
	c := New(Config{})
	var all []*allocation
	for i := range 10 {
		a := &allocation{session: Session{Relay: netip.AddrPortFrom(netip.Addr{}, uint16(i+1))}}
		c.list(a)
		all = append(all, a)
	}
	c.unlist(all[9]) // the last
	c.unlist(all[0])
	c.unlist(all[4])
	for _, n := range []int{1, 3, 7, 100} {
		seen := make(map[uint16]bool)
		place := 0
		for {
			place = c.Live(place, n, func(live *Live) {
				port := live.Relay.Port()
				if seen[port] {
					t.Errorf("in pieces of %d: %d comes twice", n, port)
				}
				seen[port] = true
			})
			if place == 0 {
				break
			}
		}
		if len(seen) != 7 || seen[1] || seen[5] || seen[10] {
			t.Errorf("in pieces of %d: %v", n, seen)
		}
	}
	if place := c.Live(1000, 10, func(*Live) { t.Error("beyond the end") }); place != 0 {
		t.Errorf("beyond the end: %d", place)
	}
}
