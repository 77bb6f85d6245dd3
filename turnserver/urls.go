package turnserver

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
)

// maxURLs is how many are handed out: browsers warn from five on.
const maxURLs = 4

// URLs are what clients are told (RFC 7065): those configured, or one for each listener and public address: UDP, TCP, then TLS, which gets through
// where nothing else does and so always keeps a place. DTLS is left out: browsers do not speak it to a relay.
func (s *Server) URLs() []string {
	if urls := s.settings.Load().urls; len(urls) > 0 {
		return slices.Clone(urls)
	}
	var urls [3][]string
	for i, network := range networks[:3] {
		for _, at := range s.listeners.addrs(network) {
			if s.forDiscovery(network, at) {
				continue
			}
			for _, host := range s.hosts(network, at.Addr()) {
				port := strconv.Itoa(int(at.Port()))
				u := "turn:" + net.JoinHostPort(host, port) + "?transport=" + network
				if network == "tls" {
					u = "turns:" + net.JoinHostPort(host, port) + "?transport=tcp"
				}
				if !slices.Contains(urls[i], u) {
					urls[i] = append(urls[i], u)
				}
			}
		}
	}
	for len(urls[0])+len(urls[1])+len(urls[2]) > maxURLs {
		longest := 2
		for i := range urls {
			if len(urls[i]) > len(urls[longest]) {
				longest = i
			}
		}
		urls[longest] = urls[longest][:len(urls[longest])-1]
	}
	return slices.Concat(urls[:]...)
}

// hosts are the names or addresses by which clients reach a listener. For TLS that is a name of the certificate, since Firefox takes no other, or an
// address that the certificate is for.
func (s *Server) hosts(network string, listener netip.Addr) []string {
	var hosts []string
	if network != "tls" {
		for _, a := range s.publicHosts(listener) {
			hosts = append(hosts, a.String())
		}
		return hosts
	}
	cert := s.certificate()
	if name := certificateName(cert); name != "" && !listener.IsLoopback() {
		return []string{name}
	}
	for _, a := range s.publicHosts(listener) {
		if certifies(cert, a) {
			hosts = append(hosts, a.String())
		}
	}
	return hosts
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

// addrs are the addresses that one network is listened on, by port.
func (ls *listeners) addrs(network string) []netip.AddrPort {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	list := slices.Clone(ls.planned[network])
	for at := range ls.packets[network] {
		list = append(list, at)
	}
	for _, l := range ls.streams {
		if l.network == network {
			list = append(list, l.addr())
		}
	}
	slices.SortFunc(list, func(a, b netip.AddrPort) int {
		if a.Port() != b.Port() {
			return int(a.Port()) - int(b.Port())
		}
		return a.Compare(b)
	})
	return list
}

// Addrs are the listeners that are really open, such as "udp://192.0.2.2:3478". A port shared with the web is a "tls" one.
func (s *Server) Addrs() []string {
	var list []string
	for _, network := range networks {
		for _, at := range s.listeners.addrs(network) {
			list = append(list, network+"://"+at.String())
		}
	}
	return list
}
