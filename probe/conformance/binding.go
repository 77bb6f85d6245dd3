package conformance

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/pion/stun/v3"
)

func (t *table) binding() {
	t.add("binding", "6.3.1", Must, "a Binding request is answered", func(s *session) Verdict {
		return s.ask(s.client(), request(stun.MethodBinding)).wantsSuccess()
	})
	t.add("binding-mapped", "6.3.1.1", Must, "a Binding answer has XOR-MAPPED-ADDRESS, the client's address", func(s *session) Verdict {
		c := s.client()
		r := s.ask(c, request(stun.MethodBinding))
		return s.seenAs(r, c)
	})
	t.add("binding-transaction", "6.3.1.1", Must, "an answer has method and transaction id of its request", func(s *session) Verdict {
		c := s.client()
		m := request(stun.MethodBinding)
		c.send(m.Raw)
		f, ok := c.await(time.Now().Add(patience), func(f frame) bool { return isResponse(f.data) })
		if !ok {
			s.unanswered = true
			return failf("no answer")
		}
		r := parseResponse(f.data)
		return firstOf(
			when(r.mangled == nil, "%s", r),
			when(r.TransactionID == m.TransactionID, "another transaction id"),
			when(r.Type.Method == stun.MethodBinding, "a response to %s", r.Type.Method),
			when(binary.BigEndian.Uint32(r.Raw[4:]) == magicCookie, "no magic cookie"),
		)
	})
	t.add("binding-source", "6.3.1.1", Must, "an answer comes from the address that was asked", func(s *session) Verdict {
		c := s.datagrams()
		m := request(stun.MethodBinding)
		c.send(m.Raw)
		f, ok := c.await(time.Now().Add(patience), func(f frame) bool { return isResponse(f.data) })
		if !ok {
			s.unanswered = true
			return failf("no answer")
		}
		return when(f.from == s.at, "from %s", f.from)
	})
}

// seenAs is pass if the answer tells the client's address. Behind a NAT nobody else knows what is right.
func (s *session) seenAs(r *response, c *client) Verdict {
	if !r.success() {
		return r.wantsSuccess()
	}
	mapped := r.address(stun.AttrXORMappedAddress)
	switch {
	case !mapped.IsValid():
		return failf("no XOR-MAPPED-ADDRESS")
	case mapped == c.local():
		return pass
	case mapped.Addr() == c.local().Addr() || s.at.Addr().IsLoopback():
		return failf("%s, and not %s", mapped, c.local())
	}
	return passf("%s, and here %s: a NAT is between", mapped, c.local())
}

func (t *table) attributes() {
	t.add("unknown-required", "6.3.1", Must, "an unknown comprehension-required attribute is answered 420", func(s *session) Verdict {
		return s.ask(s.client(), request(stun.MethodBinding, attr(attrUnknownRequired, 1, 2, 3, 4))).wants(420)
	})
	t.add("unknown-listed", "6.3.1", Must, "a 420 lists what was unknown in UNKNOWN-ATTRIBUTES", func(s *session) Verdict {
		r := s.ask(s.client(), request(stun.MethodBinding, attr(attrUnknownRequired, 1, 2, 3, 4)))
		return lists(r, attrUnknownRequired)
	})
	t.add("unknown-optional", "6.3.1", Must, "an unknown comprehension-optional attribute is ignored", func(s *session) Verdict {
		return s.ask(s.client(), request(stun.MethodBinding, attr(attrUnknownOptional, 1, 2, 3, 4))).wantsSuccess()
	})
	t.add("unknown-authenticated", "6.3.1", Must, "an unknown comprehension-required attribute of an authenticated Allocate is answered 420", func(s *session) Verdict {
		c := s.greeted()
		r := s.call(c, stun.MethodAllocate, requestedTransport(protocolUDP), attr(attrUnknownRequired, 1, 2, 3, 4))
		if r.success() {
			c.relayed = r.addresses(stun.AttrXORRelayedAddress)
		}
		return firstOf(r.wants(420), lists(r, attrUnknownRequired))
	})
	t.add("padding-zero", "14", Must, "the padding of attributes is zero", func(s *session) Verdict {
		c := s.client()
		answers := []*response{
			s.ask(c, request(stun.MethodBinding, attr(attrUnknownRequired))),
			s.ask(c, request(stun.MethodAllocate, requestedTransport(protocolUDP))),
			s.ask(c, request(stun.MethodAllocate, requestedTransport(protocolUDP), room())),
		}
		seen := 0
		for _, r := range answers {
			n, dirty := padding(r)
			if dirty != "" {
				return failf("%s", dirty)
			}
			seen += n
		}
		if seen == 0 {
			return notTriedf("no answer had padding")
		}
		return pass
	})
	t.add("padding-ignored", "14", Must, "the padding of a request is not looked at", func(s *session) Verdict {
		m := request(stun.MethodBinding, attr(stun.AttrSoftware, 'a'))
		copy(m.Raw[headerSize+5:], []byte{0xFF, 0xFF, 0xFF})
		return s.ask(s.client(), m).wantsSuccess()
	})
}

// lists is pass if the answer's UNKNOWN-ATTRIBUTES name a type.
func lists(r *response, t stun.AttrType) Verdict {
	v, ok := r.get(stun.AttrUnknownAttributes)
	if !ok {
		return failf("%s without UNKNOWN-ATTRIBUTES", r)
	}
	for ; len(v) >= 2; v = v[2:] {
		if stun.AttrType(binary.BigEndian.Uint16(v)) == t {
			return pass
		}
	}
	return failf("UNKNOWN-ATTRIBUTES without %s", hex4(t))
}

// padding counts the bytes of padding in an answer, and tells of the first that is not zero.
func padding(r *response) (n int, dirty string) {
	if r == nil || r.mangled != nil {
		return 0, ""
	}
	for at := headerSize; at+4 <= len(r.Raw); {
		end := at + 4 + int(binary.BigEndian.Uint16(r.Raw[at+2:]))
		next := (end + 3) &^ 3
		for i := end; i < next && i < len(r.Raw); i++ {
			n++
			if r.Raw[i] != 0 {
				dirty = fmt.Sprintf("%s ends with 0x%02X", stun.AttrType(binary.BigEndian.Uint16(r.Raw[at:])), r.Raw[i])
			}
		}
		at = next
	}
	return n, dirty
}
