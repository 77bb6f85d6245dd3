package main

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
)

// A crowd bounds the connections of an http.Server, in all and of one address, so
// that nobody takes every descriptor, or every place. Who has none is hung up on:
// to wait for one would let those in front hold up everybody. WebSockets leave it:
// signaling counts them itself.
type crowd struct {
	most    int            // 0: no limit
	share   int            // of one address, or /64 of IPv6
	trusted []netip.Prefix // proxies, which stand for many

	mu       sync.Mutex // guards the following
	places   map[net.Conn]netip.Prefix
	networks map[netip.Prefix]int
	refused  uint64
}

// newCrowd gives one address an eighth.
func newCrowd(most int, trusted []netip.Prefix) *crowd {
	return &crowd{most: most, share: (most + 7) / 8, trusted: trusted, places: make(map[net.Conn]netip.Prefix), networks: make(map[netip.Prefix]int)}
}

// watch is for http.Server.ConnState.
func (c *crowd) watch(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if !c.enter(conn) {
			conn.Close()
		}
	case http.StateHijacked, http.StateClosed:
		c.leave(conn)
	}
}

func (c *crowd) enter(conn net.Conn) bool {
	network, exempt := c.network(conn)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.most > 0 && (len(c.places) >= c.most || !exempt && c.networks[network] >= c.share) {
		c.refused++
		return false
	}
	c.places[conn] = network
	c.networks[network]++
	return true
}

func (c *crowd) leave(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	network, in := c.places[conn]
	if !in {
		return
	}
	delete(c.places, conn)
	if c.networks[network]--; c.networks[network] == 0 {
		delete(c.networks, network)
	}
}

// network is that of the other end. This host itself and trusted proxies may hold
// every place.
func (c *crowd) network(conn net.Conn) (network netip.Prefix, exempt bool) {
	at, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Prefix{}, false
	}
	addr := at.Addr().Unmap().WithZone("")
	for _, p := range c.trusted {
		exempt = exempt || p.Contains(addr)
	}
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(addr, bits).Masked(), exempt || addr.IsLoopback()
}

// count is how many there are, and how many were hung up on since the start.
func (c *crowd) count() (connections int, refused uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.places), c.refused
}
