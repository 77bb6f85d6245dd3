package turnserver

import (
	"bufio"
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"turnpike/turnserver/turn"
)

// forwardQueue is in datagrams; what other shards bring beyond it is dropped and counted.
const forwardQueue = 1024

// A shard owns one turn.Core and the sockets of its clients.
type shard struct {
	server *Server
	index  int

	mu      sync.Mutex // guards what follows
	core    *turn.Core
	udp     map[netip.AddrPort]*net.UDPConn // the sockets clients speak to, by their address
	streams map[turn.FiveTuple]*stream
	relays  map[turn.RelayID]*relaySocket

	tcpRelays map[turn.RelayID]*tcpRelay
	accepting net.Conn // the peer's connection that the core is being told of

	travellers travellers

	scratch []byte
	done    bool

	forward  chan forwarded
	overflow atomic.Uint64 // dropped because a queue was full
}

// forwarded is what another shard hands over: data from its relayed address to one of ours, or a packet of a client whose allocation is here.
type forwarded struct {
	from, to netip.AddrPort
	client   turn.FiveTuple // where it is valid, a client's packet
	data     []byte
}

// take is the event that a forwarded thing is.
func (sh *shard) take(f forwarded) []turn.Effect {
	if f.client.Client.IsValid() {
		return sh.core.Packet(time.Now(), f.client, f.data)
	}
	return sh.core.Relayed(time.Now(), f.from, f.to, f.data)
}

func newShard(s *Server, index int, cfg turn.Config) *shard {
	cfg.Shard = index
	cfg.Rand = bufio.NewReaderSize(rand.Reader, 4096)
	return &shard{
		server:  s,
		index:   index,
		core:    turn.New(cfg),
		udp:     make(map[netip.AddrPort]*net.UDPConn),
		streams: make(map[turn.FiveTuple]*stream),
		relays:  make(map[turn.RelayID]*relaySocket),

		tcpRelays: make(map[turn.RelayID]*tcpRelay),

		forward: make(chan forwarded, forwardQueue),
	}
}

// run is the shard's clock, and takes in what other shards bring.
func (sh *shard) run() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			sh.event(func() []turn.Effect {
				sh.travellers.sweep(now)
				return sh.core.Tick(now)
			})
		case f := <-sh.forward:
			sh.event(func() []turn.Effect { return sh.take(f) })
		case <-sh.server.closing:
			return
		}
	}
}

// event lets the core have one event, and does what it asks for.
func (sh *shard) event(handle func() []turn.Effect) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if !sh.done {
		sh.do(handle())
	}
}

func (sh *shard) packet(from turn.FiveTuple, data []byte) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.done {
		return
	}
	if to, away := sh.travellers.to(from); away {
		sh.server.handOver(to, forwarded{client: from, data: data})
		return
	}
	sh.do(sh.core.Packet(time.Now(), from, data))
}

func (sh *shard) peer(id turn.RelayID, from netip.AddrPort, data []byte) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if !sh.done {
		sh.do(sh.core.Peer(time.Now(), id, from, data))
	}
}

