package conformance

import (
	"fmt"
	"time"

	"github.com/pion/stun/v3"
)

func (t *table) refresh() {
	t.add("refresh", "8.2", Must, "a Refresh is granted, and tells LIFETIME", func(s *session) Verdict {
		r := s.call(s.allocated(), stun.MethodRefresh)
		left, ok := r.uint32(stun.AttrLifetime)
		return firstOf(r.wantsSuccess(), when(ok && left > 0, "LIFETIME %d", left))
	})
	t.add("refresh-delete", "8.2", Must, "a Refresh with LIFETIME 0 deletes the allocation", func(s *session) Verdict {
		c := s.allocated()
		r := s.call(c, stun.MethodRefresh, lifetime(0))
		left, ok := r.uint32(stun.AttrLifetime)
		if !r.success() || !ok || left != 0 {
			return firstOf(r.wantsSuccess(), failf("LIFETIME %d", left))
		}
		return s.deleted(c)
	})
	t.add("refresh-again", "8.2", Must, "the 5-tuple of a deleted allocation is free for another", func(s *session) Verdict {
		c := s.allocated()
		s.call(c, stun.MethodRefresh, lifetime(0))
		if v := s.deleted(c); v.Outcome == Fail {
			return v
		}
		return s.tryAllocate(c).wantsSuccess()
	})
	for _, m := range []struct {
		id     string
		method stun.Method
		attrs  []stun.Setter
	}{
		{"437-refresh", stun.MethodRefresh, nil},
		{"437-permission", stun.MethodCreatePermission, []stun.Setter{peerAddress(farIPv4)}},
		{"437-channel", stun.MethodChannelBind, []stun.Setter{channelNumber(0x4000), peerAddress(farIPv4)}},
	} {
		t.add(m.id, "5", Must, fmt.Sprintf("%s without an allocation is answered 437", m.method), func(s *session) Verdict {
			return s.call(s.greeted(), m.method, m.attrs...).wants(437)
		})
	}
	t.add("no-allocation-send", "5", Must, "a Send indication without an allocation is dropped", func(s *session) Verdict {
		return s.silent(s.datagrams(), indication(stun.MethodSend, peerAddress(farIPv4), data("to nobody")).Raw)
	})
	t.add("no-allocation-channel", "5", Must, "ChannelData without an allocation is dropped", func(s *session) Verdict {
		return s.silent(s.datagrams(), channelData(0x4000, "to nobody", false))
	})
	t.add("441-refresh", "5", Must, "a Refresh by another user is answered 441", func(s *session) Verdict {
		other := s.otherUser()
		c := s.allocated()
		mine := c.user
		c.user = other
		r := s.call(c, stun.MethodRefresh, lifetime(0))
		c.user = mine
		return firstOf(r.wants(441), s.call(c, stun.MethodRefresh).wantsSuccess())
	})
	t.add("441-permission", "5", Must, "CreatePermission by another user is answered 441", func(s *session) Verdict {
		other := s.otherUser()
		c := s.allocated()
		mine := c.user
		c.user = other
		r := s.call(c, stun.MethodCreatePermission, peerAddress(c.relayed[0]))
		c.user = mine
		return r.wants(441)
	})
}

// deleted tells whether an allocation is gone; some servers take a moment. It is asked for a permission, which refreshes nothing.
func (s *session) deleted(c *client) Verdict {
	for i := range 4 {
		r := s.call(c, stun.MethodCreatePermission, peerAddress(c.relayed[0]))
		if !r.success() && r.code() != 403 {
			c.relayed = nil
			if i > 0 {
				return lenientf("only %d s later", i)
			}
			return pass
		}
		s.sleep(time.Second)
	}
	return failf("it is still there")
}
