package turn

import (
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// An account is what one user has at the moment. It lives as long as the user has an allocation.
type account struct {
	name        string
	allocations int
	clients     table[netip.Addr, int] // where they were made from
	traffic     traffic                // may be used without the registry's mutex
}

// reserve counts an allocation in, or tells why it is refused.
func (r *Registry) reserve(now time.Time, user string, client netip.Addr) (*account, refusal) {
	limits := r.limits.Load()
	if user == r.exempt {
		limits = &Limits{}
	}
	network := Network(client)
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.users[user]
	perUser := r.quotas.limit(user, limits.PerUser, now)
	switch {
	case a != nil && reached(a.allocations, perUser):
		return nil, refusal{code: stun.CodeAllocQuotaReached, limit: perUser}
	case reached(r.addresses[network], limits.PerAddress):
		return nil, refusal{code: stun.CodeAllocQuotaReached, limit: limits.PerAddress}
	case reached(r.total, limits.Total):
		return nil, refusal{code: stun.CodeInsufficientCapacity, reason: ReasonQuota, limit: limits.Total}
	}
	if a == nil {
		a = &account{name: user}
		r.users[user] = a
	}
	a.allocations++
	r.count(a, client)
	r.total++
	return a, refusal{}
}

// count notes where an allocation is made from; under the mutex.
func (r *Registry) count(a *account, client netip.Addr) {
	n := a.clients.get(client.Unmap())
	if n == nil {
		n = new(int)
		a.clients.set(client.Unmap(), n)
	}
	*n++
	r.addresses[Network(client)]++
}

// uncount takes back a count; under the mutex.
func (r *Registry) uncount(a *account, client netip.Addr) {
	network, client := Network(client), client.Unmap()
	n := a.clients.get(client)
	if *n--; *n == 0 {
		a.clients.delete(client)
	}
	if r.addresses[network]--; r.addresses[network] == 0 {
		delete(r.addresses, network)
	}
}

func reached(n, limit int) bool { return limit > 0 && n >= limit }

func (r *Registry) release(a *account, client netip.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.uncount(a, client)
	if a.allocations--; a.allocations == 0 {
		delete(r.users, a.name)
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

// passes takes n bytes from the allocation's, the user's and the server's bandwidth.
func (r *Registry) passes(now time.Time, a *allocation, way func(*traffic) *bucket, n int) bool {
	l := r.limits.Load()
	if l.Bandwidth == 0 && l.BandwidthPerUser == 0 && l.BandwidthPerAllocation == 0 {
		return true
	}
	t := r.clock(now)
	return way(&a.traffic).passes(t, n, l.BandwidthPerAllocation) &&
		way(&a.account.traffic).passes(t, n, l.BandwidthPerUser) &&
		way(&r.traffic).passes(t, n, l.Bandwidth)
}

func sent(t *traffic) *bucket     { return &t.sent }
func received(t *traffic) *bucket { return &t.received }

// affords takes an unauthenticated answer of so many bytes from the budget of the client's network.
func (r *Registry) affords(now time.Time, client netip.Addr, size int) bool {
	l := r.limits.Load()
	if l.Unauthenticated <= 0 {
		return true
	}
	slot := &r.budget.slots[r.hash(Network(client))%budgetSlots]
	each := int64(time.Second) / int64(l.Unauthenticated)
	return slot.take(r.clock(now), each*int64((size+answerUnit-1)/answerUnit), each*int64(max(1, l.UnauthenticatedBurst)))
}

// clock is nanoseconds by the monotonic clock where there is one, so that a clock that is set back blocks nobody.
func (r *Registry) clock(now time.Time) int64 { return int64(now.Sub(r.epoch)) }
