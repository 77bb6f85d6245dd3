package turnserver

import (
	"net/netip"
	"slices"

	"turnpike/turnserver/turn"
)

// discovery is what the core needs to know; nil where it is off.
func (c DiscoveryConfig) discovery(s *Server) *turn.Discovery {
	port := s.stunPort()
	if c.Port == 0 || port == 0 {
		return nil
	}
	d := &turn.Discovery{Ports: [2]uint16{uint16(port), uint16(c.Port)}}
	if !c.Address.Local.IsValid() {
		return d
	}
	for _, p := range s.relays {
		a := p.address
		if a.Local.Is4() == c.Address.Local.Is4() && a.Local != c.Address.Local {
			d.Local = [2]netip.Addr{a.Local, c.Address.Local}
			d.Public = [2]netip.Addr{a.Public, c.Address.Public}
			break
		}
	}
	return d
}

// stunPort is the port of the first UDP listener.
func (s *Server) stunPort() int {
	for _, l := range s.cfg.Listen {
		if l.Network == "udp" {
			return l.Port
		}
	}
	return 0
}

// listen are the configured listeners and those that discovery needs beside them.
func (s *Server) listen() []Listener {
	list := append([]Listener(nil), s.cfg.Listen...)
	if s.discovery == nil {
		return list
	}
	for _, l := range s.cfg.Listen {
		if l.Network == "udp" && l.Port == s.stunPort() {
			list = append(list, Listener{"udp", l.Host, s.cfg.Discovery.Port})
			if second := s.discovery.Local[1]; second.IsValid() && l.Host != "" {
				list = append(list, Listener{"udp", second.String(), l.Port}, Listener{"udp", second.String(), s.cfg.Discovery.Port})
			}
		}
	}
	return list
}

// forDiscovery tells whether nobody is to be told of a listener, since it is there for discovery alone.
func (s *Server) forDiscovery(network string, at netip.AddrPort) bool {
	d := s.discovery
	return d != nil && network == "udp" && (at.Port() == d.Ports[1] || d.Local[1].IsValid() && at.Addr() == d.Local[1] && !s.wildcard())
}

// DiscoveryURLs are the STUN URLs (RFC 7064) of the ports and addresses that answer for discovery, as clients reach them: a socket that asks each of them
// learns how its NAT maps (RFC 5780 §4.3). There are none where discovery is off.
func (s *Server) DiscoveryURLs() []string {
	d := s.discovery
	if d == nil {
		return nil
	}
	var urls []string
	for _, at := range s.listeners.addrs("udp") {
		if !slices.Contains(d.Ports[:], at.Port()) {
			continue
		}
		hosts := s.publicHosts(at.Addr())
		if d.Local[1].IsValid() && at.Addr() == d.Local[1] {
			hosts = []netip.Addr{d.Public[1]}
		}
		for _, host := range hosts {
			u := "stun:" + netip.AddrPortFrom(host, at.Port()).String()
			if !slices.Contains(urls, u) {
				urls = append(urls, u)
			}
		}
	}
	return urls
}

// keys are those of the configuration by which the port and the address of a listener were chosen.
func (s *Server) keys(network string, at netip.AddrPort) (port, address string) {
	port, address = "turn.listen", "turn.listen"
	d := s.discovery
	if d == nil || network != "udp" {
		return port, address
	}
	if at.Port() == d.Ports[1] {
		port = "stun.alternate_port"
	}
	if d.Local[1].IsValid() && at.Addr() == d.Local[1] {
		address = "stun.alternate_address"
	}
	return port, address
}
