package turnserver

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"
)

const (
	nat64Interval = time.Hour
	nat64Time     = 5 * time.Second
)

// wellKnown are the addresses of ipv4only.arpa (RFC 7050 §8).
var wellKnown = [][4]byte{{192, 0, 0, 170}, {192, 0, 0, 171}}

// nat64Prefixes finds the prefixes by which a NAT64 on this network makes IPv6 addresses of IPv4 ones: those under which ipv4only.arpa
// has IPv6 addresses (RFC 7050 §3). Through such a prefix every IPv4 address could be reached that the policy refuses.
func nat64Prefixes(answers []netip.Addr) (prefixes []netip.Prefix) {
	for _, a := range answers {
		if !a.Is6() || a.Is4In6() {
			continue
		}
		b := a.As16()
		for bits, at := range map[int][4]int{32: {4, 5, 6, 7}, 40: {5, 6, 7, 9}, 48: {6, 7, 9, 10}, 56: {7, 9, 10, 11}, 64: {9, 10, 11, 12}, 96: {12, 13, 14, 15}} {
			inner := [4]byte{b[at[0]], b[at[1]], b[at[2]], b[at[3]]} // RFC 6052 §2.2
			if p, err := a.Prefix(bits); err == nil && slices.Contains(wellKnown, inner) && !slices.Contains(prefixes, p) {
				prefixes = append(prefixes, p)
			}
		}
	}
	return prefixes
}

// learnNAT64 asks the host's resolver now and every hour. It runs only where there are IPv6 relays.
func (s *Server) learnNAT64() {
	life := s.context()
	for {
		ctx, cancel := context.WithTimeout(life, nat64Time)
		answers, err := net.DefaultResolver.LookupNetIP(ctx, "ip6", "ipv4only.arpa")
		cancel()
		if err == nil {
			prefixes := nat64Prefixes(answers)
			if old := s.nat64.Swap(&prefixes); old == nil && len(prefixes) > 0 || old != nil && !slices.Equal(*old, prefixes) {
				s.log.Info("peers behind the NAT64 of this network are refused", "prefixes", prefixes)
				s.applyPolicy()
			}
		}
		select {
		case <-s.closing:
			return
		case <-time.After(nat64Interval):
		}
	}
}

// context ends with the server.
func (s *Server) context() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	s.running.Go(func() {
		<-s.closing
		cancel()
	})
	return ctx
}
