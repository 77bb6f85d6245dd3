//go:build linux

package load

import (
	"time"

	"golang.org/x/sys/unix"

	"turnpike/bench/mmsg"
)

// totals are those of one run.
type totals struct {
	sent, received [2]uint64
	wrong          uint64
	disordered     uint64
	latency        *Histogram
	window         *window
}

// shape makes ready for packets of a size.
func (g *Generator) shape(size int) {
	g.size = size
	if g.peers != nil {
		g.peers.prepare(0, size, size)
	}
	switch {
	case g.clients == nil:
		g.scratch = make([]byte, channelHeader+padded(size))
		copy(g.scratch[channelHeader:], pattern[:size])
	case g.job.Path == Direct:
		g.clients.prepare(0, size, size)
	case g.job.Indications:
		var header, length int
		for i := range g.flows {
			f := &g.flows[i]
			f.prefix, length = indicationHeader(f.peer.AddrPort(), size)
			header = len(f.prefix)
		}
		g.clients.prepare(header, length, size)
	default:
		g.clients.prepare(channelHeader, channelHeader+size, size)
	}
}

// send queues a packet of a flow.
func (g *Generator) send(f *flow, d direction, now int64) {
	f.number[d]++
	g.sent[d]++
	if g.window != nil {
		g.window.sent(d, now)
	}
	s := stamp{run: g.run, flow: uint32(f.index), number: f.number[d], direction: uint32(d), at: now}
	switch {
	case d == down:
		s.put(g.peers.next(f.host[1], &f.relay))
	case g.clients == nil:
		putChannelHeader(g.scratch, f.channel, g.size)
		s.put(g.scratch[channelHeader:])
		g.write(f.stream, g.scratch)
	case g.job.Path == Direct:
		s.put(g.clients.next(f.host[0], &f.peer))
	default:
		frame := g.clients.next(f.host[0], &g.server)
		if g.job.Indications {
			copy(frame, f.prefix)
			// Transactions of indications differ; 32 bits will do.
			frame[16], frame[17], frame[18], frame[19] = byte(s.number), byte(s.number>>8), byte(s.number>>16), byte(s.number>>24)
		} else {
			putChannelHeader(frame, f.channel, g.size)
		}
		s.put(frame[g.clients.header:])
	}
}

func (g *Generator) flush() {
	if g.clients != nil {
		g.clients.flush()
	}
	if g.peers != nil {
		g.peers.flush()
	}
	if g.pending > 0 {
		g.flushStreams()
	}
}

// receive takes in all that is there.
func (g *Generator) receive() {
	if g.peers != nil {
		for n := mmsg.Size; n == mmsg.Size; {
			n, _ = g.peers.in.Receive(g.peers.fd, 0)
			for i := range n {
				g.atPeer(i)
			}
		}
	}
	if g.clients == nil {
		g.receiveStreams()
		return
	}
	for n := mmsg.Size; n == mmsg.Size; {
		n, _ = g.clients.in.Receive(g.clients.fd, 0)
		for i := range n {
			g.atClient(i)
		}
	}
}

// pause waits until there is something to receive, or for a millisecond.
func (g *Generator) pause() {
	fd := g.poll
	if g.clients != nil {
		fd = g.clients.fd
	}
	if g.peers == nil {
		wait(unix.POLLIN, time.Millisecond, fd)
		return
	}
	wait(unix.POLLIN, time.Millisecond, fd, g.peers.fd)
}

func (g *Generator) atPeer(i int) {
	host, at := g.peers.in.Arrival(i)
	f := g.flowAt(down, host)
	if f == nil || *g.peers.in.From(i) != f.relay {
		g.wrong++
		return
	}
	g.accept(f, up, g.peers.in.Data(i), at)
}

func (g *Generator) atClient(i int) {
	b := g.clients.in
	host, at := b.Arrival(i)
	f := g.flowAt(up, host)
	if f == nil {
		g.wrong++
		return
	}
	if g.job.Path == Direct {
		if *b.From(i) != f.peer {
			g.wrong++
			return
		}
		g.accept(f, down, b.Data(i), at)
		return
	}
	if *b.From(i) != g.server {
		g.wrong++
		return
	}
	g.atClientFrame(f, b.Data(i), at)
}

func (g *Generator) atClientFrame(f *flow, frame []byte, at int64) {
	var payload []byte
	var ok bool
	if g.job.Indications {
		payload, ok = indicationPayload(frame, f.plain)
	} else {
		payload, ok = channelPayload(frame, f.channel)
	}
	switch {
	case !ok:
		if len(frame) == 0 || frame[0]>>6 != 0 { // late answers of the server are STUN, and no fault
			g.wrong++
		}
	case g.job.Path == Hairpin:
		g.accept(&g.flows[f.partner], up, payload, at)
	default:
		g.accept(f, down, payload, at)
	}
}

// accept verifies what was received, and counts it. at is when; 0 if that is not known well enough.
func (g *Generator) accept(f *flow, d direction, payload []byte, at int64) {
	s, ok := readStamp(payload, g.size)
	if ok && s.run+1 == g.run {
		return // was lost in the run before, and counted there
	}
	if !ok || s.run != g.run || s.flow != uint32(f.index) || s.direction != uint32(d) {
		g.wrong++
		return
	}
	if s.number <= f.seen[d] {
		g.disordered++ // counted as received, it would hide a loss
		return
	}
	f.seen[d] = s.number
	g.received[d]++
	if at != 0 {
		g.latency.Add(at - s.at)
	}
	if g.window != nil {
		g.window.received(d, s.at)
	}
}
