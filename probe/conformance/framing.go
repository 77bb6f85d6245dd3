package conformance

import (
	"encoding/binary"
	"time"

	"github.com/pion/stun/v3"
)

// silent is pass if bytes get no answer, and the server still answers a Binding afterwards.
func (s *session) silent(c *client, raw []byte) Verdict {
	if v := s.unanswerable(c, raw); v.Outcome != Pass || c.via.stream() {
		return v // what is not a frame may well end a stream
	}
	return s.ask(c, request(stun.MethodBinding)).wantsSuccess()
}

// unanswerable is pass if bytes get no answer. An error is lenient: it costs little, and does no harm.
func (s *session) unanswerable(c *client, raw []byte) Verdict {
	c.send(raw)
	f, ok := c.await(time.Now().Add(s.silence()), func(f frame) bool { return f.from == s.at })
	if ok {
		if isResponse(f.data) {
			if r := parseResponse(f.data); r.code() != 0 {
				return lenientf("answered: %s", r)
			}
		}
		return failf("answered, with %d bytes", len(f.data))
	}
	return pass
}

func (t *table) framing() {
	t.add("stun-cookie", "6.3", Must, "a message without the magic cookie is dropped", func(s *session) Verdict {
		m := request(stun.MethodBinding)
		binary.BigEndian.PutUint32(m.Raw[4:], 0x12345678)
		c := s.datagrams()
		if v := s.unanswerable(c, m.Raw); v.Outcome != Pass {
			return lenientf("answered, as RFC 3489 had it")
		}
		return s.ask(c, request(stun.MethodBinding)).wantsSuccess()
	})
	t.add("stun-first-bits", "6.3", Must, "a message that begins with other bits than 00 is dropped", func(s *session) Verdict {
		m := request(stun.MethodBinding)
		m.Raw[0] |= 0xC0
		return s.silent(s.datagrams(), m.Raw)
	})
	t.add("stun-short", "6.3", Must, "less than a header is dropped", func(s *session) Verdict {
		return s.silent(s.datagrams(), request(stun.MethodBinding).Raw[:headerSize-1])
	})
	t.add("stun-length-multiple", "6.3", Must, "a length that is no multiple of four is dropped", func(s *session) Verdict {
		m := request(stun.MethodBinding)
		raw := append(m.Raw, 0, 0)
		binary.BigEndian.PutUint16(raw[2:], 2)
		return s.silent(s.datagrams(), raw)
	})
	t.add("stun-length-beyond", "6.3", Must, "a length beyond the datagram is dropped", func(s *session) Verdict {
		m := request(stun.MethodBinding)
		binary.BigEndian.PutUint16(m.Raw[2:], 8)
		return s.silent(s.datagrams(), m.Raw)
	})
	t.add("stun-attribute-beyond", "6.3", Must, "an attribute that is longer than its message is dropped", func(s *session) Verdict {
		m := request(stun.MethodBinding, attr(stun.AttrSoftware, 1, 2, 3, 4))
		binary.BigEndian.PutUint16(m.Raw[headerSize+2:], 400)
		return s.silent(s.datagrams(), m.Raw)
	})
	t.add("stun-method", "6.3", Must, "a request of an unknown method is dropped", func(s *session) Verdict {
		return s.silent(s.datagrams(), request(0x7FE).Raw)
	})
	t.add("stun-response-class", "6.3", Must, "a response that nobody asked for is dropped", func(s *session) Verdict {
		m := newMessage(stun.NewType(stun.MethodBinding, stun.ClassSuccessResponse))
		return s.silent(s.datagrams(), m.Raw)
	})
	t.add("stun-indication", "6.3.2", Must, "a Binding indication is not answered", func(s *session) Verdict {
		return s.silent(s.datagrams(), indication(stun.MethodBinding).Raw)
	})
	t.add("stun-indication-allocate", "6.3", Must, "an Allocate indication is dropped", func(s *session) Verdict {
		return s.silent(s.datagrams(), indication(stun.MethodAllocate, requestedTransport(protocolUDP)).Raw)
	})
}
