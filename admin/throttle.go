package admin

import (
	"net/netip"
	"sync"
	"time"
)

const (
	wrongTokens    = 10          // that one network may show
	wrongTime      = time.Minute // within this time
	wrongAddresses = 1024        // are kept apart; further ones share a place
)

// A throttle bounds how fast tokens can be guessed. Whoever has guessed too often is not listened to for the rest of
// the minute, right or wrong: on this host that is everybody here, which is better than letting one of them go on.
type throttle struct {
	mu     sync.Mutex // guards the following
	since  time.Time
	counts map[netip.Prefix]int
}

func (t *throttle) tooMany(from netip.Addr, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts[t.place(from, now)] >= wrongTokens
}

func (t *throttle) add(from netip.Addr, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[t.place(from, now)]++
}

// place is an IPv4 address or the /64 of an IPv6 address, or the one that is shared when there are too many. Every
// minute all begins anew.
func (t *throttle) place(from netip.Addr, now time.Time) netip.Prefix {
	if t.counts == nil || now.Sub(t.since) >= wrongTime || now.Before(t.since) {
		t.since, t.counts = now, make(map[netip.Prefix]int)
	}
	bits := 32
	if from.Is6() {
		bits = 64
	}
	network, _ := from.Prefix(bits)
	if _, known := t.counts[network]; !known && len(t.counts) >= wrongAddresses {
		return netip.Prefix{}
	}
	return network
}
