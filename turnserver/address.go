package turnserver

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"turnpike/turnserver/turn"
)

// addressInterval is how often the host's addresses are looked at.
const addressInterval = 10 * time.Second

// ParseRelayAddress reads "203.0.113.7", or "203.0.113.7=10.0.0.5" (public=local). The public one may be a DNS name, which is looked up now.
func ParseRelayAddress(s string) (RelayAddress, error) {
	public, local, mapped := strings.Cut(s, "=")
	if !mapped {
		local = public
	}
	pub, err := netip.ParseAddr(public)
	if err != nil {
		if pub, err = lookup(public, local); err != nil {
			return RelayAddress{}, fmt.Errorf("turn.relay.addresses: %s: %w", s, err)
		}
		if !mapped {
			local = pub.String()
		}
	}
	loc, err := netip.ParseAddr(local)
	if err != nil {
		return RelayAddress{}, fmt.Errorf("turn.relay.addresses: %s: %q is not an IP address", s, local)
	}
	pub, loc = pub.Unmap(), loc.Unmap()
	if pub.IsUnspecified() || loc.IsUnspecified() || pub.IsMulticast() || loc.IsMulticast() {
		return RelayAddress{}, fmt.Errorf("turn.relay.addresses: %s: not the address of one host", s)
	}
	if pub.Is4() != loc.Is4() {
		return RelayAddress{}, fmt.Errorf("turn.relay.addresses: %s maps one address family to another", s)
	}
	return RelayAddress{Public: pub, Local: loc}, nil
}

