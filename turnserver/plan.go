package turnserver

import "net/netip"

// Plan returns a server that opens nothing and is not to be served, for its URLs and Credentials: what a server of this configuration hands out, also while
// one runs and holds the ports. Ports shared with the web are listed as "tls".
func Plan(cfg Config) (*Server, error) {
	s := newServer(cfg)
	if err := s.prepare(); err != nil {
		return nil, err
	}
	s.listeners.planned = make(map[string][]netip.AddrPort)
	for _, l := range cfg.Listen {
		addresses := l.addresses()
		if l.Host == "" && l.socket() == "tcp" {
			addresses = []netip.Addr{netip.IPv6Unspecified()}
		}
		for _, a := range addresses {
			s.listeners.planned[l.Network] = append(s.listeners.planned[l.Network], netip.AddrPortFrom(a, uint16(l.Port)))
		}
	}
	return s, nil
}
