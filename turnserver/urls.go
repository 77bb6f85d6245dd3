package turnserver

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
)

// maxURLs is how many are handed out: browsers warn from five on.
const maxURLs = 4

// URLs are what clients are told (RFC 7065): those configured, or one for each listener and public address, UDP first.
func (s *Server) URLs() []string {
	if len(s.cfg.URLs) > 0 {
		return slices.Clone(s.cfg.URLs)
	}
	var urls []string
	for _, network := range []string{"udp", "tcp"} {
		for _, at := range s.listeners.addrs(network) {
			for _, host := range s.publicHosts(at.Addr()) {
				u := "turn:" + net.JoinHostPort(host.String(), strconv.Itoa(int(at.Port()))) + "?transport=" + network
				if !slices.Contains(urls, u) && len(urls) < maxURLs {
					urls = append(urls, u)
				}
			}
		}
	}
	return urls
}

// publicHosts are the addresses by which a client out there reaches a listener: never loopback, which browsers refuse, if there is any other.
func (s *Server) publicHosts(listener netip.Addr) []netip.Addr {
	var hosts []netip.Addr
	for _, p := range s.relays {
		a := p.address
		switch {
		case listener == a.Local || listener == a.Public:
			return []netip.Addr{a.Public}
		case listener.IsUnspecified() && (listener.Is6() || a.Public.Is4()):
			hosts = append(hosts, a.Public)
		}
	}
	if listener.IsUnspecified() || s.wildcard() {
		return hosts
	}
	return []netip.Addr{listener}
}

// wildcard tells whether some listener is on every address, so that the relay addresses stand for all of them.
func (s *Server) wildcard() bool {
	return slices.ContainsFunc(s.cfg.Listen, func(l Listener) bool { return l.Host == "" })
}

// addrs are the addresses that one network is listened on, in order.
func (ls *listeners) addrs(network string) []netip.AddrPort {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	var list []netip.AddrPort
	if network == "udp" {
		for at := range ls.udp {
			list = append(list, at)
		}
	} else {
		for _, t := range ls.tcp {
			list = append(list, canonicalPort(t.ln.Addr().(*net.TCPAddr).AddrPort()))
		}
	}
	slices.SortFunc(list, netip.AddrPort.Compare)
	return list
}

// Addrs are the listeners that are really open, such as "udp://192.0.2.2:3478".
func (s *Server) Addrs() []string {
	var list []string
	for _, network := range []string{"udp", "tcp"} {
		for _, at := range s.listeners.addrs(network) {
			list = append(list, network+"://"+at.String())
		}
	}
	return list
}
