package turnserver

import (
	"sync"
	"time"
)

// seldomTime is how often something is said that happens all the time.
const seldomTime = time.Minute

// seldom bounds a log line: it is said at once, and then once a minute at most.
type seldom struct {
	mu     sync.Mutex
	last   time.Time
	unsaid int
}

// say tells whether it is time, and how often it has not been said since the last time.
func (s *seldom) say(now time.Time) (unsaid int, yes bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.last.IsZero() && now.Sub(s.last) < seldomTime {
		s.unsaid++
		return 0, false
	}
	unsaid, s.unsaid, s.last = s.unsaid, 0, now
	return unsaid, true
}
