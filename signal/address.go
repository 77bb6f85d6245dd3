package signal

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// address is what one client address has used. An IPv6 client owns a /64, so
// that is what counts as one.
type address struct {
	purse
	detached atomic.Int64 // sessions without a connection; counted among sessions
	queued   atomic.Int64 // bytes in the queues of its sessions
	sessions int          // connections and sessions; guarded by addresses.mu
	seen     time.Time    // guarded by addresses.mu
}

// addresses are the budgets by client address. At most addressEntries are
// remembered; when all are in use, newcomers share one entry.
type addresses struct {
	limits Limits
	shared *address

	mu      sync.Mutex // guards the following
	entries map[netip.Prefix]*address
	swept   time.Time
}

func newAddresses(limits Limits) *addresses {
	a := &addresses{limits: limits, entries: make(map[netip.Prefix]*address)}
	a.shared = a.new()
	return a
}

func (a *addresses) new() *address {
	return &address{purse: purse{rates: &a.limits.PerAddress}}
}

// get returns the entry of a client address, of which it may be the first sign.
func (a *addresses) get(client netip.Addr, now time.Time) *address {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.getLocked(client, now)
}

func (a *addresses) getLocked(client netip.Addr, now time.Time) *address {
	key := network(client)
	entry := a.entries[key]
	if entry == nil {
		if len(a.entries) >= addressEntries {
			a.sweepLocked(now)
		}
		if len(a.entries) >= addressEntries {
			return a.shared
		}
		entry = a.new()
		a.entries[key] = entry
	}
	entry.seen = now
	return entry
}

// enter counts a session; leave takes it back.
func (a *addresses) enter(client netip.Addr, now time.Time) (*address, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	entry := a.getLocked(client, now)
	// Who comes back to a session that waits for it needs a place until it has
	// that; hello sees to it that nobody else takes it.
	if entry.sessions >= a.limits.SessionsPerAddress+int(entry.detached.Load()) {
		return nil, false
	}
	entry.sessions++
	return entry, true
}

func (a *addresses) leave(entry *address) {
	a.mu.Lock()
	defer a.mu.Unlock()
	entry.sessions--
}

// full tells whether an address has more than its share.
func (a *addresses) full(entry *address) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return entry.sessions > a.limits.SessionsPerAddress
}

// sweepLocked forgets the idle, at most once a second: it looks at every entry.
func (a *addresses) sweepLocked(now time.Time) {
	if now.Sub(a.swept) < time.Second {
		return
	}
	a.swept = now
	for key, entry := range a.entries {
		if entry.sessions == 0 && now.Sub(entry.seen) > addressIdle {
			delete(a.entries, key)
		}
	}
}

// network is the address itself, or the /64 of an IPv6 address.
func network(client netip.Addr) netip.Prefix {
	client = client.Unmap().WithZone("")
	bits := client.BitLen()
	if client.Is6() {
		bits = 64
	}
	prefix, err := client.Prefix(bits)
	if err != nil {
		return netip.Prefix{} // no IP address: those share one entry
	}
	return prefix
}
