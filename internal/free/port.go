// Package free finds ports for the servers of tests. It is used by tests alone.
package free

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
)

// first and last are below what any system hands out by itself, so that no other socket of a test gets the port before its server does.
const first, last = 15_000, 31_999

// Port returns a port of an address of this host that is free for UDP and TCP, and so is the one above it.
func Port(t testing.TB, at netip.Addr) int {
	t.Helper()
	for range 100 {
		port := first + 2*rand.IntN((last-first)/2)
		if free(at, port) && free(at, port+1) {
			return port
		}
	}
	t.Fatalf("%s has no free ports", at)
	return 0
}

func free(at netip.Addr, port int) bool {
	addr := netip.AddrPortFrom(at, uint16(port))
	stream, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(addr))
	if err != nil {
		return false
	}
	defer stream.Close()
	datagrams, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return false
	}
	datagrams.Close()
	return true
}
