package conformance

import (
	"bytes"

	"github.com/pion/stun/v3"
)

// without is a signed request that lacks one attribute of the credentials.
func (c *client) without(t stun.AttrType, method stun.Method, attrs ...stun.Setter) *stun.Message {
	for _, a := range c.credentials() {
		if a.(stun.RawAttribute).Type != t {
			attrs = append(attrs, a)
		}
	}
	return request(method, append(attrs, c.integrity())...)
}

// challenges is pass if the answer lets the client try again.
func challenges(r *response, code int) Verdict {
	lacks := r.lacks(stun.AttrRealm, stun.AttrNonce)
	return firstOf(r.wants(code), when(lacks == "", "%d without%s", code, lacks))
}

func (t *table) longTerm() {
	t.add("401-first", "9.2.4", Must, "an Allocate without integrity is answered 401", func(s *session) Verdict {
		return s.ask(s.client(), request(stun.MethodAllocate, requestedTransport(protocolUDP))).wants(401)
	})
	t.add("401-realm-nonce", "9.2.4", Must, "the 401 to an Allocate has REALM and NONCE", func(s *session) Verdict {
		return challenges(s.ask(s.client(), request(stun.MethodAllocate, requestedTransport(protocolUDP))), 401)
	})
	t.add("401-refresh", "9.2.4", Must, "a Refresh without integrity is answered 401, with REALM and NONCE", func(s *session) Verdict {
		r := s.ask(s.client(), request(stun.MethodRefresh))
		if r.code() == 437 {
			return lenientf("437, before it knows who asks")
		}
		return challenges(r, 401)
	})
	t.add("401-bare", "9.2.4", Should, "a 401 repeats no USERNAME and has no integrity", func(s *session) Verdict {
		r := s.ask(s.client(), request(stun.MethodAllocate, requestedTransport(protocolUDP), attr(stun.AttrUsername, 'a', 'b', 'c', 'd')))
		return firstOf(r.wants(401), when(!r.has(stun.AttrUsername) && !r.has(stun.AttrMessageIntegrity), "it has"))
	})
	for _, missing := range []struct {
		id   string
		attr stun.AttrType
	}{{"400-username", stun.AttrUsername}, {"400-realm", stun.AttrRealm}, {"400-nonce", stun.AttrNonce}} {
		t.add(missing.id, "9.2.4", Must, "integrity without "+missing.attr.String()+" is answered 400", func(s *session) Verdict {
			c := s.greeted()
			return s.ask(c, c.without(missing.attr, stun.MethodAllocate, requestedTransport(protocolUDP))).wants(400)
		})
	}
	t.add("400-bare", "9.2.4", Should, "a 400 for want of an attribute has neither NONCE nor REALM", func(s *session) Verdict {
		c := s.greeted()
		r := s.ask(c, c.without(stun.AttrUsername, stun.MethodAllocate, requestedTransport(protocolUDP)))
		return firstOf(r.wants(400), when(!r.has(stun.AttrRealm) && !r.has(stun.AttrNonce), "it has"))
	})
	t.add("wrong-password", "9.2.4", Must, "a wrong password is answered 401, with REALM and NONCE", func(s *session) Verdict {
		c := s.greeted()
		c.user.password += "x"
		return challenges(s.ask(c, c.signed(stun.MethodAllocate, requestedTransport(protocolUDP))), 401)
	})
	t.add("unknown-user", "9.2.4", Must, "an unknown user is answered 401, with REALM and NONCE", func(s *session) Verdict {
		c := s.greeted()
		c.user.username = "nobody-of-that-name"
		return challenges(s.ask(c, c.signed(stun.MethodAllocate, requestedTransport(protocolUDP))), 401)
	})
	t.add("right-password", "9.2.4", Must, "the right password is let in", func(s *session) Verdict {
		return s.tryAllocate(s.greeted()).wantsSuccess()
	})
}

func (t *table) nonces() {
	t.add("nonce-stale", "9.2.4", Must, "a nonce that is not valid is answered 438, with REALM and NONCE", func(s *session) Verdict {
		c := s.greeted()
		spoil(c.nonce)
		return challenges(s.ask(c, c.signed(stun.MethodAllocate, requestedTransport(protocolUDP))), 438)
	})
	t.add("nonce-fresh", "9.2.4", Must, "the nonce of a 438 is valid", func(s *session) Verdict {
		c := s.greeted()
		spoil(c.nonce)
		r := s.ask(c, c.signed(stun.MethodAllocate, requestedTransport(protocolUDP)))
		if r.code() != 438 || !c.challenge(r) {
			return challenges(r, 438)
		}
		r = s.ask(c, c.signed(stun.MethodAllocate, requestedTransport(protocolUDP)))
		if r.success() {
			c.relayed = r.addresses(stun.AttrXORRelayedAddress)
		}
		return when(r.code() != 438 && r.code() != 401 && r != nil, "%s", r)
	})
	t.add("nonce-different", "9.2.4", Must, "two clients get different nonces", func(s *session) Verdict {
		a, b := s.greeted(), s.greeted()
		return when(!bytes.Equal(a.nonce, b.nonce), "the same")
	})
	t.add("nonce-bound", "9.2.4", Should, "a nonce is good for no other client", func(s *session) Verdict {
		a, b := s.greeted(), s.client()
		b.realm, b.nonce = a.realm, a.nonce
		r := s.ask(b, b.signed(stun.MethodAllocate, requestedTransport(protocolUDP)))
		if r.success() {
			b.relayed = r.addresses(stun.AttrXORRelayedAddress)
			return lenientf("it is")
		}
		return r.wants(438, 401)
	})
	t.addSlow("nonce-expires", "9.2.4", Should, "a nonce is valid for long enough to be useful, at least two minutes", func(s *session) Verdict {
		c := s.allocated()
		s.sleep(115e9)
		return s.ask(c, c.signed(stun.MethodRefresh)).wantsSuccess()
	})
}

// spoil changes the end of a nonce, as if it had been another.
func spoil(nonce []byte) {
	for i := max(0, len(nonce)-4); i < len(nonce); i++ {
		if nonce[i] == 'a' {
			nonce[i] = 'b'
		} else {
			nonce[i] = 'a'
		}
	}
}
