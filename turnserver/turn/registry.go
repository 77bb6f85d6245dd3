package turn

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Limits are counted over all shards; 0 is no limit.
type Limits struct {
	PerUser    int // allocations of one user
	PerAddress int // allocations of one client address, or of one /64
	Total      int

	BandwidthPerAllocation, BandwidthPerUser, Bandwidth int // bytes a second, each way

	Unauthenticated      int // answers a second to one client address over UDP, Binding among them
	UnauthenticatedBurst int
}

// A Registry is what all shards of a server share: how many allocations everybody has, and which relayed addresses are live.
// Its mutex is taken when allocations begin and end; what packets ask for is read without a lock.
type Registry struct {
	limits atomic.Pointer[Limits]
	epoch  time.Time
	seed   maphash.Seed
	exempt string

	mu        sync.Mutex // guards the counts
	users     map[string]*account
	addresses map[netip.Prefix]int
	total     int
	reserved  map[token]reservation
	conns     map[ConnID]*conn
	quotas    quotas

	revocations revocations
	meetings    meetings
	watches     watches
	traffic     traffic
	budget      budget

	relays atomic.Pointer[map[netip.Addr]*relayPorts]
}

// relayPorts holds for each port of a relayed address the shard that owns it, plus one; and one bit for TCP, whose ports are others.
type relayPorts [1 << 16]atomic.Uint32

const (
	udpOwner uint32 = 1<<16 - 1
	tcpOwner uint32 = 1 << 16
)

// NewRegistry returns a registry for a server that relays on the given public addresses.
func NewRegistry(limits Limits, relays []netip.Addr, now time.Time) *Registry {
	r := &Registry{
		epoch:     now.Add(-time.Hour), // so that an empty bucket is empty
		seed:      maphash.MakeSeed(),
		users:     make(map[string]*account),
		addresses: make(map[netip.Prefix]int),
		reserved:  make(map[token]reservation),
		conns:     make(map[ConnID]*conn),
	}
	r.limits.Store(&limits)
	ports := make(map[netip.Addr]*relayPorts, len(relays))
	for _, a := range relays {
		ports[a.Unmap()] = new(relayPorts)
	}
	r.relays.Store(&ports)
	return r
}

// Exempt lets one user have as many allocations as there are ports. It is to be called before anything else.
func (r *Registry) Exempt(user string) { r.exempt = user }

// SetLimits replaces the limits; what is over them already stays.
func (r *Registry) SetLimits(l Limits) { r.limits.Store(&l) }

func (r *Registry) hash(p netip.Prefix) uint64 { return maphash.Comparable(r.seed, p) }

func (r *Registry) ports(a netip.Addr) *relayPorts { return (*r.relays.Load())[a] }

// isRelay tells whether a is a public address of our relays.
func (r *Registry) isRelay(a netip.Addr) bool { return r.ports(a) != nil }

// Owner tells which shard has the live relayed address.
func (r *Registry) Owner(relayed netip.AddrPort) (shard int, live bool) {
	ports := r.ports(relayed.Addr())
	if ports == nil {
		return 0, false
	}
	v := ports[relayed.Port()].Load() & udpOwner
	return int(v) - 1, v != 0
}

// LiveTCP tells whether the relayed address is one of RFC 6062.
func (r *Registry) LiveTCP(relayed netip.AddrPort) bool {
	ports := r.ports(relayed.Addr())
	return ports != nil && ports[relayed.Port()].Load()&tcpOwner != 0
}

func (r *Registry) publish(relayed netip.AddrPort, shard int, tcp bool) {
	ports := r.ports(relayed.Addr())
	switch {
	case ports == nil:
	case tcp:
		ports[relayed.Port()].Or(tcpOwner)
	default:
		ports[relayed.Port()].Or(uint32(shard) + 1)
	}
}

func (r *Registry) withdraw(relayed netip.AddrPort, tcp bool) {
	ports := r.ports(relayed.Addr())
	switch {
	case ports == nil:
	case tcp:
		ports[relayed.Port()].And(^tcpOwner)
	default:
		ports[relayed.Port()].And(tcpOwner)
	}
}
