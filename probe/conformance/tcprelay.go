package conformance

import (
	"bytes"
	"io"
	"net"
	"time"

	"github.com/pion/stun/v3"
)

func (t *table) tcpRelays() {
	t.add("tcp-allocate", "5.1", Must, "over a stream, an Allocate for TCP is granted", func(s *session) Verdict {
		r := s.call(s.tcpAllocated(), stun.MethodConnect)
		return when(r.code() != 0, "granted, but then Connect gets %s", r)
	})
	t.add("tcp-over-udp", "5.1", Must, "over UDP, an Allocate for TCP is answered 400", func(s *session) Verdict {
		return s.tcpRefused(s.datagrams())
	})
	t.add("tcp-even-port", "5.1", Must, "an Allocate for TCP with EVEN-PORT is answered 400", func(s *session) Verdict {
		return s.tcpRefused(s.stream(), attr(stun.AttrEvenPort, 0))
	})
	t.add("tcp-dont-fragment", "5.1", Must, "an Allocate for TCP with DONT-FRAGMENT is answered 400", func(s *session) Verdict {
		return s.tcpRefused(s.stream(), attr(stun.AttrDontFragment))
	})
	t.add("tcp-token", "5.1", Must, "an Allocate for TCP with RESERVATION-TOKEN is answered 400", func(s *session) Verdict {
		return s.tcpRefused(s.stream(), attr(stun.AttrReservationToken, 1, 2, 3, 4, 5, 6, 7, 8))
	})
	t.add("tcp-connect", "5.2", Must, "Connect reaches the peer, and is answered with CONNECTION-ID", func(s *session) Verdict {
		r, peer := s.connected(s.tcpAllocated())
		id, _ := r.get(stun.AttrConnectionID)
		return firstOf(r.wantsSuccess(), when(peer != nil, "nobody came to the peer"), when(len(id) == 4, "CONNECTION-ID of %d bytes", len(id)))
	})
	t.add("tcp-connect-source", "5.2", Must, "the connection to the peer comes from the relayed address", func(s *session) Verdict {
		c := s.tcpAllocated()
		_, peer := s.connection(c)
		return when(peer.from == c.relayed[0], "from %s, not %s", peer.from, c.relayed[0])
	})
	t.add("tcp-bind", "5.4", Must, "ConnectionBind makes a connection of bytes, both ways", func(s *session) Verdict {
		c := s.tcpAllocated()
		id, peer := s.connection(c)
		d, bound := s.bindConnection(c, id)
		if !bound.success() {
			return bound.wantsSuccess()
		}
		return dataBothWays(d, peer)
	})
	t.add("tcp-early-data", "5.4", Must, "what the peer sends before ConnectionBind is not lost", func(s *session) Verdict {
		c := s.tcpAllocated()
		id, peer := s.connection(c)
		_, _ = peer.Write([]byte("early bird"))
		time.Sleep(50 * time.Millisecond)
		d, bound := s.bindConnection(c, id)
		got := d.readRaw(10, patience)
		return firstOf(bound.wantsSuccess(), when(string(got) == "early bird", "the client got %q", got))
	})
	t.add("tcp-pipelined", "5.4", Should, "what the client sends right behind ConnectionBind is not lost", func(s *session) Verdict {
		c := s.tcpAllocated()
		id, peer := s.connection(c)
		d := s.dataConnection(c)
		m := d.signed(stun.MethodConnectionBind, attr(stun.AttrConnectionID, id...))
		d.send(append(bytes.Clone(m.Raw), "at once"...))
		got := make([]byte, 7)
		_ = peer.SetDeadline(time.Now().Add(patience))
		_, _ = io.ReadFull(peer, got)
		return when(string(got) == "at once", "the peer got %q", bytes.TrimRight(got, "\x00"))
	})
	t.add("tcp-connect-twice", "5.2", Must, "a second Connect to the same peer is answered 446", func(s *session) Verdict {
		c := s.tcpAllocated()
		_, peer := s.connection(c)
		return s.call(c, stun.MethodConnect, peerAddress(peer.at)).wants(446)
	})
	t.add("tcp-connect-refused", "5.2", Must, "Connect to a peer that refuses is answered 447", func(s *session) Verdict {
		c := s.tcpAllocated()
		l, at := s.tcpListener()
		l.Close()
		s.permit(c, at)
		return s.call(c, stun.MethodConnect, peerAddress(at)).wants(447)
	})
	t.add("tcp-connect-forbidden", "5.2", Must, "Connect to a peer that policy forbids is answered 403", func(s *session) Verdict {
		c := s.tcpAllocated()
		at := s.forbidden(c)
		return s.call(c, stun.MethodConnect, peerAddress(at)).wants(403)
	})
	t.add("tcp-connect-peerless", "5.2", Must, "Connect without a peer is answered 400", func(s *session) Verdict {
		return s.call(s.tcpAllocated(), stun.MethodConnect).wants(400)
	})
	t.add("tcp-connect-437", "5.2", Must, "Connect without an allocation is answered 437", func(s *session) Verdict {
		s.tcpAllocated()
		return s.call(s.stream(), stun.MethodConnect, peerAddress(farIPv4)).wants(437)
	})
	t.add("tcp-bind-unknown", "5.4", Must, "ConnectionBind of an unknown CONNECTION-ID is answered 400", func(s *session) Verdict {
		_, r := s.bindConnection(s.tcpAllocated(), []byte{0xDE, 0xAD, 0xBE, 0xEF})
		return r.wants(400)
	})
	t.add("tcp-bind-missing", "5.4", Must, "ConnectionBind without CONNECTION-ID is answered 400", func(s *session) Verdict {
		return s.call(s.dataConnection(s.tcpAllocated()), stun.MethodConnectionBind).wants(400)
	})
	t.add("tcp-attempt", "5.3", Must, "a peer's connection is told by ConnectionAttempt, and can be bound", func(s *session) Verdict {
		c := s.tcpAllocated()
		_, at := s.tcpListener()
		s.permit(c, at)
		peer, err := net.DialTimeout("tcp", c.relayed[0].String(), patience)
		if err != nil {
			return failf("the relayed address does not accept: %v", err)
		}
		s.closers = append(s.closers, peer)
		id, from := c.attempt(patience)
		if id == nil {
			return failf("no ConnectionAttempt")
		}
		want := canonical(peer.LocalAddr().(*net.TCPAddr).AddrPort())
		if from != want {
			return failf("XOR-PEER-ADDRESS %s, not %s", from, want)
		}
		d, bound := s.bindConnection(c, id)
		if !bound.success() {
			return bound.wantsSuccess()
		}
		return dataBothWays(d, peer)
	})
	t.add("tcp-attempt-denied", "5.3", Must, "a peer's connection without permission is closed", func(s *session) Verdict {
		c := s.tcpAllocated()
		s.tcpListener()
		peer, err := net.DialTimeout("tcp", c.relayed[0].String(), patience)
		if err != nil {
			return pass
		}
		s.closers = append(s.closers, peer)
		id, _ := c.attempt(s.silence())
		return firstOf(when(id == nil, "the client was told of it"), when(closedSoon(peer, patience), "it stays open"))
	})
	t.addSlow("tcp-unbound", "5.2", Must, "a connection that nobody binds is closed after half a minute", func(s *session) Verdict {
		_, peer := s.connection(s.tcpAllocated())
		s.sleep(25 * time.Second)
		if closedSoon(peer, s.silence()) {
			return failf("closed in less than 25 s")
		}
		s.sleep(15 * time.Second)
		return when(closedSoon(peer, patience), "it stays open")
	})
}
