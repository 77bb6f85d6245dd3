package conformance

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// CHANGE-REQUEST flags (RFC 5780 §7.2).
const (
	changeIP   = 4
	changePort = 2
)

// other returns a client and OTHER-ADDRESS; the clause ends if there is none.
func (s *session) other() (*client, netip.AddrPort) {
	c := s.datagrams()
	r := s.ask(c, request(stun.MethodBinding))
	at, ok := r.plainAddress(stun.AttrOtherAddress)
	if !ok {
		s.stopf("not offered: no OTHER-ADDRESS")
	}
	return c, at
}

// askFrom sends a Binding request, and returns the answer from wherever it comes to whichever client.
func (s *session) askFrom(to, back *client, attrs ...stun.Setter) (*response, netip.AddrPort) {
	m := request(stun.MethodBinding, attrs...)
	for range 3 {
		to.send(m.Raw)
		f, ok := back.await(time.Now().Add(2*s.silence()), func(f frame) bool {
			return isResponse(f.data) && [12]byte(f.data[8:20]) == m.TransactionID
		})
		if ok {
			return parseResponse(f.data), f.from
		}
	}
	return nil, netip.AddrPort{}
}

func (t *table) discovery() {
	t.add("change-unsupported", "6.1", Must, "CHANGE-REQUEST is answered 420 by a server without OTHER-ADDRESS", func(s *session) Verdict {
		c := s.datagrams()
		if s.ask(c, request(stun.MethodBinding)).has(stun.AttrOtherAddress) {
			return notTriedf("it has one")
		}
		r, from := s.askFrom(c, c, attr(stun.AttrChangeRequest, 0, 0, 0, changePort))
		if r.success() && from.Addr() == s.at.Addr() && from.Port() != s.at.Port() {
			return lenientf("answered from port %d, as asked: it has a second port, but no second address", from.Port())
		}
		return r.wants(420)
	})
	t.add("other-address", "7.4", Must, "OTHER-ADDRESS differs from this one in address and port", func(s *session) Verdict {
		_, at := s.other()
		return when(at.Addr() != s.at.Addr() && at.Port() != s.at.Port() && at.Addr().Is4() == s.at.Addr().Is4(), "%s", at)
	})
	t.add("response-origin", "7.3", Must, "RESPONSE-ORIGIN is the address that the answer comes from", func(s *session) Verdict {
		c, _ := s.other()
		r, from := s.askFrom(c, c)
		origin, ok := r.plainAddress(stun.AttrResponseOrigin)
		return firstOf(r.wantsSuccess(), when(ok, "there is none"), when(origin == from, "%s, but it came from %s", origin, from))
	})
	for _, v := range []struct {
		id, text string
		flags    byte
	}{
		{"change-port", "CHANGE-REQUEST for the port is answered from the other port", changePort},
		{"change-address", "CHANGE-REQUEST for the address is answered from the other address", changeIP},
		{"change-both", "CHANGE-REQUEST for both is answered from OTHER-ADDRESS", changeIP | changePort},
	} {
		t.add(v.id, "6.1", Must, v.text, func(s *session) Verdict {
			c, other := s.other()
			want := s.at
			if v.flags&changeIP != 0 {
				want = netip.AddrPortFrom(other.Addr(), want.Port())
			}
			if v.flags&changePort != 0 {
				want = netip.AddrPortFrom(want.Addr(), other.Port())
			}
			r, from := s.askFrom(c, c, attr(stun.AttrChangeRequest, 0, 0, 0, v.flags))
			return firstOf(r.wantsSuccess(), when(from == want, "from %s, not %s", from, want))
		})
	}
	t.add("other-answers", "6.1", Must, "OTHER-ADDRESS itself answers", func(s *session) Verdict {
		c, other := s.other()
		m := request(stun.MethodBinding)
		for range 3 {
			_, _ = c.packet.WriteToUDPAddrPort(m.Raw, other)
			f, ok := c.await(time.Now().Add(2*s.silence()), func(f frame) bool { return f.from == other && isResponse(f.data) })
			if ok {
				return s.seenAs(parseResponse(f.data), c)
			}
		}
		return failf("no answer")
	})
	t.add("response-port", "7.5", Must, "RESPONSE-PORT has the answer sent to that port", func(s *session) Verdict {
		c, _ := s.other()
		second := s.datagrams()
		mapped := s.ask(second, request(stun.MethodBinding)).address(stun.AttrXORMappedAddress)
		port := binary.BigEndian.AppendUint16(nil, mapped.Port())
		r, _ := s.askFrom(c, second, attr(stun.AttrResponsePort, port...))
		if !r.success() { // some take what follows the port for part of the value
			r, _ = s.askFrom(c, second, attr(stun.AttrResponsePort, append(port, 0, 0)...))
		}
		return r.wantsSuccess()
	})
}
