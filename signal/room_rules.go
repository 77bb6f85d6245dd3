package signal

import (
	"crypto/sha256"
	"crypto/subtle"
)

// newRoom is one that its first member makes as it likes.
func (h *hub) newRoom(s *session, f *frame, secret *[32]byte) *room {
	r := &room{name: *f.Room, owner: s, secret: secret, limit: h.limits.RoomMembers}
	if f.Limit > 0 {
		r.limit = min(r.limit, f.Limit)
	}
	return r
}

func hashed(secret string) *[32]byte {
	if secret == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(secret))
	return &sum
}

// opens tells whether who shows this secret may know of the room.
func (r *room) opens(secret *[32]byte) bool {
	if r.secret == nil {
		return true
	}
	return secret != nil && subtle.ConstantTimeCompare(r.secret[:], secret[:]) == 1
}

// admit says why a session may not come in.
func (r *room) admit(s *session) *problem {
	switch {
	case r.kicked[s.id]:
		return &problem{kickedOut, "you were asked to leave this room"}
	case r.locked && !s.moderates():
		return &problem{roomLocked, "the room is locked"}
	case len(r.members) >= r.limit:
		return &problem{roomFull, "the room is full"}
	}
	return nil
}

// moderates tells whether the session may moderate rooms that others have made.
func (s *session) moderates() bool {
	g := s.grant.Load()
	return g != nil && g.moderator
}

func (r *room) frame() roomFrame { return roomFrame{"room", r.name, r.owner.id, r.locked} }

// owned returns a room in which the session has the say.
func (h *hub) owned(s *session, f *frame) (*room, *problem) {
	r := s.rooms[*f.Room]
	if r == nil {
		return nil, &problem{notInRoom, "join the room first"}
	}
	if r.owner != s && !s.moderates() {
		return nil, &problem{notOwner, "only the owner of the room may do that"}
	}
	return r, nil
}

// lock lets nobody else into a room, or somebody again.
func (h *hub) lock(s *session, f *frame) *problem {
	h.mu.Lock()
	defer h.unlock()
	r, p := h.owned(s, f)
	if p != nil {
		return p
	}
	if locked := f.Type == "lock"; r.locked != locked {
		r.locked = locked
		h.tellOthers(r, nil, r.frame())
	}
	return nil
}

// kick makes a member leave. Its session does not come in again while the room
// exists, as far as the room remembers.
func (h *hub) kick(s *session, f *frame) *problem {
	h.mu.Lock()
	defer h.unlock()
	r, p := h.owned(s, f)
	if p != nil {
		return p
	}
	target := h.sessions[f.Session]
	if target == nil || target == s || r.find(target) == nil {
		return &problem{noSuchPeer, "nobody else with that session is in the room"}
	}
	if r.kicked == nil {
		r.kicked = make(map[string]bool)
	}
	if len(r.kicked) < kickedMost {
		r.kicked[target.id] = true
	}
	h.tell(target, kickedFrame{"kicked", r.name})
	h.leaveRoom(target, r, reasonKicked)
	return nil
}
