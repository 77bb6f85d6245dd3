package turnserver

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"turnpike/turnserver/turn"
)

// portablePath works everywhere: each socket has a goroutine that reads it, one datagram after the other.
var portablePath = datapathKind{
	name: "portable",
	bind: func(at netip.AddrPort) (peerSocket, error) { return bindPortable(at) },
	make: func(sh *shard) (datapath, error) {
		return &portable{shard: sh, clients: make(map[netip.AddrPort]*net.UDPConn)}, nil
	},
}

type portable struct {
	shard     *shard
	clients   map[netip.AddrPort]*net.UDPConn
	disturbed []*relaySocket // whose last send met the error of an earlier one
	scratch   []byte
}

// A portableSocket is a relay socket.
type portableSocket struct{ *net.UDPConn }

func bindPortable(at netip.AddrPort) (portableSocket, error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return portableSocket{}, err
	}
	_ = conn.SetReadBuffer(relayBuffer)
	r := portableSocket{conn}
	r.prepare()
	return r, nil
}

func (p *portable) addClients(at netip.AddrPort, conn *net.UDPConn) error {
	p.clients[at] = conn
	return nil
}

func (p *portable) serveClients(at netip.AddrPort) error {
	conn := p.clients[at]
	p.shard.server.running.Go(func() { p.readClients(at, conn) })
	return nil
}

func (p *portable) removeClients(at netip.AddrPort) {
	if conn := p.clients[at]; conn != nil {
		delete(p.clients, at)
		conn.Close()
	}
}

// readClients feeds the shard what clients send to one address, until the socket is closed.
func (p *portable) readClients(at netip.AddrPort, conn *net.UDPConn) {
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // an ICMP error of some earlier reply
		}
		p.shard.packet(turn.FiveTuple{Client: canonicalPort(from), Server: at}, buf[:n])
	}
}

func (p *portable) addRelay(r *relaySocket) error {
	p.shard.server.running.Go(func() { p.readPeers(r, r.socket.(portableSocket)) })
	return nil
}

func (p *portable) removeRelay(r *relaySocket) { r.close() }

// peer hands over a datagram of a peer.
func (p *portable) peer(r *relaySocket, from netip.AddrPort, data []byte) {
	p.shard.locked(func(now time.Time) { p.shard.fromPeer(now, r.id, from, data) })
}

func (p *portable) toClient(client turn.FiveTuple, channel uint16, data []byte) {
	conn := p.clients[client.Server]
	if conn == nil {
		return
	}
	if channel != 0 {
		p.scratch = turn.AppendChannelData(p.scratch[:0], channel, data, false)
		data = p.scratch
	}
	// What the kernel does not take is lost, as datagrams may be.
	_, _ = conn.WriteToUDPAddrPort(data, client.Client)
}

func (p *portable) toPeer(r *relaySocket, e *turn.Effect) {
	send := r.socket.(portableSocket).send
	if e.DontFragment {
		send = r.socket.(portableSocket).sendUnfragmented
	}
	if !send(e.Peer, e.Data) {
		p.disturbed = append(p.disturbed, r)
	}
}

// send sends a datagram. It was disturbed if the error of an earlier one came up, which ICMP has brought; then it sends once more, and takeErrors
// has the report. What the kernel does not take the second time is lost.
func (r portableSocket) send(to netip.AddrPort, data []byte) (undisturbed bool) {
	if _, err := r.WriteToUDPAddrPort(data, to); err != nil {
		_, _ = r.WriteToUDPAddrPort(data, to)
		return false
	}
	return true
}

// flush has nothing left to send, but tells the core of the errors that sending has met.
func (p *portable) flush() {
	for len(p.disturbed) > 0 {
		r := p.disturbed[0]
		p.disturbed = p.disturbed[1:]
		for _, e := range r.socket.(portableSocket).takeErrors() {
			p.shard.fromICMP(time.Now(), r.id, e)
		}
	}
	p.disturbed = p.disturbed[:0]
}

func (p *portable) run() {}

func (p *portable) close() {}
