package signal

import "time"

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
