package conformance

import (
	"time"

	"github.com/pion/stun/v3"
)

// defaultLifetime is that of an allocation (RFC 8656 §3.2).
const defaultLifetime = 600

func (t *table) lifetimes() {
	t.add("lifetime-default", "7.2", Should, "an allocation lives ten minutes if the client asks for nothing", func(s *session) Verdict {
		got, ok := s.allocate(s.client()).uint32(stun.AttrLifetime)
		return when(ok && got == defaultLifetime, "LIFETIME %d", got)
	})
	t.add("lifetime-longer", "7.2", Should, "an allocation lives longer if the client asks for that", func(s *session) Verdict {
		got, ok := s.allocate(s.client(), lifetime(1200)).uint32(stun.AttrLifetime)
		return when(ok && got == 1200, "LIFETIME %d for 1200", got)
	})
	t.add("lifetime-cap", "7.2", Should, "an allocation lives as long as the server lets it, an hour at most, if the client asks for more", func(s *session) Verdict {
		got, ok := s.allocate(s.client(), lifetime(1<<32-1)).uint32(stun.AttrLifetime)
		return firstOf(when(ok && got <= 3600, "LIFETIME %d", got), when(got > defaultLifetime, "LIFETIME %d, no longer than the default", got))
	})
	t.add("lifetime-floor", "7.2", Must, "an allocation never lives less than ten minutes", func(s *session) Verdict {
		got, ok := s.allocate(s.client(), lifetime(60)).uint32(stun.AttrLifetime)
		return when(ok && got >= defaultLifetime, "LIFETIME %d", got)
	})
	t.addSlow("lifetime-ends", "6", Must, "an allocation that is not refreshed ends, and not before its time", func(s *session) Verdict {
		c := s.client()
		got, ok := s.allocate(c).uint32(stun.AttrLifetime)
		if !ok || got > 700 {
			return notTriedf("its LIFETIME is %d", got)
		}
		p := s.allocated()
		s.permit(p, c.relayed[0])
		s.sleep(time.Duration(got-15) * time.Second)
		m := c.signed(stun.MethodCreatePermission, peerAddress(p.relayed[0])) // changes nothing of the lifetime
		if r := s.ask(c, m); r.code() == 437 {
			return failf("gone after %d of %d s", got-15, got)
		}
		s.sleep(40 * time.Second)
		return when(!s.call(c, stun.MethodRefresh).success(), "it can still be refreshed")
	})
}
