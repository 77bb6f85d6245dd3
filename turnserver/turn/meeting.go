package turn

import (
	"net/netip"
	"sync"
	"sync/atomic"
)

// meetings say who has met whom in signaling. With the peer mode Signaled a user reaches, besides live relays, only the addresses from which we
// ourselves saw somebody arrive whom the user has met: that session's, and those of its user's allocations. What a candidate claims grants nothing.
type meetings struct {
	mu      sync.RWMutex
	of      map[string]map[party]int // counted, since two may share several rooms
	changed atomic.Uint64            // permissions given before a change are looked at again
}

// party is one session, seen from the other side.
type party struct {
	user string // whom its allocations are accounted to
	addr netip.Addr
}

// Meet lets user reach a session of other that arrived from addr. Part takes it back.
func (r *Registry) Meet(user, other string, addr netip.Addr) {
	m := &r.meetings
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil {
		m.of = make(map[string]map[party]int)
	}
	if m.of[user] == nil {
		m.of[user] = make(map[party]int, 1)
	}
	m.of[user][party{other, addr.Unmap().WithZone("")}]++
}

// Part takes one Meet back.
func (r *Registry) Part(user, other string, addr netip.Addr) {
	m := &r.meetings
	p := party{other, addr.Unmap().WithZone("")}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of[user] == nil {
		return
	}
	if m.of[user][p]--; m.of[user][p] <= 0 {
		delete(m.of[user], p)
	}
	if len(m.of[user]) == 0 {
		delete(m.of, user)
	}
	m.changed.Add(1)
}

// reaches tells whether somebody whom user has met was seen at addr.
func (r *Registry) reaches(user string, addr netip.Addr) bool {
	m := &r.meetings
	m.mu.RLock()
	defer m.mu.RUnlock()
	for p := range m.of[user] {
		if p.addr == addr || r.allocatesFrom(p.user, addr) {
			return true
		}
	}
	return false
}

func (r *Registry) allocatesFrom(user string, addr netip.Addr) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.users[user]
	return a != nil && a.clients.get(addr) != nil
}