// lookup returns the name's address, of the local address's family if that is known.
func lookup(name, local string) (netip.Addr, error) {
	ips, err := net.LookupIP(name)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("%q is neither an IP address nor a name that resolves", name)
	}
	loc, _ := netip.ParseAddr(local)
	for _, ip := range ips {
		a, ok := netip.AddrFromSlice(ip)
		if a = a.Unmap(); ok && (!loc.IsValid() || a.Is4() == loc.Is4()) {
			return a, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("%q has no address of the local address's family", name)
}

// hostPrefixes are the addresses of this host with the networks they are on. Link-local IPv6 is left out: it needs a zone, which TURN cannot say.
func hostPrefixes() []netip.Prefix {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var list []netip.Prefix
	for _, a := range addrs {
		ipnet, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		addr, ok := netip.AddrFromSlice(ipnet.IP)
		if addr = addr.Unmap(); !ok || addr.Is6() && addr.IsLinkLocalUnicast() {
			continue
		}
		ones, _ := ipnet.Mask.Size()
		list = append(list, netip.PrefixFrom(addr, ones))
	}
	return list
}

func hostAddresses() []netip.Addr {
	var list []netip.Addr
	for _, p := range hostPrefixes() {
		list = append(list, p.Addr())
	}
	return list
}

// lastingAddresses are those that clients can be told of.
func lastingAddresses() []netip.Addr {
	skip := fleeting()
	return slices.DeleteFunc(hostAddresses(), func(a netip.Addr) bool { return skip[a] })
}

// preferredAddresses are those by which this host speaks to the rest of the world, IPv4 first. Nothing is sent: the kernel is asked for a route. A
// family without route is there by its best address, if any; a host without network relays on loopback.
func preferredAddresses() []netip.Addr {
	return choose(lastingAddresses(), routed("198.51.100.1:9"), routed("[2001:db8::1]:9"))
}

// routed is the address from which this host would speak to far, or none.
func routed(far string) netip.Addr {
	conn, err := net.Dial("udp", far)
	if err != nil {
		return netip.Addr{}
	}
	defer conn.Close()
	return canonicalPort(conn.LocalAddr().(*net.UDPAddr).AddrPort()).Addr()
}

// choose picks an address of each family. A private IPv6 address is left out, since clients would try it in vain.
func choose(host []netip.Addr, routed4, routed6 netip.Addr) (list []netip.Addr) {
	host = slices.Clone(host)
	slices.SortStableFunc(host, func(a, b netip.Addr) int { return rank(a) - rank(b) })
	best := func(is func(netip.Addr) bool) netip.Addr {
		if i := slices.IndexFunc(host, is); i >= 0 {
			return host[i]
		}
		return netip.Addr{}
	}
	if !routed4.IsValid() {
		routed4 = best(func(a netip.Addr) bool { return a.Is4() && !a.IsLoopback() })
	}
	if !slices.Contains(host, routed6) {
		routed6 = best(func(a netip.Addr) bool { return a.Is6() && !a.IsLoopback() })
	}
	if routed4.IsValid() {
		list = append(list, routed4)
	}
	if routed6.IsValid() && !routed6.IsPrivate() && !routed6.IsLinkLocalUnicast() {
		list = append(list, routed6)
	}
	if len(list) == 0 && len(host) > 0 {
		list = host[:1]
	}
	return list
}

// rank is lower for what more of the world can reach.
func rank(a netip.Addr) int {
	switch {
	case a.IsLoopback():
		return 4
	case a.Is6() && a.IsPrivate():
		return 3
	case a.Is6():
		return 2
	case a.IsPrivate():
		return 1
	}
	return 0
}

// watchAddresses keeps listeners and policy in step with the host's addresses.
func (s *Server) watchAddresses() {
	tick := time.NewTicker(addressInterval)
	defer tick.Stop()
	last, relays := fmt.Sprint(hostPrefixes(), lastingAddresses()), preferredAddresses()
	for {
		select {
		case <-s.closing:
			return
		case <-tick.C:
		}
		now := fmt.Sprint(hostPrefixes(), lastingAddresses())
		if now == last {
			continue
		}
		last = now
		s.listeners.follow(s)
		s.applyPolicy()
		if found := preferredAddresses(); len(s.cfg.Relay.Addresses) == 0 && !slices.Equal(found, relays) {
			relays = found
			s.log.Warn("the address of this host has changed: restart to relay on it", "relay", found)
		}
	}
}

// policy is the configured one with what is known of this host today: its addresses are never peers, and unless the operator
// has left "recommended" out, neither are the networks it is on, its resolvers, and what lies behind a NAT64.
func (s *Server) policy() *turn.Policy {
	st := s.settings.Load()
	deny := slices.Clone(st.deny)
	prefixes := hostPrefixes()
	if st.dynamic {
		for _, p := range prefixes {
			deny = append(deny, p.Masked())
		}
		if learned := s.nat64.Load(); learned != nil {
			deny = append(deny, *learned...)
		}
		for _, a := range resolvers() {
			deny = append(deny, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return turn.NewPolicy(turn.PolicyConfig{Deny: deny, Allow: st.allow, Own: hostAddresses(), MinPort: st.minPort, Mode: st.mode})
}

// applyPolicy makes the policy anew and gives it to every shard; one at a time, so that no older one comes last.
func (s *Server) applyPolicy() {
	s.policing.Lock()
	defer s.policing.Unlock()
	policy := s.policy()
	for _, sh := range s.shards {
		sh.event(func() []turn.Effect { sh.core.SetPolicy(policy); return nil })
	}
}

// resolvers are the name servers of this host, where it says so in a file.
func resolvers() []netip.Addr {
	f, err := os.Open("/etc/resolv.conf")
	if err != nil {
		return nil
	}
	defer f.Close()
	var list []netip.Addr
	for sc := bufio.NewScanner(f); sc.Scan(); {
		fields := strings.Fields(sc.Text())
		if len(fields) >= 2 && fields[0] == "nameserver" {
			if a, err := netip.ParseAddr(fields[1]); err == nil {
				list = append(list, a.WithZone("").Unmap())
			}
		}
	}
	return list
}

// parsePrefixes reads prefixes and addresses; "recommended" stands for turn.Recommended.
func parsePrefixes(list []string) (prefixes []netip.Prefix, withRecommended bool, err error) {
	for _, s := range list {
		if s == "recommended" {
			prefixes = append(prefixes, turn.Recommended()...)
			withRecommended = true
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, aerr := netip.ParseAddr(s)
			if aerr != nil {
				return nil, false, fmt.Errorf("%q is neither an address nor a prefix such as 10.0.0.0/8", s)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		prefixes = append(prefixes, p.Masked())
	}
	return prefixes, withRecommended, nil
}

func randomInt(n int) int {
	v, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return int(v.Int64())
}
