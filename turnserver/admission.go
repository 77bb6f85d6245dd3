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
// Those behind a proxy that has not named its client yet have no address, and count in total only.
type admission struct {
	mu       sync.Mutex
	total    int
	networks map[netip.Prefix]int
}

func (a *admission) enter(client netip.Addr) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.total >= maxUnauthenticated {
		return false
	}
	if client.IsValid() && !a.count(client) {
		return false
	}
	a.total++
	return true
}

func (a *admission) leave(client netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.total--
	if !client.IsValid() {
		return
	}
	network := turn.Network(client)
	if a.networks[network]--; a.networks[network] == 0 {
		delete(a.networks, network)
	}
}

// name gives a stream that has entered without an address the client's; false if its network has too many.
func (a *admission) name(client netip.Addr) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.count(client)
}

func (a *admission) count(client netip.Addr) bool {
	network := turn.Network(client)
	if a.networks[network] >= maxUnauthenticatedPerNetwork {
		return false
	}
	if a.networks == nil {
		a.networks = make(map[netip.Prefix]int)
	}
	a.networks[network]++
	return true
}
