package conformance

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"

	"github.com/pion/stun/v3"
)

// choosing returns a client that knows the server's PASSWORD-ALGORITHMS; the clause ends if SHA-256 is not among them.
func (s *session) choosing() *client {
	t := s.challenged()
	if !offers(t.algorithms, algorithmSHA256) {
		s.stopf("not offered: no SHA-256 in PASSWORD-ALGORITHMS")
	}
	c := s.client()
	s.greet(c, room())
	if !offers(c.algorithms, algorithmSHA256) {
		s.stopf("offered once, and then not again")
	}
	c.sha256 = true
	return c
}

// offers reads PASSWORD-ALGORITHMS (RFC 8489 §14.11).
func offers(list []byte, algorithm uint16) bool {
	for len(list) >= 4 {
		if binary.BigEndian.Uint16(list) == algorithm {
			return true
		}
		list = list[min(len(list), 4+(int(binary.BigEndian.Uint16(list[2:]))+3)&^3):]
	}
	return false
}

func (t *table) passwordAlgorithms() {
	t.add("nonce-cookie", "9.2", Must, "the nonce begins with the nonce cookie, obMatJos2 and 24 bits", func(s *session) Verdict {
		t := s.challenged()
		if !t.known {
			return notTriedf("no nonce")
		}
		if !t.cookie {
			return notTriedf("not offered: it has none, as in RFC 5389")
		}
		return when(t.wellFormed, "what follows obMatJos2 is not base64 of 24 bits")
	})
	t.add("algorithms-bit", "9.2.4", Must, "PASSWORD-ALGORITHMS and its bit in the nonce cookie go together", func(s *session) Verdict {
		t := s.challenged()
		bit, list := t.bits&featureAlgorithms != 0, len(t.algorithms) > 0
		if !bit && !list {
			return notTriedf("not offered: neither is there")
		}
		return when(bit == list, "bit %v, PASSWORD-ALGORITHMS %v", bit, list)
	})
	t.add("algorithms-well-formed", "14.11", Must, "PASSWORD-ALGORITHMS is well formed", func(s *session) Verdict {
		list := s.challenged().algorithms
		if len(list) == 0 {
			return notTriedf("not offered")
		}
		for len(list) >= 4 {
			list = list[min(len(list), 4+(int(binary.BigEndian.Uint16(list[2:]))+3)&^3):]
		}
		return when(len(list) == 0 && len(s.challenged().algorithms) >= 4, "%d bytes too many", len(list))
	})
	t.add("sha256", "9.2.4", Must, "an Allocate with SHA-256 is granted", func(s *session) Verdict {
		return s.tryAllocate(s.choosing()).wantsSuccess()
	})
	t.add("sha256-answer", "9.2.4", Must, "a granted SHA-256 request is answered with MESSAGE-INTEGRITY-SHA256", func(s *session) Verdict {
		c := s.choosing()
		r := s.tryAllocate(c)
		return firstOf(r.wantsSuccess(), c.protected(r))
	})
	t.add("sha256-error", "9.2.4", Must, "a refused SHA-256 request is answered with MESSAGE-INTEGRITY-SHA256", func(s *session) Verdict {
		c := s.choosing()
		s.allocate(c)
		r := s.call(c, stun.MethodAllocate, requestedTransport(protocolUDP))
		return firstOf(when(r.code() != 0, "%s", r), c.protected(r))
	})
	t.add("sha256-wrong", "9.2.4", Must, "a wrong MESSAGE-INTEGRITY-SHA256 is answered 401", func(s *session) Verdict {
		c := s.choosing()
		c.user.password += "x"
		return challenges(s.ask(c, c.signed(stun.MethodAllocate, requestedTransport(protocolUDP), room())), 401)
	})
	t.add("sha256-end", "14.6", Must, "what follows MESSAGE-INTEGRITY-SHA256 is ignored", func(s *session) Verdict {
		c := s.choosing()
		s.allocate(c)
		r := s.ask(c, appendAfter(c.signed(stun.MethodRefresh), lifetime(0)))
		left, ok := r.uint32(stun.AttrLifetime)
		return firstOf(r.wantsSuccess(), when(ok && left > 0, "a LIFETIME of 0 behind it deleted the allocation"))
	})
	t.add("md5-still", "9.2.4", Must, "who names no PASSWORD-ALGORITHM is taken to mean MD5", func(s *session) Verdict {
		c := s.choosing()
		c.sha256 = false
		r := s.tryAllocate(c)
		return firstOf(r.wantsSuccess(), c.protected(r))
	})
	t.add("biddown-list", "9.2.4", Must, "other PASSWORD-ALGORITHMS than were sent are answered 400", func(s *session) Verdict {
		c := s.choosing()
		c.algorithms = []byte{0, algorithmSHA256, 0, 0}
		if s.challenged().algorithms[1] == algorithmSHA256 && len(s.challenged().algorithms) == 4 {
			c.algorithms = []byte{0, algorithmMD5, 0, 0, 0, algorithmSHA256, 0, 0}
		}
		return s.ask(c, c.signed(stun.MethodAllocate, requestedTransport(protocolUDP))).wants(400)
	})
	t.add("biddown-missing", "9.2.4", Must, "PASSWORD-ALGORITHM without PASSWORD-ALGORITHMS is answered 400", func(s *session) Verdict {
		c := s.choosing()
		return s.ask(c, c.without(stun.AttrPasswordAlgorithms, stun.MethodAllocate, requestedTransport(protocolUDP))).wants(400)
	})
	t.add("biddown-unlisted", "9.2.4", Must, "a PASSWORD-ALGORITHM that was not offered is answered 400", func(s *session) Verdict {
		c := s.choosing()
		m := c.signed(stun.MethodAllocate, requestedTransport(protocolUDP))
		m.Raw[offset(m.Raw, stun.AttrPasswordAlgorithm)+5] = 0x77
		return s.ask(c, m).wants(400)
	})
	t.add("biddown-cookie", "9.2.1", Should, "a nonce whose cookie was changed is not valid", func(s *session) Verdict {
		c := s.choosing()
		cleared := base64.StdEncoding.EncodeToString([]byte{0, 0, 0})
		c.nonce = append(append([]byte(nonceCookie), cleared...), c.nonce[len(nonceCookie)+4:]...)
		c.sha256 = false
		r := s.ask(c, c.signed(stun.MethodAllocate, requestedTransport(protocolUDP)))
		if r.success() {
			c.relayed = r.addresses(stun.AttrXORRelayedAddress)
		}
		return r.wants(438, 401)
	})
	t.add("algorithms-438", "9.2.4", Must, "a 438 offers PASSWORD-ALGORITHMS again", func(s *session) Verdict {
		c := s.choosing()
		offered := bytes.Clone(c.algorithms)
		spoil(c.nonce)
		r := s.ask(c, c.signed(stun.MethodAllocate, requestedTransport(protocolUDP), room()))
		got, _ := r.get(stun.AttrPasswordAlgorithms)
		return firstOf(r.wants(438), when(bytes.Equal(got, offered), "not the same as before"))
	})
}

func (t *table) userhash() {
	t.add("userhash", "9.2.4", Must, "a client may say USERHASH instead of USERNAME", func(s *session) Verdict {
		return s.tryAllocate(s.anonymous()).wantsSuccess()
	})
	t.add("userhash-unknown", "9.2.4", Must, "an unknown USERHASH is answered 401", func(s *session) Verdict {
		c := s.anonymous()
		c.user.username = "nobody-of-that-name"
		return challenges(s.ask(c, c.signed(stun.MethodAllocate, requestedTransport(protocolUDP), room())), 401)
	})
}

// anonymous returns a client that says USERHASH; the clause ends if the nonce cookie does not offer it.
func (s *session) anonymous() *client {
	if s.challenged().bits&featureAnonymity == 0 {
		s.stopf("not offered: no bit for it in the nonce cookie")
	}
	c := s.client()
	s.greet(c, room())
	c.hidden = true
	c.sha256 = offers(c.algorithms, algorithmSHA256)
	return c
}
