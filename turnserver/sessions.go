package turnserver

import (
	"cmp"
	"slices"
	"strings"

	"turnpike/turnserver/turn"
)

// Sessions are those that live, the oldest first, of users whose name contains what is given; at most limit, and how many there are in all. With more
// than limit it is left open which. The self-test's are left out.
//
// A shard holds still while its sessions are looked through: some 30 ns for each, and some more for each that is taken.
func (s *Server) Sessions(user string, limit int) (list []turn.Live, total int) {
	for _, sh := range s.shards {
		sh.mu.Lock()
		sh.core.Live(func(live *turn.Live) bool {
			if live.User == s.selfTester || !strings.Contains(live.User, user) {
				return true
			}
			if total++; len(list) < limit {
				list = append(list, *live)
			}
			return true
		})
		sh.mu.Unlock()
	}
	slices.SortFunc(list, func(a, b turn.Live) int {
		return cmp.Or(a.Began.Compare(b.Began), a.Relay.Compare(b.Relay))
	})
	return list, total
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
