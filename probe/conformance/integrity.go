package conformance

import (
	"encoding/binary"
	"time"

	"github.com/pion/stun/v3"
)

func (t *table) integrity() {
	t.add("integrity-success", "9.2.4", Must, "a granted request is answered with integrity", func(s *session) Verdict {
		c := s.greeted()
		r := s.tryAllocate(c)
		return firstOf(r.wantsSuccess(), c.protected(r))
	})
	t.add("integrity-error", "9.2.4", Must, "a refused request is answered with integrity, once the client is known", func(s *session) Verdict {
		c := s.allocated()
		r := s.call(c, stun.MethodAllocate, requestedTransport(protocolUDP))
		return firstOf(when(r.code() != 0, "%s", r), c.protected(r))
	})
	t.add("integrity-tampered", "9.2.4", Must, "a request that was changed on its way is answered 401", func(s *session) Verdict {
		c := s.greeted()
		m := c.signed(stun.MethodAllocate, requestedTransport(protocolUDP), lifetime(700))
		m.Raw[offset(m.Raw, stun.AttrLifetime)+7] ^= 1
		r := s.ask(c, m)
		if r.success() {
			c.relayed = r.addresses(stun.AttrXORRelayedAddress)
		}
		return r.wants(401)
	})
	t.add("integrity-end", "14.5", Must, "what follows MESSAGE-INTEGRITY is ignored", func(s *session) Verdict {
		c := s.allocated()
		m := appendAfter(c.signed(stun.MethodRefresh), lifetime(0))
		r := s.ask(c, m)
		left, ok := r.uint32(stun.AttrLifetime)
		return firstOf(r.wantsSuccess(), when(ok && left > 0, "a LIFETIME of 0 behind it deleted the allocation"))
	})
	t.add("integrity-end-peer", "14.5", Must, "a peer that stands behind MESSAGE-INTEGRITY gets no permission", func(s *session) Verdict {
		a := s.allocated()
		p := s.peerOf(a)
		m := appendAfter(a.signed(stun.MethodCreatePermission), peerAddress(p.addr()))
		r := s.ask(a, m)
		a.sendTo(p.addr(), "behind the integrity")
		return firstOf(when(!r.success(), "granted"), when(!s.leaks(p.receive, "behind the integrity"), "data to it was relayed"))
	})
	t.add("integrity-fingerprint", "14.7", Must, "FINGERPRINT may follow MESSAGE-INTEGRITY", func(s *session) Verdict {
		c := s.allocated()
		m := c.signed(stun.MethodRefresh)
		_ = stun.Fingerprint.AddTo(m)
		return s.ask(c, m).wantsSuccess()
	})
}

// appendAfter adds an attribute behind the integrity, which does not cover it.
func appendAfter(m *stun.Message, a stun.Setter) *stun.Message {
	_ = a.AddTo(m)
	binary.BigEndian.PutUint16(m.Raw[2:], uint16(len(m.Raw)-headerSize))
	return m
}

// traits are what the server says of itself in a challenge.
type traits struct {
	known              bool
	cookie, wellFormed bool // its nonce begins with the nonce cookie
	bits               byte
	algorithms         []byte
}

// challenged asks, once, with a request that leaves room for all that the server wants to say.
func (s *session) challenged() traits {
	return s.traits.get(func() traits {
		via := s.via
		c, err := s.dial(via)
		if err != nil {
			return traits{}
		}
		defer c.close()
		for end := time.Now().Add(2 * patience); c.nonce == nil && time.Now().Before(end); {
			c.greet(room())
		}
		var t traits
		t.known = c.nonce != nil
		t.bits, t.cookie, t.wellFormed = features(c.nonce)
		t.algorithms = c.algorithms
		return t
	})
}
