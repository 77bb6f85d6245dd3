//go:build linux

package load

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"turnpike/bench/mmsg"
)

// A Generator is the clients and peers of one Job. It is used by one thread.
type Generator struct {
	job     Job
	server  mmsg.Name
	clients *socket // nil if each has a stream
	peers   *socket // nil if the peers are clients, too
	flows   []flow
	base    [2]uint32 // the last 32 bits of the networks of clients and peers
	poll    int       // the epoll instance of streams
	scratch []byte    // a frame to a stream
	pending int       // streams with something left to write
	ready   int       // flows that are set up
	run     uint32
	size    int
	totals
}

// A flow is a client and its peer.
type flow struct {
	index   int
	host    [2]uint32 // the last 32 bits of the addresses of client and peer
	client  mmsg.Name
	relay   mmsg.Name // its relayed address; in a direct flow that of the client
	peer    mmsg.Name
	channel uint16
	prefix  []byte // what is before the data of a Send indication
	partner int    // its peer, if that is a client
	plain   []byte // the peer, see plainAddress
	number  [2]uint32
	seen    [2]uint32
	stream  *stream
	dialog
}

// New opens the sockets.
func New(job Job) (g *Generator, err error) {
	g = &Generator{job: job, server: mmsg.NameOf(job.Server), poll: -1}
	defer func() {
		if err != nil {
			g.Close()
		}
	}()
	if job.Path == Hairpin && job.Flows%2 != 0 {
		return nil, fmt.Errorf("%d clients cannot be pairs", job.Flows)
	}
	if job.Transport == UDP {
		if g.clients, err = newSocket(job.Clients, clientPort); err != nil {
			return nil, err
		}
	} else if g.poll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	if job.Path != Hairpin {
		open := func() error {
			g.peers, err = newSocket(job.Peers, peerPort)
			return err
		}
		if job.AtPeers != nil {
			err = job.AtPeers(open)
		} else {
			err = open()
		}
		if err != nil {
			return nil, err
		}
	}
	g.base = [2]uint32{low(job.Clients.Addr()), low(job.Peers.Addr())}
	g.flows = make([]flow, job.Flows)
	for i := range g.flows {
		f := &g.flows[i]
		*f = flow{index: i, channel: channelOf(i), partner: i ^ 1}
		f.host = [2]uint32{g.base[0] + 1 + uint32(i), g.base[1] + 1 + uint32(i)}
		client := netip.AddrPortFrom(nth(job.Clients, i), clientPort)
		peer := netip.AddrPortFrom(nth(job.Peers, i), peerPort)
		f.client, f.peer, f.plain = mmsg.NameOf(client), mmsg.NameOf(peer), plainAddress(peer)
		if job.Path == Direct {
			f.relay = f.client
		}
	}
	return g, nil
}

// Close closes all sockets. The server is left with what was set up.
func (g *Generator) Close() {
	for _, s := range []*socket{g.clients, g.peers} {
		if s != nil {
			s.close()
		}
	}
	for i := range g.flows {
		if st := g.flows[i].stream; st != nil {
			unix.Close(st.fd)
		}
	}
	if g.poll >= 0 {
		unix.Close(g.poll)
	}
}

// flowAt is the flow whose client or peer has the address.
func (g *Generator) flowAt(side direction, host uint32) *flow {
	if i := host - g.base[side] - 1; i < uint32(len(g.flows)) {
		return &g.flows[i]
	}
	return nil
}

// nth is the address of a client or peer.
func nth(network netip.Prefix, i int) netip.Addr {
	b := network.Addr().AsSlice()
	binary.BigEndian.PutUint32(b[len(b)-4:], low(network.Addr())+1+uint32(i))
	a, _ := netip.AddrFromSlice(b)
	return a
}

// low is the last 32 bits of an address.
func low(a netip.Addr) uint32 {
	b := a.AsSlice()
	return binary.BigEndian.Uint32(b[len(b)-4:])
}
