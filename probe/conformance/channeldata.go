package conformance

import (
	"bytes"
	"encoding/binary"

	"github.com/pion/stun/v3"
)

// boundTo gives a client an allocation and a channel to a peer.
func (s *session) boundTo(c *client, number uint16) (*client, peer) {
	s.allocate(c)
	p := s.peerOf(c)
	s.bind(c, number, p.addr())
	return c, p
}

// through tells whether a ChannelData frame arrives at the peer.
func (s *session) through(c *client, p peer, frame []byte, payload string) bool {
	_, ok := until(func() { c.send(frame) }, p.receive, 2*s.silence(), exactly(payload))
	return ok
}

func (t *table) channelData() {
	t.add("channel-data-out", "12.6", Must, "ChannelData reaches the peer", func(s *session) Verdict {
		a, p := s.boundTo(s.client(), 0x4000)
		return when(s.through(a, p, channelData(0x4000, "on a channel", true), "on a channel"), "nothing arrived")
	})
	t.add("channel-data-in", "12.7", Must, "what the peer sends comes as ChannelData of its channel", func(s *session) Verdict {
		a, p := s.boundTo(s.client(), 0x4ABC)
		d, ok := until(func() { p.send(a.relayed[0], "on a channel") }, a.received, 2*s.silence(), exactly("on a channel"))
		return firstOf(when(ok, "nothing arrived"), when(d.channel == 0x4ABC, "as channel 0x%04X", d.channel))
	})
	t.add("channel-data-empty", "12.6", Must, "ChannelData may be empty", func(s *session) Verdict {
		a, p := s.boundTo(s.client(), 0x4000)
		return when(s.through(a, p, channelData(0x4000, "", false), ""), "nothing arrived")
	})
	t.add("channel-data-unpadded", "12.5", Must, "over UDP, ChannelData need not be padded", func(s *session) Verdict {
		a, p := s.boundTo(s.datagrams(), 0x4000)
		return when(s.through(a, p, channelData(0x4000, "12345", false), "12345"), "nothing arrived")
	})
	t.add("channel-data-padded", "12.6", Must, "over UDP, what follows the data is not relayed", func(s *session) Verdict {
		a, p := s.boundTo(s.datagrams(), 0x4000)
		return when(s.through(a, p, channelData(0x4000, "12345", true), "12345"), "the five bytes did not arrive as five")
	})
	t.add("channel-data-short", "12.6", Must, "ChannelData with a length beyond the datagram is dropped", func(s *session) Verdict {
		a, p := s.boundTo(s.datagrams(), 0x4000)
		frame := channelData(0x4000, "too short", false)
		binary.BigEndian.PutUint16(frame[2:], 100)
		a.send(frame)
		_, ok := p.receive(s.silence())
		return when(!ok, "something was relayed")
	})
	t.add("channel-data-unbound", "12.6", Must, "ChannelData on a number that is not bound is dropped", func(s *session) Verdict {
		a, p := s.boundTo(s.client(), 0x4000)
		a.send(channelData(0x4001, "on no channel", true))
		return when(!s.leaks(p.receive, "on no channel"), "it arrived")
	})
	t.add("channel-data-stream", "12.5", Must, "over a stream, padded ChannelData and STUN may follow each other", func(s *session) Verdict {
		a, p := s.boundTo(s.stream(), 0x4000)
		m := request(stun.MethodBinding)
		both := bytes.Join([][]byte{channelData(0x4000, "12345", true), m.Raw}, nil)
		_, ok := until(func() { a.send(both) }, p.receive, 2*s.silence(), exactly("12345"))
		return firstOf(when(ok, "the data did not arrive"), s.answered(a, m))
	})
	t.add("channel-data-stream-in", "12.5", Must, "over a stream, frames to the client are padded", func(s *session) Verdict {
		a, p := s.boundTo(s.stream(), 0x4000)
		p.send(a.relayed[0], "12345")
		d, ok := until(func() { p.send(a.relayed[0], "67890") }, a.received, 2*s.silence(), exactly("67890"))
		if !ok {
			return failf("two datagrams did not come as two frames")
		}
		return firstOf(when(len(d.raw)%4 == 0, "not padded"), s.ask(a, request(stun.MethodBinding)).wantsSuccess())
	})
	t.add("channel-data-stream-short", "12.5", Must, "over a stream, a frame of eight bytes is not held back", func(s *session) Verdict {
		a, p := s.boundTo(s.stream(), 0x4000)
		a.send(channelData(0x4000, "1234", true))
		d, ok := p.receive(4 * s.silence())
		return when(ok && d.data == "1234", "nothing arrived")
	})
}
