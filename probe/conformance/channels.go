package conformance

import (
	"fmt"
	"time"

	"github.com/pion/stun/v3"
)

func (t *table) channels() {
	t.add("channel-bind", "12.2", Must, "ChannelBind is granted", func(s *session) Verdict {
		a := s.allocated()
		p := s.peerOf(a)
		return s.call(a, stun.MethodChannelBind, channelNumber(0x4000), peerAddress(p.addr())).wantsSuccess()
	})
	for _, n := range []struct {
		number  uint16
		lenient bool
	}{{0x3FFF, false}, {0x0000, false}, {0x5000, true}, {0x7FFF, true}, {0x8000, false}, {0xFFFF, false}} {
		t.add(fmt.Sprintf("channel-%04X", n.number), "12.2", Must, fmt.Sprintf("ChannelBind of channel 0x%04X is answered 400", n.number), func(s *session) Verdict {
			a := s.allocated()
			p := s.peerOf(a)
			r := s.call(a, stun.MethodChannelBind, channelNumber(n.number), peerAddress(p.addr()))
			if n.lenient && r.success() {
				return lenientf("bound, as RFC 5766 had it")
			}
			return r.wants(400)
		})
	}
	t.add("channel-numberless", "12.2", Must, "ChannelBind without CHANNEL-NUMBER is answered 400", func(s *session) Verdict {
		a := s.allocated()
		p := s.peerOf(a)
		return s.call(a, stun.MethodChannelBind, peerAddress(p.addr())).wants(400)
	})
	t.add("channel-peerless", "12.2", Must, "ChannelBind without XOR-PEER-ADDRESS is answered 400", func(s *session) Verdict {
		return s.call(s.allocated(), stun.MethodChannelBind, channelNumber(0x4000)).wants(400)
	})
	t.add("channel-again", "12.2", Must, "the same channel number and peer may be bound again", func(s *session) Verdict {
		a := s.allocated()
		p := s.peerOf(a)
		s.bind(a, 0x4001, p.addr())
		return s.call(a, stun.MethodChannelBind, channelNumber(0x4001), peerAddress(p.addr())).wantsSuccess()
	})
	t.add("channel-other-peer", "12.2", Must, "a channel number that stands for another peer is answered 400", func(s *session) Verdict {
		a := s.allocated()
		p, q := s.peerOf(a), s.peerOf(a)
		s.bind(a, 0x4001, p.addr())
		return s.call(a, stun.MethodChannelBind, channelNumber(0x4001), peerAddress(q.addr())).wants(400)
	})
	t.add("channel-other-number", "12.2", Must, "a peer that has another channel number is answered 400", func(s *session) Verdict {
		a := s.allocated()
		p := s.peerOf(a)
		s.bind(a, 0x4001, p.addr())
		return s.call(a, stun.MethodChannelBind, channelNumber(0x4002), peerAddress(p.addr())).wants(400)
	})
	t.add("channel-permission", "12", Must, "a channel is a permission as well", func(s *session) Verdict {
		a := s.allocated()
		p := s.peerOf(a)
		s.bind(a, 0x4000, p.addr())
		return when(s.reaches(a, p, "by indication"), "a Send indication did not arrive")
	})
	t.addSlow("channel-lasts", "12", Must, "a channel lives ten minutes, longer than its permission", func(s *session) Verdict {
		a, p := s.boundAndPermitted(2, 240*time.Second)
		d, ok := until(func() { p.send(a.relayed[0], "after eight minutes") }, a.received, 2*s.silence(), exactly("after eight minutes"))
		return firstOf(when(ok, "nothing arrived"), when(d.channel == 0x4003, "gone after 480 s"))
	})
	t.addSlow("channel-ends", "12", Must, "a channel that is not bound again ends after ten minutes", func(s *session) Verdict {
		a, p := s.boundAndPermitted(3, 205*time.Second)
		a.send(channelData(0x4003, "after ten minutes", a.via.stream()))
		return when(!s.leaks(p.receive, "after ten minutes"), "data still goes through")
	})
}

// boundAndPermitted binds channel 0x4003, and lets a pause go by that many times, after each of which it renews the permissions but not the channel.
func (s *session) boundAndPermitted(times int, pause time.Duration) (*client, peer) {
	a := s.client()
	s.allocate(a, lifetime(1200))
	p := s.peerOf(a)
	b, isRelay := p.(relayPeer)
	if isRelay {
		s.call(b.c, stun.MethodRefresh, lifetime(1200))
	}
	s.bind(a, 0x4003, p.addr())
	for range times {
		s.sleep(pause)
		s.permit(a, p.addr())
		if isRelay {
			s.permit(b.c, a.relayed[0])
		}
	}
	return a, p
}