// do carries out effects. What is an event of its own comes last, since the core's next event makes void what is still to be sent.
func (sh *shard) do(effects []turn.Effect) {
	var open []turn.Effect
	var disturbed []turn.RelayID
	for i := range effects {
		e := &effects[i]
		switch e.Op {
		case turn.SendClient:
			sh.sendClient(e.Client, e.Data)
		case turn.SendChannel:
			sh.scratch = turn.AppendChannelData(sh.scratch[:0], e.Channel, e.Data, e.Client.Transport.Reliable())
			sh.sendClient(e.Client, sh.scratch)
		case turn.SendPeer:
			if r := sh.relays[e.Relay]; r != nil && !r.sendAs(e) {
				disturbed = append(disturbed, e.Relay)
			}
		case turn.SendRelay:
			sh.server.forward(e)
		case turn.OpenRelay:
			open = append(open, *e)
		case turn.CloseRelay:
			if r := sh.relays[e.Relay]; r != nil {
				delete(sh.relays, e.Relay)
				r.close()
			} else if r := sh.tcpRelays[e.Relay]; r != nil {
				delete(sh.tcpRelays, e.Relay)
				r.close()
			}
		case turn.Reserve:
			if r := sh.relays[e.Relay]; r != nil && r.upper != nil {
				sh.server.reserved.put(r.upper)
				r.upper = nil
			}
		case turn.CloseReserved:
			if r := sh.server.reserved.take(e.Peer); r != nil {
				r.close()
			}
		case turn.ConnectPeer:
			sh.connectPeer(*e)
		case turn.AcceptPeer:
			sh.server.peers.expect(e.Conn, sh.accepting)
			sh.accepting = nil
		case turn.Splice:
			sh.splice(e)
		case turn.CloseConn:
			sh.server.peers.close(e.Conn)
		case turn.Forward:
			sh.travel(e)
		case turn.Attach:
			if st := sh.streams[e.Client]; st != nil {
				st.authenticated(true)
			}
		case turn.Detach:
			if st := sh.streams[e.Client]; st != nil {
				st.authenticated(false)
			}
		case turn.Began:
			sh.began(e)
		case turn.Ended:
			sh.ended(e)
		case turn.Saw:
			sh.server.registry.Tell(*e.Sighting)
		}
	}
	for i := range open {
		if open[i].TCP {
			sh.openTCPRelay(&open[i])
		} else {
			sh.openRelay(&open[i])
		}
	}
	for _, id := range disturbed {
		if r := sh.relays[id]; r != nil {
			for _, e := range r.takeErrors() {
				sh.do(sh.core.ICMP(time.Now(), id, e.peer, e.typ, e.code, e.info))
			}
		}
	}
}

func (sh *shard) sendClient(client turn.FiveTuple, data []byte) {
	if client.Transport != turn.UDP {
		if st := sh.streams[client]; st != nil && !st.send(data) {
			sh.overflow.Add(1)
		}
		return
	}
	if conn := sh.udp[client.Server]; conn != nil {
		// What the kernel does not take is lost, as datagrams may be.
		_, _ = conn.WriteToUDPAddrPort(data, client.Client)
	}
}

// openRelay opens the socket and tells the core.
func (sh *shard) openRelay(e *turn.Effect) {
	r, err := sh.server.openRelay(e)
	if err != nil {
		sh.server.noRelayPort(e, err)
		sh.do(sh.core.OpenFailed(time.Now(), e.Relay, openReason(err)))
		return
	}
	sh.relays[e.Relay] = r
	sh.server.running.Go(func() { sh.readPeers(e.Relay, r) })
	sh.do(sh.core.Opened(time.Now(), e.Relay, r.public))
}

// forward hands data to the shard that owns the relayed address.
func (s *Server) forward(e *turn.Effect) {
	if shard, live := s.registry.Owner(e.Peer); live {
		s.handOver(shard, forwarded{from: e.Source, to: e.Peer, data: e.Data})
	}
}

func (sh *shard) addListener(at netip.AddrPort, conn *net.UDPConn) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.udp[at] = conn
}

func (sh *shard) removeListener(at netip.AddrPort) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	delete(sh.udp, at)
}

// close ends every session and closes every socket of the shard.
func (sh *shard) close() {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.do(sh.core.Shutdown(time.Now()))
	for _, st := range sh.streams {
		st.socket.Close()
	}
	sh.done = true
}

func (sh *shard) figures() (allocations int, live turn.Census, c turn.Counters) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.core.Allocations(), sh.core.Census(), sh.core.Counters()
}

// began takes the deadline off the client's stream: it has shown credentials.
func (sh *shard) began(e *turn.Effect) {
	if st := sh.streams[e.Client]; st != nil {
		st.authenticated(true)
	}
	sh.server.log.Debug("session began", sessionAttrs(e.Session)...)
}

func (sh *shard) ended(e *turn.Effect) {
	if st := sh.streams[e.Client]; st != nil {
		st.authenticated(false)
	}
	s := e.Session
	level := slog.LevelInfo
	if s.User == sh.server.selfTester {
		level = slog.LevelDebug
	}
	sh.server.log.Log(context.Background(), level, "session ended", append(sessionAttrs(s), "reason", s.End.String(), "seconds", int(time.Since(s.Began).Seconds()),
		"sent_bytes", s.Sent.Bytes, "sent_packets", s.Sent.Packets, "received_bytes", s.Received.Bytes, "received_packets", s.Received.Packets)...)
}

func sessionAttrs(s *turn.Session) []any {
	return []any{"client", s.Client.Client, "transport", s.Client.Transport.String(), "user", s.User, "relay", s.Relay}
}
