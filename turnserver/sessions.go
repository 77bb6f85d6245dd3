package turnserver

import (
	"cmp"
	"slices"
	"strings"

	"turnpike/turnserver/turn"
)

// piece is how many sessions are looked at while a shard holds still: some 20 microseconds.
const piece = 128

// Sessions are those that live, the oldest first, of users whose name contains what is given; at most limit, and how many there are in all. With more
// than limit it is left open which. The self-test's are left out.
func (s *Server) Sessions(user string, limit int) (list []turn.Live, total int) {
	each := func(live *turn.Live) {
		if live.User == s.selfTester || !strings.Contains(live.User, user) {
			return
		}
		if total++; len(list) < limit {
			list = append(list, *live)
		}
	}
	for _, sh := range s.shards {
		for place := sh.live(0, each); place > 0; {
			place = sh.live(place, each)
		}
	}
	slices.SortFunc(list, func(a, b turn.Live) int {
		return cmp.Or(a.Began.Compare(b.Began), a.Relay.Compare(b.Relay))
	})
	return list, total
}

func (sh *shard) live(place int, each func(*turn.Live)) (next int) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.core.Live(place, piece, each)
}

// Refusals are how many requests were refused since the start, by why.
func (s *Server) Refusals() map[turn.Refusal]uint64 {
	all := make(map[turn.Refusal]uint64)
	for _, sh := range s.shards {
		sh.mu.Lock()
		for r, n := range sh.core.Refusals() {
			all[r] += n
		}
		sh.mu.Unlock()
	}
	return all
}
