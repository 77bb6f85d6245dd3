package turnserver

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"sync"
)

// networks are the transports of listeners, in the order in which clients should try them.
var networks = []string{"udp", "tcp", "tls", "dtls"}

// A Listener is an address on which clients are served.
type Listener struct {
	Network string // "udp", "tcp", "tls" or "dtls"
	Host    string // an IP address; "" is every address of this host
	Port    int
}

// ParseListener reads "udp://:3478", "tcp://192.0.2.7:3478" or "udp://[2001:db8::7]:3478".
func ParseListener(s string) (Listener, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
		return Listener{}, fmt.Errorf("%q is not a listener: write udp://:3478 or tcp://192.0.2.7:3478", s)
	}
	if !slices.Contains(networks, u.Scheme) {
		return Listener{}, fmt.Errorf("%q: unknown transport %q: use udp, tcp, tls or dtls", s, u.Scheme)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil || port < 0 || port > 65535 {
		return Listener{}, fmt.Errorf("%q has no port between 0 and 65535", s)
	}
	host := u.Hostname()
	if host != "" {
		a, err := netip.ParseAddr(host)
		if err != nil {
			return Listener{}, fmt.Errorf("%q: %q is not an IP address", s, host)
		}
		if a.IsUnspecified() {
			host = ""
		}
	}
	return Listener{Network: u.Scheme, Host: host, Port: port}, nil
}

func (l Listener) String() string {
	return l.Network + "://" + net.JoinHostPort(l.Host, strconv.Itoa(l.Port))
}

// listeners are the open sockets that clients speak to. UDP is bound to each address on its own, so that replies leave from the address that was
// spoken to; streams do that by themselves.
type listeners struct {
	mu      sync.Mutex // guards what follows; taken when addresses come and go
	udp     map[netip.AddrPort]*udpListener
	streams []*streamListener
	serving bool
}

// open binds everything, or nothing.
func (ls *listeners) open(s *Server) error {
	ls.udp = make(map[netip.AddrPort]*udpListener)
	for _, l := range s.cfg.Listen {
		var err error
		switch l.Network {
		case "udp":
			err = ls.openUDP(s, l)
		default:
			err = ls.openStream(s, l)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (ls *listeners) openUDP(s *Server, l Listener) error {
	for _, a := range l.addresses() {
		at := netip.AddrPortFrom(a, uint16(l.Port))
		if ls.udp[at] != nil {
			continue
		}
		u, err := listenUDP(s, at)
		if err != nil {
			return explain(l, at, err)
		}
		ls.udp[u.at] = u
	}
	return nil
}

func (ls *listeners) openStream(s *Server, l Listener) error {
	t, err := listenStream(s, l)
	if err != nil {
		at := netip.AddrPortFrom(netip.IPv6Unspecified(), uint16(l.Port))
		if l.Host != "" {
			at = netip.AddrPortFrom(netip.MustParseAddr(l.Host), uint16(l.Port))
		}
		return explain(l, at, err)
	}
	ls.streams = append(ls.streams, t)
	return nil
}

// addresses are those of the host, where the listener names none.
func (l Listener) addresses() []netip.Addr {
	if l.Host != "" {
		return []netip.Addr{netip.MustParseAddr(l.Host)}
	}
	return hostAddresses()
}

func (ls *listeners) serve(s *Server) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for _, u := range ls.udp {
		u.serve(s)
	}
	for _, t := range ls.streams {
		s.running.Go(func() { t.serve(s) })
	}
	ls.serving = true
}

// share adds a listener that was opened elsewhere.
func (ls *listeners) share(s *Server, t *streamListener) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if s.closed() {
		t.close()
		return
	}
	ls.streams = append(ls.streams, t)
	if ls.serving {
		s.running.Go(func() { t.serve(s) })
	}
}

// follow opens listeners on addresses that have come, and closes those on addresses that have gone.
func (ls *listeners) follow(s *Server) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if s.closed() {
		return
	}
	present := make(map[netip.Addr]bool)
	for _, a := range hostAddresses() {
		present[a] = true
	}
	for _, l := range s.cfg.Listen {
		if l.Network != "udp" || l.Host != "" || l.Port == 0 {
			continue
		}
		for a := range present {
			at := netip.AddrPortFrom(a, uint16(l.Port))
			if ls.udp[at] != nil {
				continue
			}
			u, err := listenUDP(s, at)
			if err != nil {
				s.log.Warn("new address, but no listener", "err", explain(l, at, err))
				continue
			}
			ls.udp[at] = u
			u.serve(s)
			s.log.Info("listening on a new address", "listen", "udp://"+at.String())
		}
		for at, u := range ls.udp {
			if at.Port() == uint16(l.Port) && !present[at.Addr()] {
				u.close()
				delete(ls.udp, at)
				s.log.Info("address gone, listener closed", "listen", "udp://"+at.String())
			}
		}
	}
}

func (ls *listeners) close() {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for _, u := range ls.udp {
		u.close()
	}
	for _, t := range ls.streams {
		t.close()
	}
}

// socket is the kind of socket beneath the transport.
func (l Listener) socket() string {
	if l.Network == "udp" || l.Network == "dtls" {
		return "udp"
	}
	return "tcp"
}
