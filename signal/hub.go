package signal

import (
	"net/netip"
	"sync"
)

// hub knows who is where. All it does is a look-up and a few non-blocking
// sends under one lock. The order in which it queues frames for a client is
// the order in which things happened.
type hub struct {
	limits   Limits
	onMet    func(user, other string, addr netip.Addr)
	onParted func(user, other string, addr netip.Addr)
	watch    watch
	timers   sync.WaitGroup // one for each timer that takes the lock
	tally    tally

	mu       sync.Mutex          // guards the following, and the fields of sessions that say so
	sessions map[string]*session // by id
	rooms    map[string]*room    // by name
	calls    map[string]*call    // by id
	names    names
	mail     map[route]*mailbox
	held     int               // bytes in mail
	reported map[pair][]string // the outcomes that were counted
	tests    int               // that are going on
	going    move              // where they are told to go
	closed   bool
	slow     []*session // whose queue was full; taken for away or gone by unlock
}

func newHub(limits Limits, cfg Config) *hub {
	return &hub{
		limits:   limits,
		onMet:    cfg.Met,
		onParted: cfg.Parted,
		watch:    cfg.Watch,
		sessions: make(map[string]*session),
		rooms:    make(map[string]*room),
		calls:    make(map[string]*call),
		names:    newNames(limits.Sessions),
		mail:     make(map[route]*mailbox),
		reported: make(map[pair][]string),
	}
}

// unlock takes those who turned out too slow for away, or for gone if that is
// no way out, and then unlocks. Hearing of it may be too much for others; each is
// away once and gone once, so it ends.
func (h *hub) unlock() {
	for len(h.slow) > 0 {
		s := h.slow[0]
		h.slow = h.slow[1:]
		switch {
		case s.gone:
		case s.ended():
			h.leaveAllLocked(s)
		default:
			h.awayLocked(s)
		}
	}
	h.slow = nil
	h.mu.Unlock()
}

// tell queues a frame without waiting. Callers hold h.mu.
func (h *hub) tell(s *session, v any) { h.pass(s, encode(v)) }

func (h *hub) pass(s *session, frame []byte) {
	if !s.push(frame) {
		h.slow = append(h.slow, s)
	}
}

// tooSlow says that a session's queue was full.
func (h *hub) tooSlow(s *session) {
	h.mu.Lock()
	defer h.unlock()
	h.slow = append(h.slow, s)
}

// enter makes a session known and queues its welcome.
func (h *hub) enter(s *session, p proof, welcome []byte) *problem {
	h.mu.Lock()
	defer h.unlock()
	if problem := h.names.claim(s, p); problem != nil {
		return problem
	}
	h.sessions[s.id] = s
	s.place.hold()
	s.queue.command(welcome)
	if h.going.to != "" {
		h.tell(s, h.going.frame())
	}
	return nil
}

// drop takes a session out of everything if l is still its link.
func (h *hub) drop(s *session, l *link) {
	h.mu.Lock()
	defer h.unlock()
	if s.link == l {
		h.leaveAllLocked(s)
	}
}

// leaveAll takes a session out of everything. Later calls do nothing.
func (h *hub) leaveAll(s *session) {
	h.mu.Lock()
	defer h.unlock()
	h.leaveAllLocked(s)
}

func (h *hub) leaveAllLocked(s *session) {
	if s.gone {
		return
	}
	known := h.sessions[s.id] == s
	if s.away {
		h.back(s)
	}
	h.endTest(s)
	s.gone, s.link = true, nil
	s.over.Store(true)
	s.queue.close(false)
	delete(h.sessions, s.id)
	for _, r := range s.rooms {
		h.leaveRoom(s, r, reasonGone)
	}
	for _, c := range s.calls {
		h.leaveCall(s, c)
	}
	h.names.release(s)
	s.expiry.stop()
	if known {
		s.place.release()
	}
}

// close takes out those who are away, and lets nobody else be.
func (h *hub) close() {
	h.mu.Lock()
	defer h.unlock()
	h.closed = true
	for _, s := range h.sessions {
		if s.away {
			h.leaveAllLocked(s)
		}
	}
}

// related tells whether two sessions may address each other.
func (h *hub) related(a, b *session) bool {
	for name, r := range a.rooms {
		if b.rooms[name] == r {
			return true
		}
	}
	for id, c := range a.calls {
		if c.callee != nil && b.calls[id] == c {
			return true
		}
	}
	return false
}

// polite is the role of s towards the other: of a pair, who has the smaller id
// gives way. So both roles are the same wherever the two meet.
func polite(s, other *session) bool { return s.id < other.id }
