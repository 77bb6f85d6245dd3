package signal

import "time"

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
