package turn

import (
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/pion/stun/v3"
)

// Limits are counted over all shards; 0 is no limit.
type Limits struct {
	PerUser    int // allocations of one user
	PerAddress int // allocations of one client address, or of one /64
	Total      int
}

// A Registry is what all shards of a server share: how many allocations everybody has, and which relayed addresses are live.
// Its mutex is taken when allocations begin and end; what packets ask for is read without a lock.
type Registry struct {
	limits atomic.Pointer[Limits]

	mu        sync.Mutex // guards the counts
	users     map[string]int
	addresses map[netip.Prefix]int
	total     int
	reserved  map[token]reservation

	revocations revocations

	relays atomic.Pointer[map[netip.Addr]*relayPorts]
}

// relayPorts holds for each port of a relayed address the shard that owns it, plus one.
type relayPorts [1 << 16]atomic.Uint32

// NewRegistry returns a registry for a server that relays on the given public addresses.
func NewRegistry(limits Limits, relays []netip.Addr) *Registry {
	r := &Registry{
		users:     make(map[string]int),
		addresses: make(map[netip.Prefix]int),
		reserved:  make(map[token]reservation),
	}
	r.limits.Store(&limits)
	ports := make(map[netip.Addr]*relayPorts, len(relays))
	for _, a := range relays {
		ports[a.Unmap()] = new(relayPorts)
	}
	r.relays.Store(&ports)
	return r
}

func (r *Registry) ports(a netip.Addr) *relayPorts { return (*r.relays.Load())[a] }

// reserve counts an allocation in, or tells by which code it is refused.
func (r *Registry) reserve(user string, client netip.Addr) stun.ErrorCode {
	limits := r.limits.Load()
	network := Network(client)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case reached(r.users[user], limits.PerUser), reached(r.addresses[network], limits.PerAddress):
		return stun.CodeAllocQuotaReached
	case reached(r.total, limits.Total):
		return stun.CodeInsufficientCapacity
	}
	r.users[user]++
	r.addresses[network]++
	r.total++
	return 0
}

func reached(n, limit int) bool { return limit > 0 && n >= limit }

func (r *Registry) release(user string, client netip.Addr) {
	network := Network(client)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.users[user]--; r.users[user] == 0 {
		delete(r.users, user)
	}
	if r.addresses[network]--; r.addresses[network] == 0 {
		delete(r.addresses, network)
	}
	r.total--
}

// Network is what counts as one client: an IPv4 address, or the /64 of an IPv6 address.
func Network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, _ := a.Prefix(bits)
	return p
}

// isRelay tells whether a is a public address of our relays.
func (r *Registry) isRelay(a netip.Addr) bool { return r.ports(a) != nil }

// Owner tells which shard has the live relayed address.
func (r *Registry) Owner(relayed netip.AddrPort) (shard int, live bool) {
	ports := r.ports(relayed.Addr())
	if ports == nil {
		return 0, false
	}
	v := ports[relayed.Port()].Load()
	return int(v) - 1, v != 0
}

func (r *Registry) publish(relayed netip.AddrPort, shard int) {
	if ports := r.ports(relayed.Addr()); ports != nil {
		ports[relayed.Port()].Store(uint32(shard) + 1)
	}
}

func (r *Registry) withdraw(relayed netip.AddrPort) {
	if ports := r.ports(relayed.Addr()); ports != nil {
		ports[relayed.Port()].Store(0)
	}
}
