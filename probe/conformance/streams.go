package conformance

import (
	"bytes"
	"time"

	"github.com/pion/stun/v3"
)

func (t *table) streams() {
	t.add("stream-pieces", "6.2.2", Must, "over a stream, a request that comes in pieces is answered", func(s *session) Verdict {
		c := s.stream()
		m := request(stun.MethodBinding, room())
		for rest := m.Raw; len(rest) > 0; {
			n := min(len(rest), 17)
			c.send(rest[:n])
			rest = rest[n:]
			time.Sleep(5 * time.Millisecond)
		}
		return s.answered(c, m)
	})
	t.add("stream-together", "6.2.2", Must, "over a stream, two requests that come at once are both answered", func(s *session) Verdict {
		c := s.stream()
		a, b := request(stun.MethodBinding), request(stun.MethodBinding)
		c.send(bytes.Join([][]byte{a.Raw, b.Raw}, nil))
		return firstOf(s.answered(c, a), s.answered(c, b))
	})
	t.add("stream-mapped", "6.3.1.1", Must, "over a stream, XOR-MAPPED-ADDRESS is the connection's", func(s *session) Verdict {
		c := s.stream()
		return s.seenAs(s.ask(c, request(stun.MethodBinding)), c)
	})
	t.add("stream-long-frame", "6.2.2", Should, "a ChannelData frame of the greatest length neither stalls nor loses the stream", func(s *session) Verdict {
		c := s.stream()
		c.send(append([]byte{0x40, 0, 0xFF, 0xFF}, make([]byte, 0x10000)...))
		m := request(stun.MethodBinding)
		c.send(m.Raw)
		if s.answered(c, m).Outcome == Pass {
			return pass
		}
		return when(c.lost != nil, "the connection stays open, and answers nothing")
	})
}

// answered waits for the answer to what has been sent.
func (s *session) answered(c *client, m *stun.Message) Verdict {
	f, ok := c.await(time.Now().Add(patience), func(f frame) bool {
		return isResponse(f.data) && [12]byte(f.data[8:20]) == m.TransactionID
	})
	if !ok {
		s.unanswered = true
		return failf("no answer")
	}
	return parseResponse(f.data).wantsSuccess()
}
