package signal

import (
	"slices"
	"sync"
)

// Counters count how connections between members ended up, as their clients
// report it, since the start. A pair of members counts once for each outcome.
type Counters struct {
	Direct  uint64            // no relay on the way
	Relayed map[string]uint64 // by how the one who reported reaches the relay: udp, tcp, tls
	Failed  map[string]uint64 // by why: see PROTOCOL.md
}

// What a report may say.
var (
	relayTransports = []string{"udp", "tcp", "tls"}
	failures        = []string{"no-candidates", "no-relay", "no-answer", "unreachable", "dtls", "lost", "unknown"}
)

const (
	outcomeDirect  = "direct"
	outcomeRelayed = "relayed"
	outcomeFailed  = "failed"
)

// tally is guarded by its lock. The keys of its maps are those of the lists above.
type tally struct {
	mu sync.Mutex
	c  Counters
}

func (t *tally) count(f *frame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch f.Outcome {
	case outcomeDirect:
		t.c.Direct++
	case outcomeRelayed:
		if t.c.Relayed == nil {
			t.c.Relayed = make(map[string]uint64)
		}
		t.c.Relayed[f.Transport]++
	case outcomeFailed:
		if t.c.Failed == nil {
			t.c.Failed = make(map[string]uint64)
		}
		t.c.Failed[f.Why]++
	}
}

// Counters returns what was counted so far, with every key.
func (s *Server) Counters() Counters {
	t := &s.hub.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	c := Counters{Direct: t.c.Direct, Relayed: make(map[string]uint64), Failed: make(map[string]uint64)}
	for _, key := range relayTransports {
		c.Relayed[key] = t.c.Relayed[key]
	}
	for _, key := range failures {
		c.Failed[key] = t.c.Failed[key]
	}
	return c
}

// checkReport keeps everything but the known words out.
func (f *frame) checkReport() *problem {
	switch {
	case f.To == "":
		return missing("to")
	case f.Outcome == outcomeDirect:
		return nil
	case f.Outcome == outcomeRelayed && !slices.Contains(relayTransports, f.Transport):
		return &problem{badFrame, "the transport must be udp, tcp or tls"}
	case f.Outcome == outcomeRelayed:
		return nil
	case f.Outcome != outcomeFailed:
		return &problem{badFrame, "the outcome must be direct, relayed or failed"}
	case !slices.Contains(failures, f.Why):
		f.Why = "unknown"
	}
	return nil
}

// pair is two sessions, the one with the smaller id first.
type pair struct{ a, b *session }

func newPair(a, b *session) pair {
	if a.id > b.id {
		a, b = b, a
	}
	return pair{a, b}
}

// report counts an outcome, once for each pair while it shares something.
func (h *hub) report(s *session, f *frame) *problem {
	h.mu.Lock()
	defer h.unlock()
	other, p := h.addressee(s, f.To)
	if p != nil {
		return p
	}
	of := newPair(s, other)
	if slices.Contains(h.reported[of], f.Outcome) {
		return nil
	}
	h.reported[of] = append(h.reported[of], f.Outcome)
	h.tally.count(f)
	return nil
}
