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

// A packetListener is one address on which datagrams are served.
type packetListener interface {
	addr() netip.AddrPort
	serve(*Server)
	close()
}

func listenPackets(s *Server, network string, at netip.AddrPort) (packetListener, error) {
	if network == "dtls" {
		return listenDTLS(at)
	}
	return listenUDP(s, at)
}

// listeners are the open sockets that clients speak to. UDP and DTLS are bound to each address on its own, so that replies leave from the address that was
// spoken to; streams do that by themselves.
type listeners struct {
	mu      sync.Mutex                                   // guards what follows; taken when addresses come and go
	packets map[string]map[netip.AddrPort]packetListener // by network
	streams []*streamListener
	serving bool
	planned map[string][]netip.AddrPort // instead of open ones, see Plan
}

// open binds everything, or nothing.
func (ls *listeners) open(s *Server) error {
	ls.packets = map[string]map[netip.AddrPort]packetListener{"udp": {}, "dtls": {}}
	for _, l := range s.listen() {
		var err error
		if l.socket() == "udp" {
			err = ls.openPackets(s, l)
		} else {
			err = ls.openStream(s, l)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (ls *listeners) openPackets(s *Server, l Listener) error {
	for _, a := range l.addresses() {
		at := netip.AddrPortFrom(a, uint16(l.Port))
		if ls.packets[l.Network][at] != nil {
			continue
		}
		u, err := listenPackets(s, l.Network, at)
		if err != nil {
			return s.explain(l, at, err)
		}
		ls.packets[l.Network][u.addr()] = u
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
		return s.explain(l, at, err)
	}
	ls.streams = append(ls.streams, t)
	return nil
}

// addresses are those of the host, where the listener names none.
func (l Listener) addresses() []netip.Addr {
	if l.Host != "" {
		return []netip.Addr{netip.MustParseAddr(l.Host)}
	}
	return lastingAddresses()
}

// serve starts everything; nothing once the server is closed, so that Close waits for all there will ever be.
func (ls *listeners) serve(s *Server, others func()) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if s.closed() {
		return
	}
	others()
	for _, network := range ls.packets {
		for _, u := range network {
			u.serve(s)
		}
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
	for _, a := range lastingAddresses() {
		present[a] = true
	}
	for _, l := range s.listen() {
		open := ls.packets[l.Network]
		if open == nil || l.Host != "" || l.Port == 0 {
			continue
		}
		for a := range present {
			at := netip.AddrPortFrom(a, uint16(l.Port))
			if open[at] != nil {
				continue
			}
			u, err := listenPackets(s, l.Network, at)
			if err != nil {
				s.log.Warn("new address, but no listener", "err", s.explain(l, at, err))
				continue
			}
			open[at] = u
			u.serve(s)
			s.log.Info("listening on a new address", "listen", l.Network+"://"+at.String())
		}
		for at, u := range open {
			if at.Port() == uint16(l.Port) && !present[at.Addr()] {
				u.close()
				delete(open, at)
				s.log.Info("address gone, listener closed", "listen", l.Network+"://"+at.String())
			}
		}
	}
}

func (ls *listeners) close() {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for _, network := range ls.packets {
		for _, u := range network {
			u.close()
		}
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
