package turn

import (
	"time"

	"github.com/pion/stun/v3"
)

const (
	// answerLifetime is how long a client may retransmit (RFC 8489 §6.3.1).
	answerLifetime = 40 * time.Second
	// maxAnswers bounds the memory of a shard; when it is full the oldest is forgotten, and a late retransmission of it is processed anew.
	maxAnswers = 1 << 14
)

// answers remembers the responses to authenticated requests, so that a request acts once.
type answers struct {
	byKey map[transaction]answer
	queue []transaction // in the order of their time
	head  int
}

type transaction struct {
	client FiveTuple
	id     [stun.TransactionIDSize]byte
}

type answer struct {
	data []byte
	at   time.Time
}

func newAnswers() answers { return answers{byKey: make(map[transaction]answer)} }

func (s *answers) get(client FiveTuple, id [stun.TransactionIDSize]byte, now time.Time) ([]byte, bool) {
	if len(s.byKey) == 0 {
		return nil, false
	}
	a, ok := s.byKey[transaction{client, id}]
	return a.data, ok && now.Sub(a.at) < answerLifetime
}

func (s *answers) put(client FiveTuple, id [stun.TransactionIDSize]byte, data []byte, now time.Time) {
	key := transaction{client, id}
	if _, known := s.byKey[key]; known {
		return // its time has passed, and the sweep will come for it
	}
	if len(s.queue)-s.head >= maxAnswers {
		s.dropOldest()
	}
	s.byKey[key] = answer{append([]byte(nil), data...), now}
	s.queue = append(s.queue, key)
}

func (s *answers) expire(now time.Time) {
	for s.head < len(s.queue) && now.Sub(s.byKey[s.queue[s.head]].at) >= answerLifetime {
		s.dropOldest()
	}
}

func (s *answers) dropOldest() {
	delete(s.byKey, s.queue[s.head])
	s.head++
	if s.head == len(s.queue) {
		*s = newAnswers() // a map never gives its memory back
	} else if s.head > maxAnswers {
		s.queue = append([]transaction(nil), s.queue[s.head:]...)
		s.head = 0
	}
}
