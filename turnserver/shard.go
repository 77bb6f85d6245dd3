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

// A shard owns one turn.Core and the sockets of its clients.
type shard struct {
	server *Server
	index  int

	mu      sync.Mutex // guards what follows
	core    *turn.Core
	path    datapath
	streams map[turn.FiveTuple]*stream
	relays  map[turn.RelayID]*relaySocket

	tcpRelays map[turn.RelayID]*tcpRelay
	accepting net.Conn // the peer's connection that the core is being told of

	travellers travellers

	outbox   []parcel // for each shard
	outgoing bool     // there is something in it

	scratch []byte
	done    bool

	inbox    inbox
	overflow atomic.Uint64 // dropped because a queue was full
}

func newShard(s *Server, index, shards int, cfg turn.Config) *shard {
	cfg.Shard = index
	cfg.Rand = bufio.NewReaderSize(rand.Reader, 4096)
	sh := &shard{
		server:  s,
		index:   index,
		core:    turn.New(cfg),
		streams: make(map[turn.FiveTuple]*stream),
		relays:  make(map[turn.RelayID]*relaySocket),

		tcpRelays: make(map[turn.RelayID]*tcpRelay),

		outbox: make([]parcel, shards),
		inbox:  inbox{wake: make(chan struct{}, 1)},
	}
	sh.path, _ = portablePath.make(sh) // has nothing open; Listen chooses
	return sh
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
		case <-sh.inbox.wake:
			sh.readInbox()
		case <-sh.server.closing:
			return
		}
	}
}

// locked does something with the shard's lock held, unless the shard is closed, and sends what comes of it.
func (sh *shard) locked(do func(now time.Time)) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if !sh.done {
		do(time.Now())
		sh.flush()
	}
}

// event lets the core have one event, and does what it asks for.
func (sh *shard) event(handle func() []turn.Effect) {
	sh.locked(func(time.Time) { sh.carry(handle()) })
}

func (sh *shard) packet(from turn.FiveTuple, data []byte) {
	sh.locked(func(now time.Time) { sh.fromClient(now, from, data) })
}

// fromClient is a packet of a client; under the lock, as what follows.
func (sh *shard) fromClient(now time.Time, from turn.FiveTuple, data []byte) {
	if to, away := sh.travellers.to(from); away {
		sh.handOver(to, forwarded{client: from, data: data})
		return
	}
	sh.carry(sh.core.Packet(now, from, data))
}

func (sh *shard) fromPeer(now time.Time, id turn.RelayID, from netip.AddrPort, data []byte) {
	sh.carry(sh.core.Peer(now, id, from, data))
}

func (sh *shard) fromICMP(now time.Time, id turn.RelayID, e icmpReport) {
	sh.carry(sh.core.ICMP(now, id, e.peer, e.typ, e.code, e.info))
}

// do carries out effects, and sends what is to be sent.
func (sh *shard) do(effects []turn.Effect) {
	sh.carry(effects)
	sh.flush()
}

// flush sends what waits.
func (sh *shard) flush() {
	sh.path.flush()
	sh.sendOutbox()
}

// carry carries out effects; flush follows. What is an event of its own comes last, since the core's next event makes void what is still to be sent.
func (sh *shard) carry(effects []turn.Effect) {
	var open []turn.Effect
	for i := range effects {
		e := &effects[i]
		switch e.Op {
		case turn.SendClient, turn.SendChannel:
			if e.Client.Transport == turn.UDP {
				sh.path.toClient(e.Client, e.Channel, e.Data)
			} else {
				sh.toStream(e)
			}
		case turn.SendPeer:
			if r := sh.relays[e.Relay]; r != nil {
				sh.path.toPeer(r, e)
			}
		case turn.SendRelay:
			if to, live := sh.server.registry.Owner(e.Peer); live {
				sh.handOver(to, forwarded{from: e.Source, to: e.Peer, data: e.Data})
			}
		case turn.OpenRelay:
			open = append(open, *e)
		case turn.CloseRelay:
			if r := sh.relays[e.Relay]; r != nil {
				delete(sh.relays, e.Relay)
				sh.path.removeRelay(r)
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
}

func (sh *shard) toStream(e *turn.Effect) {
	data := e.Data
	if e.Op == turn.SendChannel {
		sh.scratch = turn.AppendChannelData(sh.scratch[:0], e.Channel, data, e.Client.Transport.Reliable())
		data = sh.scratch
	}
	if st := sh.streams[e.Client]; st != nil && !st.send(data) {
		sh.overflow.Add(1)
	}
}

// openRelay opens the socket and tells the core.
func (sh *shard) openRelay(e *turn.Effect) {
	r, err := sh.server.openRelay(e)
	if err == nil {
		r.id = e.Relay
		if err = sh.path.addRelay(r); err != nil {
			r.close()
		}
	}
	if err != nil {
		sh.server.noRelayPort(e, err)
		sh.carry(sh.core.OpenFailed(time.Now(), e.Relay, openReason(err)))
		return
	}
	sh.relays[e.Relay] = r
	sh.carry(sh.core.Opened(time.Now(), e.Relay, r.public))
}

// close ends every session and closes every socket of the shard.
func (sh *shard) close() {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.do(sh.core.Shutdown(time.Now()))
	for _, st := range sh.streams {
		st.socket.Close()
	}
	sh.path.close()
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
