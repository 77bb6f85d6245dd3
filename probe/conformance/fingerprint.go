package conformance

import "github.com/pion/stun/v3"

func (t *table) fingerprint() {
	t.add("fingerprint-wrong", "6.3", Should, "a message with a wrong FINGERPRINT is dropped", func(s *session) Verdict {
		m := request(stun.MethodBinding, stun.Fingerprint)
		m.Raw[len(m.Raw)-1] ^= 1
		return s.silent(s.datagrams(), m.Raw)
	})
	t.add("fingerprint-accepted", "7", Must, "a request with a right FINGERPRINT is answered", func(s *session) Verdict {
		return s.ask(s.client(), request(stun.MethodBinding, stun.Fingerprint)).wantsSuccess()
	})
	t.add("fingerprint-right", "14.7", Must, "the FINGERPRINT of an answer is right, and last", func(s *session) Verdict {
		r := s.ask(s.client(), request(stun.MethodBinding, room(), stun.Fingerprint))
		if !r.success() {
			return r.wantsSuccess()
		}
		if !r.has(stun.AttrFingerprint) {
			return notTriedf("answers have none")
		}
		return firstOf(
			when(stun.Fingerprint.Check(&r.Message) == nil, "wrong"),
			when(r.Attributes[len(r.Attributes)-1].Type == stun.AttrFingerprint, "not last"),
		)
	})
}
