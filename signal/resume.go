package signal

import "time"

// away keeps a session whose link has ended for resumeWindow, if it can be
// resumed; otherwise it is gone.
func (h *hub) away(s *session, l *link) {
	h.mu.Lock()
	defer h.unlock()
	if s.link != l || s.gone {
		return
	}
	h.awayLocked(s)
}

func (h *hub) awayLocked(s *session) {
	if s.away {
		return
	}
	if !s.resumable || h.closed {
		h.leaveAllLocked(s)
		return
	}
	s.queue.pause(s.link) // unless it was too slow, and is paused already
	s.link = nil
	s.away = true
	s.place.server.detached.Add(1)
	s.place.address.detached.Add(1)
	h.tellPresence(s, "member-away")
	h.wait(s)
}

// wait lets the session go when its time is over.
func (h *hub) wait(s *session) {
	h.timers.Add(1)
	s.timer = time.AfterFunc(resumeWindow, func() {
		defer h.timers.Done()
		h.mu.Lock()
		defer h.unlock()
		if s.away {
			h.leaveAllLocked(s)
		}
	})
}

// back ends that a session is away. Callers hold h.mu.
func (h *hub) back(s *session) {
	s.away = false
	if s.timer.Stop() {
		h.timers.Done()
	}
	s.place.server.detached.Add(-1)
	s.place.address.detached.Add(-1)
}

// tellPresence tells everybody whom a session has something in common with:
// once for each room and for each accepted call.
func (h *hub) tellPresence(s *session, kind string) {
	for _, r := range s.rooms {
		h.tellOthers(r, s, presenceFrame{Type: kind, Room: r.name, Session: s.id})
	}
	for _, c := range s.calls {
		if c.callee == nil {
			continue
		}
		frame := encode(presenceFrame{Type: kind, Call: c.id, Session: s.id})
		for _, other := range c.others(s) {
			h.pass(other, frame)
		}
	}
}

// resume exchanges the link's session for the one that the token is of, and
// reports whether that is still to be had.
func (l *link) resume(re, text string, received uint64, now time.Time) bool {
	said, ok := l.server.tokens.read(text, now)
	if !ok {
		return false
	}
	before := l.server.hub.find(said.Session)
	if before == nil {
		return false
	}
	ice := before.ice(now)
	s := l.server.hub.resume(l, said, received, func(s *session) []byte {
		return encode(s.welcome(re, ice, true, l.serial, now))
	})
	if s == nil {
		return false
	}
	s.heard.Store(now.UnixNano())
	l.greet(s, ice)
	l.server.log.Info("session resumed", "client", l.place.client, "user", s.user)
	return true
}

// find returns a session by its id, or nil.
func (h *hub) find(id string) *session {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sessions[id]
}

// resume carries on a session over another link: says welcome and all that its client
// has not received. It returns nil if that session is not to be had any more.
func (h *hub) resume(l *link, said token, received uint64, welcome func(*session) []byte) *session {
	h.mu.Lock()
	defer h.unlock()
	s := h.sessions[said.Session]
	if s == nil || s.gone || !s.resumable || said.Serial < s.oldest || said.Serial > s.serial {
		return nil
	}
	l.serial = s.serial + 1
	if !s.queue.resume(l, received, welcome(s)) {
		h.leaveAllLocked(s) // what is missing cannot be made good
		return nil
	}
	// The token just used stays good until the client shows that it has the next.
	s.serial, s.oldest = l.serial, said.Serial
	former := s.link
	s.link = l
	if former != nil {
		former.end(closeSuperseded, "the session has another connection now")
	}
	wasAway := s.away
	if wasAway {
		h.back(s)
	}
	h.move(s, l.place)
	if wasAway {
		h.tellPresence(s, "member-back")
	}
	return s
}

// confirm drops the tokens before that of the link: its client has the new one.
func (h *hub) confirm(s *session, serial uint64) {
	if s.confirmed.Load() >= serial {
		return
	}
	h.mu.Lock()
	defer h.unlock()
	s.confirmed.Store(serial)
	s.oldest = max(s.oldest, serial)
}

// move counts a session at the place of its new link, and tells it to whom it
// has met if its client has another address now.
func (h *hub) move(s *session, to *place) {
	to.hold()
	from := s.place
	moved := from.client != to.client
	var others []*session
	if moved {
		others = h.relatives(s)
	}
	for _, other := range others {
		h.parted(s, other)
	}
	s.place = to
	for _, other := range others {
		h.met(s, other)
	}
	if moved && s.test != nil {
		h.watchTest(s)
	}
	from.release()
}

// relatives are those who share a room or an accepted call with s.
func (h *hub) relatives(s *session) (others []*session) {
	seen := map[*session]bool{s: true}
	add := func(other *session) {
		if !seen[other] {
			seen[other] = true
			others = append(others, other)
		}
	}
	for _, r := range s.rooms {
		for _, m := range r.members {
			add(m.session)
		}
	}
	for _, c := range s.calls {
		if c.callee != nil {
			for _, other := range c.others(s) {
				add(other)
			}
		}
	}
	return others
}
