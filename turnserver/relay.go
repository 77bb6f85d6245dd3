package turnserver

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"turnpike/turnserver/turn"
)

// RelayConfig says where relay sockets are opened. No addresses: this host's own are found.
type RelayConfig struct {
	Addresses        []RelayAddress
	MinPort, MaxPort int
}

// A RelayAddress is what peers are told, and what sockets are bound to behind a 1:1 NAT.
type RelayAddress struct{ Public, Local netip.Addr }

func (a RelayAddress) String() string {
	if a.Public == a.Local {
		return a.Public.String()
	}
	return a.Public.String() + "=" + a.Local.String()
}

// A relayPool hands out the relay ports of one address. A port is never handed out twice, and which one comes next cannot be guessed.
type relayPool struct {
	address RelayAddress
	min     int

	mu   sync.Mutex // guards what follows
	used []bool
	free int
}

func newRelayPool(a RelayAddress, minPort, maxPort int) *relayPool {
	n := maxPort - minPort + 1
	return &relayPool{address: a, min: minPort, used: make([]bool, n), free: n}
}

// openRelayPools makes a pool for each address, found if none is configured.
func openRelayPools(cfg RelayConfig) ([]*relayPool, error) {
	if cfg.MinPort < 1 || cfg.MaxPort > 65535 || cfg.MinPort > cfg.MaxPort {
		return nil, fmt.Errorf("turn.relay.ports: %d-%d is no range of ports", cfg.MinPort, cfg.MaxPort)
	}
	addresses := cfg.Addresses
	if len(addresses) == 0 {
		for _, a := range preferredAddresses() {
			addresses = append(addresses, RelayAddress{a, a})
		}
	}
	if len(addresses) == 0 {
		return nil, errors.New("turn.relay.addresses: this host has no address yet, and none is configured")
	}
	var pools []*relayPool
	for _, a := range addresses {
		if a.Public.Is4() != a.Local.Is4() {
			return nil, fmt.Errorf("turn.relay.addresses: %s maps one address family to another", a)
		}
		// One socket now shows what would fail with every allocation.
		conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: a.Local.AsSlice(), Zone: a.Local.Zone()})
		if err != nil {
			return nil, fmt.Errorf("turn.relay.addresses: %s cannot be bound: %w. Set public=local with an address of this host", a, err)
		}
		conn.Close()
		pools = append(pools, newRelayPool(a, cfg.MinPort, cfg.MaxPort))
	}
	return pools, nil
}

// take marks a random free port as used.
func (p *relayPool) take() (port int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.free == 0 {
		return 0, false
	}
	for i := randomInt(len(p.used)); ; i = (i + 1) % len(p.used) {
		if p.used[i] {
			// Behind a used port everybody would guess the next; draw again as long as that is likely to hit.
			if p.free*8 > len(p.used) {
				i = randomInt(len(p.used)) - 1
			}
			continue
		}
		p.used[i] = true
		p.free--
		return p.min + i, true
	}
}

func (p *relayPool) give(port int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used[port-p.min] = false
	p.free++
}

// A relaySocket is an allocation's socket towards its peers.
type relaySocket struct {
	conn   *net.UDPConn
	pool   *relayPool
	port   int
	public netip.AddrPort
}

// openAttempts is how many ports are tried which another program turns out to hold.
const openAttempts = 64

// pool returns the first pool of that family, or nil.
func (s *Server) pool(f turn.Family) *relayPool {
	for _, p := range s.relays {
		if p.address.Public.Is4() == (f == turn.IPv4) {
			return p
		}
	}
	return nil
}

// openRelay opens a socket on a free port; where there are several addresses of the family, the emptiest has it.
func (s *Server) openRelay(f turn.Family) (*relaySocket, error) {
	var pool *relayPool
	for _, p := range s.relays {
		if p.address.Public.Is4() == (f == turn.IPv4) && (pool == nil || p.room() > pool.room()) {
			pool = p
		}
	}
	if pool == nil {
		return nil, errors.New("no relay address of this family")
	}
	var tried []int
	defer func() {
		for _, port := range tried {
			pool.give(port)
		}
	}()
	for range openAttempts {
		port, ok := pool.take()
		if !ok {
			return nil, fmt.Errorf("all %d relay ports of %s are in use; widen turn.relay.ports", len(pool.used), pool.address)
		}
		conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: pool.address.Local.AsSlice(), Port: port, Zone: pool.address.Local.Zone()})
		if err != nil {
			tried = append(tried, port)
			if isAddrInUse(err) {
				continue
			}
			return nil, fmt.Errorf("relay socket: %w", err)
		}
		return &relaySocket{conn: conn, pool: pool, port: port, public: netip.AddrPortFrom(pool.address.Public, uint16(port))}, nil
	}
	return nil, fmt.Errorf("%d relay ports in a row are held by other programs", openAttempts)
}

func (p *relayPool) room() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.free
}

func (r *relaySocket) send(to netip.AddrPort, data []byte) {
	// What the kernel does not take is lost, as datagrams may be.
	_, _ = r.conn.WriteToUDPAddrPort(data, to)
}

// close gives the port back after the socket is gone.
func (r *relaySocket) close() {
	r.conn.Close()
	r.pool.give(r.port)
}

// Relays returns the addresses that are relayed on.
func (s *Server) Relays() []RelayAddress {
	var list []RelayAddress
	for _, p := range s.relays {
		list = append(list, p.address)
	}
	return list
}
