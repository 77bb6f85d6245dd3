package turnserver

import (
	"net/netip"
	"sync"

	"turnpike/turnserver/turn"
)

const (
	maxUnauthenticated           = 4096
	maxUnauthenticatedPerNetwork = 128 // an IPv4 address or a /64
)

// admission counts the streams that have no allocation yet, and keeps a flood of them from taking every descriptor.
type admission struct {
	mu       sync.Mutex
	total    int
	networks map[netip.Prefix]int
}

func (a *admission) enter(client netip.Addr) bool {
	network := turn.Network(client)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.total >= maxUnauthenticated || a.networks[network] >= maxUnauthenticatedPerNetwork {
		return false
	}
	if a.networks == nil {
		a.networks = make(map[netip.Prefix]int)
	}
	a.networks[network]++
	a.total++
	return true
}

func (a *admission) leave(client netip.Addr) {
	network := turn.Network(client)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.networks[network]--; a.networks[network] == 0 {
		delete(a.networks, network)
	}
	a.total--
}
