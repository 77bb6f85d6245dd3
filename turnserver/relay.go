package turnserver

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

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
	socket  func(at netip.AddrPort) (peerSocket, error) // binds one

	mu   sync.Mutex // guards what follows
	used []bool
	free int
}

func newRelayPool(a RelayAddress, minPort, maxPort int) *relayPool {
	n := maxPort - minPort + 1
	return &relayPool{address: a, min: minPort, socket: portablePath.bind, used: make([]bool, n), free: n}
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
	for i, a := range addresses {
		if slices.ContainsFunc(addresses[:i], func(b RelayAddress) bool { return b.Public == a.Public }) {
			return nil, fmt.Errorf("turn.relay.addresses: %s is there twice, and a port of it would be two", a.Public)
		}
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

// take marks a random free port as used; an even one if asked for, and the one above it if it is to be a pair.
func (p *relayPool) take(even, pair bool) (port int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fits := func(i int) bool {
		return !p.used[i] && (!even || (p.min+i)%2 == 0) && (!pair || i+1 < len(p.used) && !p.used[i+1])
	}
	// Drawing until one fits keeps the next port from being guessed; when few are left, what lies behind a random one must do.
	i := randomInt(len(p.used))
	for range 16 {
		if fits(i) {
			break
		}
		i = randomInt(len(p.used))
	}
	for range p.used {
		if fits(i) {
			p.mark(i)
			if pair {
				p.mark(i + 1)
			}
			return p.min + i, true
		}
		i = (i + 1) % len(p.used)
	}
	return 0, false
}

func (p *relayPool) mark(i int) {
	p.used[i] = true
	p.free--
}

func (p *relayPool) give(port int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used[port-p.min] = false
	p.free++
}

// A relaySocket is an allocation's socket towards its peers.
type relaySocket struct {
	id     turn.RelayID // of the allocation; 0 while it is reserved
	socket peerSocket
	pool   *relayPool
	port   int
	public netip.AddrPort
	upper  *relaySocket // of a pair, until it is reserved
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

// openRelay opens a socket as the core asks for it.
func (s *Server) openRelay(e *turn.Effect) (*relaySocket, error) {
	if e.Peer.IsValid() {
		if r := s.reserved.take(e.Peer); r != nil {
			return r, nil
		}
		return nil, fmt.Errorf("%s is no longer reserved", e.Peer)
	}
	return s.roomiest(e.Family).open(e.Even, e.Pair)
}

// roomiest returns the pool of the family that has most ports left. The core asks only for families that there are.
func (s *Server) roomiest(f turn.Family) (pool *relayPool) {
	for _, p := range s.relays {
		if p.address.Public.Is4() == (f == turn.IPv4) && (pool == nil || p.room() > pool.room()) {
			pool = p
		}
	}
	return pool
}

// open binds a port, or two.
func (p *relayPool) open(even, pair bool) (r *relaySocket, err error) {
	err = p.try(even, pair, func(port int) (err error) {
		if r, err = p.bind(port); err == nil && pair {
			if r.upper, err = p.bind(port + 1); err != nil {
				r.socket.Close()
			}
		}
		return err
	})
	return r, err
}

// try takes ports until one can be bound. A port that another program holds stays marked while others are tried.
func (p *relayPool) try(even, pair bool, bind func(port int) error) error {
	var held []int
	defer func() {
		for _, port := range held {
			p.give(port)
		}
	}()
	for range openAttempts {
		port, ok := p.take(even, pair)
		if !ok {
			return p.usedUp()
		}
		err := bind(port)
		if err == nil {
			return nil
		}
		held = append(held, port)
		if pair {
			held = append(held, port+1)
		}
		if !errors.Is(err, addressInUse) {
			return fmt.Errorf("relay socket: %w", err)
		}
	}
	return fmt.Errorf("%d relay ports in a row are held by other programs", openAttempts)
}

var errPortsUsedUp = errors.New("in use; widen turn.relay.ports")

func (p *relayPool) usedUp() error {
	return fmt.Errorf("all %d relay ports of %s are %w", len(p.used), p.address, errPortsUsedUp)
}

// noRelayPort logs what a client can bring about as often as it likes.
func (s *Server) noRelayPort(e *turn.Effect, err error) {
	if unsaid, now := s.portless.say(time.Now()); now {
		s.log.Warn("no relay port", "client", e.Client.Client, "err", err, "unsaid", unsaid)
	}
}

// openReason is what those who watch are told of a socket that could not be opened.
func openReason(err error) string {
	if errors.Is(err, errPortsUsedUp) {
		return turn.ReasonPortsUsedUp
	}
	return turn.ReasonNoSocket
}

func (p *relayPool) bind(port int) (*relaySocket, error) {
	socket, err := p.socket(netip.AddrPortFrom(p.address.Local, uint16(port)))
	if err != nil {
		return nil, err
	}
	return &relaySocket{socket: socket, pool: p, port: port, public: netip.AddrPortFrom(p.address.Public, uint16(port))}, nil
}

func (p *relayPool) room() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.free
}

// An icmpReport is an error that came back for a datagram to peer.
type icmpReport struct {
	peer      netip.AddrPort
	typ, code uint8
	info      uint32
}

// close gives the port back after the socket is gone.
func (r *relaySocket) close() {
	r.socket.Close()
	r.pool.give(r.port)
	if r.upper != nil {
		r.upper.close()
	}
}

// reservedSockets are the upper sockets of pairs, which any shard may be asked for.
type reservedSockets struct {
	mu      sync.Mutex
	sockets map[netip.AddrPort]*relaySocket
}

func (s *reservedSockets) put(r *relaySocket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sockets == nil {
		s.sockets = make(map[netip.AddrPort]*relaySocket)
	}
	s.sockets[r.public] = r
}

func (s *reservedSockets) take(at netip.AddrPort) *relaySocket {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.sockets[at]
	delete(s.sockets, at)
	return r
}

// Relays returns the addresses that are relayed on.
func (s *Server) Relays() []RelayAddress {
	var list []RelayAddress
	for _, p := range s.relays {
		list = append(list, p.address)
	}
	return list
}
