package turnserver

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"turnpike/turnserver/turn"
)

// peerConnectTime is how long a peer may take to accept a connection (RFC 6062 §5.2).
const peerConnectTime = 30 * time.Second

// A tcpRelay listens on an allocation's relayed transport address for peers (RFC 6062).
type tcpRelay struct {
	ln     net.Listener
	pool   *relayPool
	port   int
	public netip.AddrPort
}

func (p *relayPool) listen() (*tcpRelay, error) {
	var r *tcpRelay
	err := p.try(false, false, func(port int) error {
		// Connections to peers leave from the same port, so it has to be shared.
		lc := net.ListenConfig{Control: sharePort}
		ln, err := lc.Listen(context.Background(), "tcp", netip.AddrPortFrom(p.address.Local, uint16(port)).String())
		r = &tcpRelay{ln: ln, pool: p, port: port, public: netip.AddrPortFrom(p.address.Public, uint16(port))}
		return err
	})
	return r, err
}

func (r *tcpRelay) close() {
	r.ln.Close()
	r.pool.give(r.port)
}

func (sh *shard) openTCPRelay(e *turn.Effect) {
	pool := sh.server.roomiest(e.Family)
	r, err := pool.listen()
	if err != nil {
		sh.server.noRelayPort(e, err)
		sh.do(sh.core.OpenFailed(time.Now(), e.Relay, openReason(err)))
		return
	}
	sh.tcpRelays[e.Relay] = r
	sh.server.running.Go(func() { sh.acceptPeers(e.Relay, r) })
	sh.do(sh.core.Opened(time.Now(), e.Relay, r.public))
}

// acceptPeers tells the core of peers that connect, until the relay is closed.
func (sh *shard) acceptPeers(id turn.RelayID, r *tcpRelay) {
	for {
		c, err := r.ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(50 * time.Millisecond) // out of descriptors; the next one may find some
			continue
		}
		peer := sh.server.publicOf(r.pool, canonicalPort(c.RemoteAddr().(*net.TCPAddr).AddrPort()))
		sh.mu.Lock()
		sh.accepting = c
		if !sh.done {
			sh.do(sh.core.Accepted(time.Now(), id, peer))
		}
		if sh.accepting != nil {
			sh.accepting.Close()
			sh.accepting = nil
		}
		sh.mu.Unlock()
	}
}

// connectPeer connects from the relayed address, and tells the core how that went.
func (sh *shard) connectPeer(e turn.Effect) {
	r := sh.tcpRelays[e.Relay]
	if r == nil {
		return
	}
	ctx, cancel := context.WithTimeout(sh.server.peers.expect(e.Conn, nil).ctx, peerConnectTime)
	sh.server.running.Go(func() {
		defer cancel()
		dialer := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(r.pool.address.Local, uint16(r.port))), Control: sharePort}
		c, err := dialer.DialContext(ctx, "tcp", sh.server.localOf(e.Peer).String())
		sh.event(func() []turn.Effect {
			if err != nil || !sh.server.peers.arrived(e.Conn, c) {
				sh.server.peers.close(e.Conn)
				return sh.core.ConnectFailed(time.Now(), e.Conn)
			}
			return sh.core.Connected(time.Now(), e.Conn)
		})
	})
}

// localOf is where a relayed address of our own is really listened on, behind a 1:1 NAT that does not hairpin.
func (s *Server) localOf(peer netip.AddrPort) netip.AddrPort {
	for _, p := range s.relays {
		if peer.Addr() == p.address.Public && s.registry.LiveTCP(peer) {
			return netip.AddrPortFrom(p.address.Local, peer.Port())
		}
	}
	return peer
}

// publicOf is how a peer is known that is itself one of our relays.
func (s *Server) publicOf(p *relayPool, peer netip.AddrPort) netip.AddrPort {
	public := netip.AddrPortFrom(p.address.Public, peer.Port())
	if peer.Addr() == p.address.Local && s.registry.LiveTCP(public) {
		return public
	}
	return peer
}

// peerConns are the connections to peers, from the time they are made or accepted until they end. Any shard may bind one.
type peerConns struct {
	mu    sync.Mutex
	conns map[turn.ConnID]*peerConn
}

type peerConn struct {
	ctx  context.Context // ends with it
	end  context.CancelFunc
	conn net.Conn // nil while it is being made
}

// expect makes a place for a connection that is being made, or for conn.
func (p *peerConns) expect(id turn.ConnID, conn net.Conn) *peerConn {
	c := &peerConn{conn: conn}
	c.ctx, c.end = context.WithCancel(context.Background())
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conns == nil {
		p.conns = make(map[turn.ConnID]*peerConn)
	}
	p.conns[id] = c
	return c
}

// arrived keeps a connection that was expected, or closes it if nobody waits for it any more.
func (p *peerConns) arrived(id turn.ConnID, c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.conns[id]
	if e == nil {
		c.Close()
		return false
	}
	e.conn = c
	return true
}

func (p *peerConns) get(id turn.ConnID) *peerConn {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conns[id]
}

func (p *peerConns) close(id turn.ConnID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.conns[id]
	if c == nil {
		return
	}
	delete(p.conns, id)
	c.end()
	if c.conn != nil {
		c.conn.Close()
	}
}

// A splice is a client's stream that has become one with a peer's connection.
type splice struct {
	id    turn.ConnID
	peer  *peerConn
	meter *turn.Meter
	ends  sync.WaitGroup // one for each way
}

// splice makes the stream one with the connection. The reader goes on as the way to the peer; the writer, once what is queued has gone out,
// as the way from it.
func (sh *shard) splice(e *turn.Effect) {
	st, peer := sh.streams[e.Client], sh.server.peers.get(e.Conn)
	if st == nil || peer == nil {
		sh.server.peers.close(e.Conn)
		return
	}
	st.authenticated(true)
	sp := &splice{id: e.Conn, peer: peer, meter: e.Meter}
	sp.ends.Add(2)
	st.splice.Store(sp)
	close(st.spliced)
}

// toPeer carries what the client sends; first, what it sent right behind its ConnectionBind.
func (sp *splice) toPeer(client net.Conn, first []byte) {
	defer sp.ends.Done()
	if _, err := sp.peer.conn.Write(first); err == nil {
		sp.pause(sp.meter.Sent(time.Now(), len(first)))
		sp.carry(sp.peer.conn, client, sp.meter.Sent)
	}
}

func (sp *splice) fromPeer(client net.Conn) {
	defer sp.ends.Done()
	_ = client.SetWriteDeadline(time.Time{})
	sp.carry(client, sp.peer.conn, sp.meter.Received)
}

// pause waits, but not longer than there is a connection.
func (sp *splice) pause(d time.Duration) {
	if d == 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-sp.peer.ctx.Done():
	}
}

// carry copies one way at the pace of the bandwidth, and passes the end on.
func (sp *splice) carry(to, from net.Conn, meter func(time.Time, int) time.Duration) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if _, werr := to.Write(buf[:n]); werr != nil {
				from.Close()
				return
			}
			sp.pause(meter(time.Now(), n))
		}
		if err == io.EOF {
			if half, ok := to.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
				return
			}
		}
		if err != nil {
			to.Close()
			return
		}
	}
}

// end waits for both ways, and tells the core that owns the connection.
func (sp *splice) end(s *Server, client net.Conn) {
	sp.ends.Wait()
	client.Close()
	shard, ok := s.registry.ConnShard(sp.id)
	s.peers.close(sp.id)
	if ok {
		sh := s.shards[shard]
		sh.event(func() []turn.Effect { return sh.core.ConnClosed(time.Now(), sp.id) })
	}
}
