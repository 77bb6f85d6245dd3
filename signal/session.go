package signal

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// protocolVersion is that of PROTOCOL.md.
const protocolVersion = 1

// session is one client: who it is, where it takes part, and what waits to be
// sent to it. A link carries it; if it can be resumed, another may carry on.
type session struct {
	id     string
	user   string // of the relay
	server *Server
	queue  *queue
	purse  purse

	received  atomic.Uint64 // the number of the newest frame of the client
	told      atomic.Uint64 // the newest that the client knows to be received
	confirmed atomic.Uint64 // the serial of the newest token that the client has used
	heard     atomic.Int64  // when the client last said anything, Unix time in nanoseconds
	over      atomic.Bool   // ended for good, whatever becomes of its link

	// turn is held while a frame of the client is acted upon: an old link may still
	// read when the next one does. It guards the following.
	turn      sync.Mutex
	welcomed  bool
	malformed int

	// These are set before the hub knows the session and never change.
	name      string
	resumable bool

	grant  atomic.Pointer[grant] // what it may do; set by hello, and again by token
	expiry expiry                // of the grant
	owner  *user                 // whose token it is, and whose budgets; nil: nobody's

	// Guarded by hub.mu:
	link   *link       // nil while the session is away
	place  *place      // of the newest link
	serial uint64      // of the newest resume token
	oldest uint64      // the serial of the oldest that is still good
	away   bool        // no link carries it, but one may yet
	timer  *time.Timer // of how long it may stay away
	person *person
	rooms  map[string]*room
	calls  map[string]*call
	held   int // bytes of candidates that wait for their descriptions
	test   *test
	gone   bool
}

// newSession is what a link begins with.
func newSession(l *link) *session {
	s := &session{
		id:     newSessionID(),
		user:   guest(),
		server: l.server,
		queue:  newQueue(l.place.address),
		purse:  purse{rates: &l.server.limits.PerSession},
		link:   l,
		place:  l.place,
		rooms:  make(map[string]*room),
		calls:  make(map[string]*call),
	}
	s.queue.owner = l
	return s
}

// end ends the session for good, and with it the link that carries it: what is
// queued is still sent, then a close frame. It is safe to call from any goroutine,
// under any lock. Who ends a session that may be away calls hub.leaveAll as well.
func (s *session) end(code int, reason string) {
	s.over.Store(true)
	s.queue.close(false)
	if l := s.queue.holder(); l != nil {
		l.end(code, reason)
	}
}

func (s *session) ended() bool { return s.over.Load() }

// client is where the session comes from, for the log and for who meets it. Callers
// hold hub.mu, or are of the only link there is.
func (s *session) client() netip.Addr { return s.place.client }

// send queues a frame for this session alone.
func (s *session) send(v any) {
	if !s.push(encode(v)) {
		s.server.hub.tooSlow(s)
	}
}

// command queues a frame that makes no sense on a later connection.
func (s *session) command(v any) { s.queue.command(encode(v)) }

// push queues a frame and reports whether the client is fast enough. One that is not
// loses its connection; if the session can be resumed, the frame still waits for that.
func (s *session) push(frame []byte) bool {
	if s.queue.push(frame) {
		return true
	}
	const reason = "too slow: the queue is full"
	l := s.queue.holder()
	if s.resumable && s.queue.pause(l) {
		l.end(closeSlow, reason)
		if s.queue.push(frame) {
			return false
		}
	}
	s.over.Store(true)
	s.queue.close(true)
	if l != nil {
		l.end(closeSlow, reason)
	}
	return false
}
