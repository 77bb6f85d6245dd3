package signal

import "encoding/json"

// Why a member left its room.
const (
	reasonLeft   = "left"
	reasonGone   = "gone"
	reasonKicked = "kicked"
)

// room is where sessions meet. It exists while it has members.
type room struct {
	name    string
	members []*member       // in the order in which they came
	owner   *session        // who made it, or after that has left, who is there longest
	secret  *[32]byte       // the hash of what must be shown; nil: nothing
	limit   int             // of members
	locked  bool            // nobody comes in any more
	kicked  map[string]bool // sessions that may not come back
	shared  map[string]*shared
}

type member struct {
	session *session
	state   json.RawMessage
}

func (r *room) find(s *session) *member {
	for _, m := range r.members {
		if m.session == s {
			return m
		}
	}
	return nil
}

// info shows m to who reads it.
func (m *member) info(reader *session) memberInfo {
	return memberInfo{
		Session: m.session.id,
		Name:    m.session.name,
		State:   m.state,
		Polite:  polite(reader, m.session),
		Away:    m.session.away,
	}
}

// join answers with everybody who is there. Who is there already hears it
// again, and its new state, if it gave one, is shown.
func (h *hub) join(s *session, f *frame) *problem {
	name := *f.Room
	if !printable(name, roomNameLimit) {
		return &problem{badName, "a room name has 1 to 128 characters, none of them control characters"}
	}
	secret := hashed(f.Secret)
	h.mu.Lock()
	defer h.unlock()
	if s.gone {
		return nil
	}
	r := h.rooms[name]
	if s.rooms[name] == nil {
		// Whether a room is there is the business of those who know its secret.
		if r == nil && f.Existing || r != nil && !r.opens(secret) {
			return &problem{noSuchRoom, "there is no such room, or it has another secret"}
		}
		if len(s.rooms) >= h.limits.Rooms {
			return &problem{tooManyRooms, "leave another room first"}
		}
		if r == nil {
			r = h.newRoom(s, f, secret)
		}
		if p := r.admit(s); p != nil {
			return p
		}
	}

	members := make([]memberInfo, 0, len(r.members))
	for _, m := range r.members {
		if m.session == s {
			continue
		}
		members = append(members, m.info(s))
		if !h.related(s, m.session) {
			h.met(s, m.session)
		}
	}
	h.tell(s, joinedFrame{
		Type: "joined", Re: f.ID, Room: name, Owner: r.owner.id, Locked: r.locked, Limit: r.limit,
		Members: members, Shared: r.sharedInfos(),
	})

	if s.rooms[name] != nil {
		if f.State != nil {
			h.setState(r, s, f.State)
		}
		return nil
	}
	m := &member{session: s, state: f.State}
	for _, other := range r.members {
		h.tell(other.session, memberJoinedFrame{"member-joined", name, m.info(other.session)})
	}
	r.members = append(r.members, m)
	h.rooms[name] = r
	s.rooms[name] = r
	return nil
}

func (h *hub) state(s *session, f *frame) *problem {
	h.mu.Lock()
	defer h.unlock()
	r := s.rooms[*f.Room]
	if r == nil {
		return &problem{notInRoom, "join the room first"}
	}
	h.setState(r, s, f.State)
	return nil
}

func (h *hub) setState(r *room, s *session, state json.RawMessage) {
	r.find(s).state = state
	h.tellOthers(r, s, memberStateFrame{"member-state", r.name, s.id, state})
}

func (h *hub) leave(s *session, f *frame) *problem {
	h.mu.Lock()
	defer h.unlock()
	r := s.rooms[*f.Room]
	if r == nil {
		return &problem{notInRoom, "the room was not joined"}
	}
	h.leaveRoom(s, r, reasonLeft)
	h.tell(s, leftFrame{"left", f.ID, r.name})
	return nil
}

// leaveRoom takes s out of the room, and the room away after the last one.
func (h *hub) leaveRoom(s *session, r *room, reason string) {
	delete(s.rooms, r.name)
	for i, m := range r.members {
		if m.session == s {
			r.members = append(r.members[:i:i], r.members[i+1:]...)
			break
		}
	}
	if len(r.members) == 0 {
		delete(h.rooms, r.name)
		h.forgetShared(r)
		return
	}
	for _, m := range r.members {
		h.part(s, m.session)
	}
	frame := memberLeftFrame{Type: "member-left", Room: r.name, Session: s.id, Reason: reason}
	if r.owner == s {
		r.owner = r.members[0].session
		frame.Owner = r.owner.id
	}
	h.tellOthers(r, s, frame)
}

func (h *hub) tellOthers(r *room, s *session, v any) {
	frame := encode(v)
	for _, m := range r.members {
		if m.session != s {
			h.pass(m.session, frame)
		}
	}
}
