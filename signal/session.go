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

// receive acts on one frame and reports whether it was within the budgets, of the
// session and of the address it came from. A frame that has a number is acted upon
// once, in turn. The link is nil if the frame came without one.
func (s *session) receive(l *link, from *address, data []byte) bool {
	s.turn.Lock()
	defer s.turn.Unlock()
	now := time.Now()
	if l != nil && s.queue.holder() != l || s.over.Load() {
		return true // the client will say it again where it is now
	}
	s.heard.Store(now.UnixNano())
	f, p := parse(data)
	s.queue.acknowledge(f.Ack)
	if again, outOfTurn := s.number(f); again {
		return true
	} else if outOfTurn != nil {
		p = outOfTurn
	}
	fits := s.purse.message(now) && from.message(now)
	switch {
	case !fits:
		p = &problem{tooManyCode, "too many frames; slow down"}
	case p == nil:
		p = s.handle(l, f, from, now)
	}
	if p != nil {
		s.fail(f.ID, p)
		if p.code == badFrame {
			s.countMalformed()
		}
	}
	if s.received.Load() >= s.told.Load()+ackEvery {
		received := s.received.Load()
		s.told.Store(received)
		s.command(ackFrame{"ack", received})
	}
	return fits
}

// number counts a frame in that has a number, and says if it has been received before.
func (s *session) number(f *frame) (again bool, p *problem) {
	if f.N == 0 || !s.welcomed || !s.resumable {
		return false, nil
	}
	switch received := s.received.Load(); {
	case f.N <= received:
		return true, nil
	case f.N > received+1:
		return false, &problem{badFrame, "the frame before this one is missing"}
	}
	s.received.Store(f.N)
	return false, nil
}

func (s *session) fail(re string, p *problem) {
	s.send(errorFrame{"error", re, p.code, p.message})
}

func (s *session) countMalformed() {
	if s.malformed++; s.malformed >= malformedLimit {
		s.end(closeMalformed, "three frames did not parse")
		s.server.hub.leaveAll(s)
	}
}

// handle acts on a frame that parsed.
func (s *session) handle(l *link, f *frame, from *address, now time.Time) *problem {
	if f.Type == "hello" {
		return s.hello(l, f, now)
	}
	if !s.welcomed {
		return &problem{helloFirst, "the first frame must be hello"}
	}
	h := s.server.hub
	if l != nil {
		h.confirm(s, l.serial)
	}
	switch f.Type {
	case "ping":
		s.command(pongFrame{"pong", f.ID, now.UnixMilli()})
		return nil
	case "ack":
		return nil
	case "bye":
		s.end(closeNormal, "goodbye")
		h.leaveAll(s)
		return nil
	case "token":
		return s.renew(f, now)
	case "report":
		return h.report(s, f)
	case "test":
		return s.beginTest(f, from, now)
	case "test-end":
		return h.testEnd(s)
	case "join":
		if !s.purse.join(now) || !from.join(now) || !s.owner.mayJoin(now) {
			return &problem{tooManyCode, "too many joins; slow down"}
		}
		if p := s.grant.Load().mayJoin(*f.Room); p != nil {
			return p
		}
		return h.join(s, f)
	case "state":
		return h.state(s, f)
	case "leave":
		return h.leave(s, f)
	case "lock", "unlock":
		return h.lock(s, f)
	case "kick":
		return h.kick(s, f)
	case "room-state":
		return h.share(s, f, now)
	case "invite":
		if !s.purse.invite(now) || !from.invite(now) || !s.owner.mayInvite(now) {
			return &problem{tooManyCode, "too many invitations; slow down"}
		}
		if p := s.grant.Load().mayCall(); p != nil {
			return p
		}
		return h.invite(s, f)
	case "ringing":
		return h.ringing(s, f)
	case "accept":
		return h.accept(s, f)
	case "decline", "cancel", "hangup":
		return h.hangUp(s, f)
	case "description":
		return h.description(s, f)
	case "candidate":
		return h.candidate(s, f, encode(candidateFrame{"candidate", s.id, f.Candidate}))
	case "end-of-candidates":
		return h.candidate(s, f, encode(endOfCandidatesFrame{"end-of-candidates", s.id}))
	}
	return &problem{unknownType, "there is no such type of frame"}
}

// hello makes the session known to others and welcomes it, or exchanges it for
// one that the client had before.
func (s *session) hello(l *link, f *frame, now time.Time) *problem {
	if s.welcomed || l == nil {
		return &problem{badFrame, "hello was said before"}
	}
	if f.Version != protocolVersion {
		s.fail(f.ID, &problem{wrongVersion, "this server speaks version 1"})
		s.end(closeRefused, "this server speaks version 1")
		return nil
	}
	if f.Resume != nil && *f.Resume != "" && l.resume(f.ID, *f.Resume, f.Ack, now) {
		return nil
	}
	if s.server.full(l.place.address) {
		s.fail(f.ID, &problem{tooManyCode, "the server is full; come back later"})
		s.end(closeFull, "the server is full")
		return nil
	}
	p, refused := s.introduce(f, now)
	if refused != nil || s.ended() {
		return refused
	}
	s.resumable = s.resumable || f.Resume != nil
	s.queue.number(s.resumable)
	ice := s.ice(now)
	if problem := s.server.hub.enter(s, p, encode(s.welcome(f.ID, ice, false, 0, now))); problem != nil {
		return problem
	}
	s.welcomed = true
	s.expiry.set(s.grant.Load().expires, s.expire)
	l.greet(s, ice)
	s.server.log.Info("session opened", "client", l.place.client, "user", s.user)
	return nil
}

// welcome is what a client hears at first, and again when its session is resumed
// by the serial-th connection.
func (s *session) welcome(re string, ice ICE, resumed bool, serial uint64, now time.Time) welcomeFrame {
	limits := s.server.limits
	w := welcomeFrame{
		Type:    "welcome",
		Re:      re,
		Version: protocolVersion,
		Session: s.id,
		Name:    s.name,
		User:    s.user,
		Time:    now.UnixMilli(),
		Limits: clientLimits{
			Frame:         frameLimit,
			Rooms:         limits.Rooms,
			RoomMembers:   limits.RoomMembers,
			InviteTimeout: int64(limits.InviteTimeout / time.Second),
		},
		ICE: ice,
	}
	if s.resumable {
		info := s.server.tokens.issue(s, serial, now)
		w.Resumed, w.Ack, w.Resume = &resumed, s.received.Load(), &info
	}
	return w
}
