package turnserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
)

const (
	// socketBuffer is asked for; the kernel may grant less.
	socketBuffer = 4 << 20
	// relayBuffer is asked for towards peers. The system's own choice is overrun by a burst of video.
	relayBuffer = 1 << 20
	maxDatagram = 1 << 16
)

// A udpListener is one address with a socket for every shard.
type udpListener struct {
	at     netip.AddrPort
	shards []*shard
}

// listenUDP binds the address. The first bind is made without SO_REUSEPORT, and closed again: with it, another daemon's sockets would be
// joined in silence, and half of the packets lost to it.
func listenUDP(s *Server, at netip.AddrPort) (u *udpListener, err error) {
	for range anyPortAttempts {
		u, err = tryUDP(s, at)
		if at.Port() != 0 || !errors.Is(err, addressInUse) {
			break
		}
		// Somebody else was given the port between the two binds; any other will do.
	}
	return u, err
}

// anyPortAttempts is how often a port of the kernel's choice is asked for.
const anyPortAttempts = 10

func tryUDP(s *Server, at netip.AddrPort) (*udpListener, error) {
	probe, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, err
	}
	at = canonicalPort(probe.LocalAddr().(*net.UDPAddr).AddrPort())
	probe.Close()
	u := &udpListener{at: at}
	lc := net.ListenConfig{}
	if reusePort && len(s.shards) > 1 {
		lc.Control = setReusePort
	}
	for _, sh := range s.shards {
		pc, err := lc.ListenPacket(context.Background(), "udp", at.String())
		if err == nil {
			err = sh.addListener(at, pc.(*net.UDPConn))
		}
		if err != nil {
			u.close()
			return nil, err
		}
		u.shards = append(u.shards, sh)
	}
	return u, nil
}

func (u *udpListener) addr() netip.AddrPort { return u.at }

func (u *udpListener) serve(s *Server) {
	for _, sh := range u.shards {
		sh.serveListener(u.at)
	}
}

func (u *udpListener) close() {
	for _, sh := range u.shards {
		sh.removeListener(u.at)
	}
}

func (sh *shard) addListener(at netip.AddrPort, conn *net.UDPConn) error {
	// Best effort: the kernel's limit is often lower.
	_ = conn.SetReadBuffer(socketBuffer)
	_ = conn.SetWriteBuffer(socketBuffer)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if err := sh.path.addClients(at, conn); err != nil {
		conn.Close()
		return err
	}
	return nil
}

func (sh *shard) serveListener(at netip.AddrPort) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if err := sh.path.serveClients(at); err != nil {
		sh.server.log.Error("a listener is not served", "listen", at, "err", err)
	}
}

func (sh *shard) removeListener(at netip.AddrPort) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.path.removeClients(at)
}

// canonicalPort is an address without the IPv4-mapped form, and without zone.
func canonicalPort(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// explain says what an operator can do about a listener that cannot be opened.
func (s *Server) explain(l Listener, at netip.AddrPort, err error) error {
	switch {
	case errors.Is(err, addressInUse):
		port, _ := s.keys(l.Network, at)
		return fmt.Errorf("listen %s: address already in use%s. Stop it, or set %s to another port", l, Holder(l.socket(), at), port)
	case errors.Is(err, noSuchAddress):
		_, address := s.keys(l.Network, at)
		return fmt.Errorf("listen %s: this host has no address %s. Set %s to one that it has", l, at.Addr(), address)
	case errors.Is(err, notPermitted):
		return fmt.Errorf("listen %s: not permitted. Ports below 1024 need CAP_NET_BIND_SERVICE", l)
	}
	return fmt.Errorf("listen %s: %w", l, err)
}
