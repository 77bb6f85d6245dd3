package signal

import (
	"math/rand/v2"
	"time"
)

// move is where clients are told to go, and within which time; nowhere if to is empty.
type move struct {
	to     string
	spread time.Duration
}

// Move tells every session, and each that begins from now on, to go to another server, https://host, once it is in no
// room and no call: each after a while of its own within spread, so that they do not all come at once. An empty to takes
// that back.
func (s *Server) Move(to string, spread time.Duration) {
	h := s.hub
	h.mu.Lock()
	defer h.unlock()
	if h.going.to == "" && to == "" {
		return
	}
	h.going = move{to, spread}
	for _, s := range h.sessions {
		h.tell(s, h.going.frame())
	}
}

func (m move) frame() moveFrame {
	f := moveFrame{Type: "move", To: m.to}
	if m.to != "" {
		f.After = rand.Int64N(m.spread.Milliseconds() + 1)
	}
	return f
}
