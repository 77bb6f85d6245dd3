package signal

import (
	"crypto/sha256"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// protocolVersion is that of PROTOCOL.md.
const protocolVersion = 1

// session is one client: who it is, where it takes part, and what waits to be
// sent to it. How its frames travel is the transport's business.
type session struct {
	id        string
	user      string     // of the relay
	client    netip.Addr // for the log
	server    *Server
	address   *address
	transport transport
	queue     *queue
	purse     purse
	greeted   chan ICE      // what welcome said, for the pump to renew; holds one
	done      chan struct{} // closed by end

	once   sync.Once // guards the following, to be read once done is closed
	code   int
	reason string
	by     time.Time // when the connection is cut

	// Of the reading goroutine:
	welcomed  bool
	malformed int

	// name is set before the hub knows the session and never changes.
	name string

	// Guarded by hub.mu:
	person *person
	rooms  map[string]*room
	calls  map[string]*call
	gone   bool
}

func newSession(server *Server, client netip.Addr, address *address, t transport) *session {
	return &session{
		id:        newSessionID(),
		user:      guest(),
		client:    client,
		server:    server,
		address:   address,
		transport: t,
		queue:     newQueue(),
		purse:     purse{rates: &server.limits.PerSession},
		greeted:   make(chan ICE, 1),
		done:      make(chan struct{}),
		rooms:     make(map[string]*room),
		calls:     make(map[string]*call),
	}
}

// end begins the end of the session: what is queued is still sent (unless it
// was too slow), then a close frame. It is safe to call from any goroutine,
// under any lock; the first caller's code counts.
func (s *session) end(code int, reason string) {
	s.once.Do(func() {
		timeout := closeTimeout
		if code == closeGoingAway {
			timeout = awayTimeout
		}
		s.code, s.reason, s.by = code, reason, time.Now().Add(timeout)
		s.queue.close(code == closeSlow)
		close(s.done)
		s.transport.hurry(s.by)
	})
}

func (s *session) ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// send queues a frame for this session alone, and ends it if it is too slow.
func (s *session) send(v any) {
	s.push(encode(v))
}

func (s *session) push(frame []byte) bool {
	if s.queue.push(frame) {
		return true
	}
	s.end(closeSlow, "too slow: the queue is full")
	return false
}

// receive takes one frame. Only the reading goroutine calls it.
func (s *session) receive(data []byte) {
	now := time.Now()
	if !s.purse.message(now) || !s.address.message(now) {
		s.fail("", &problem{tooManyCode, "too many frames; slow down"})
		s.pause()
		return
	}
	f, p := parse(data)
	if p == nil {
		p = s.handle(f, now)
	}
	if p == nil {
		return
	}
	s.fail(f.ID, p)
	if p.code == badFrame {
		s.countMalformed()
	}
}

// mayInterrupt takes a ping or a pong from the budget of messages.
func (s *session) mayInterrupt() bool {
	if s.purse.message(time.Now()) {
		return true
	}
	s.pause()
	return false
}

// pause makes whoever is over budget wait, so that refusing costs little.
func (s *session) pause() {
	timer := time.NewTimer(overPause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.done:
	}
}

func (s *session) fail(re string, p *problem) {
	s.send(errorFrame{"error", re, p.code, p.message})
}

func (s *session) countMalformed() {
	if s.malformed++; s.malformed >= malformedLimit {
		s.end(closeMalformed, "three frames did not parse")
	}
}

// handle acts on a frame that parsed.
func (s *session) handle(f *frame, now time.Time) *problem {
	if f.Type == "hello" {
		return s.hello(f, now)
	}
	if !s.welcomed {
		return &problem{helloFirst, "the first frame must be hello"}
	}
	h := s.server.hub
	switch f.Type {
	case "ping":
		s.send(pongFrame{"pong", f.ID, now.UnixMilli()})
		return nil
	case "join":
		if !s.purse.join(now) || !s.address.join(now) {
			return &problem{tooManyCode, "too many joins; slow down"}
		}
		return h.join(s, f)
	case "state":
		return h.state(s, f)
	case "leave":
		return h.leave(s, f)
	case "invite":
		if !s.purse.invite(now) || !s.address.invite(now) {
			return &problem{tooManyCode, "too many invitations; slow down"}
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

// hello makes the session known to others, and welcomes it.
func (s *session) hello(f *frame, now time.Time) *problem {
	if s.welcomed {
		return &problem{badFrame, "hello was said before"}
	}
	if f.Version != protocolVersion {
		s.fail(f.ID, &problem{wrongVersion, "this server speaks version 1"})
		s.end(closeRefused, "this server speaks version 1")
		return nil
	}
	s.name = "" // an earlier hello may have been refused
	if f.Name != nil && *f.Name != "" {
		s.name = strings.TrimSpace(*f.Name)
		if !printable(s.name, nameLimit) {
			return &problem{badName, "a name has 1 to 64 characters, none of them control characters"}
		}
	}
	var p proof
	if f.Key != "" {
		p = proof{sum: sha256.Sum256([]byte(f.Key)), kept: true}
	}

	ice := s.server.ice(s.user, now)
	limits := s.server.limits
	welcome := encode(welcomeFrame{
		Type:    "welcome",
		Re:      f.ID,
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
	})
	if problem := s.server.hub.enter(s, p, welcome); problem != nil {
		return problem
	}
	s.welcomed = true
	s.greeted <- ice
	s.server.log.Info("session opened", "client", s.client, "user", s.user)
	return nil
}
