package signal

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// shared is an entry of a room's shared state.
type shared struct {
	value   json.RawMessage
	by      string // the session that set it
	expires time.Time
	timer   *time.Timer // nil: it lasts as long as the room
}

// checkRoomState makes a value of null the same as none.
func (f *frame) checkRoomState() *problem {
	switch {
	case f.Room == nil:
		return missing("room")
	case f.Entry == "" || utf8.RuneCountInString(f.Entry) > nameLimit:
		return &problem{badFrame, "the entry has 1 to 64 characters"}
	case len(f.Value) > smallLimit:
		return &problem{badFrame, "the value is larger than 1 KiB"}
	case f.TTL < 0 || f.TTL > int64(sharedMost/time.Second):
		return &problem{badFrame, "the ttl is no time of up to a day"}
	}
	if isNull(f.Value) {
		f.Value = nil
	}
	return nil
}

// share sets an entry of a room's shared state, or takes it away, and tells everybody
// there, also who did it: that is the order in which it holds.
func (h *hub) share(s *session, f *frame, now time.Time) *problem {
	h.mu.Lock()
	defer h.unlock()
	r := s.rooms[*f.Room]
	if r == nil {
		return &problem{notInRoom, "join the room first"}
	}
	if f.Value != nil && r.shared[f.Entry] == nil && len(r.shared) >= sharedEntries {
		return &problem{tooManyCode, "the room has 16 entries; take one away first"}
	}
	h.unshare(r, f.Entry)
	entry := &shared{value: f.Value, by: s.id}
	if f.Value != nil {
		if r.shared == nil {
			r.shared = make(map[string]*shared)
		}
		r.shared[f.Entry] = entry
		if f.TTL > 0 {
			h.expireShared(r, f.Entry, entry, time.Duration(f.TTL)*time.Second, now)
		}
	}
	h.tellOthers(r, nil, roomStateFrame{"room-state", r.name, entry.info(f.Entry)})
	return nil
}

func (h *hub) expireShared(r *room, name string, entry *shared, ttl time.Duration, now time.Time) {
	entry.expires = now.Add(ttl)
	h.timers.Add(1)
	entry.timer = time.AfterFunc(ttl, func() {
		defer h.timers.Done()
		h.mu.Lock()
		defer h.unlock()
		if r.shared[name] == entry {
			delete(r.shared, name)
			h.tellOthers(r, nil, roomStateFrame{"room-state", r.name, (&shared{}).info(name)})
		}
	})
}

// unshare takes an entry away.
func (h *hub) unshare(r *room, name string) {
	if entry := r.shared[name]; entry != nil && entry.timer != nil && entry.timer.Stop() {
		h.timers.Done()
	}
	delete(r.shared, name)
}

// forgetShared ends what a room that is gone has shared.
func (h *hub) forgetShared(r *room) {
	for name := range r.shared {
		h.unshare(r, name)
	}
}

func (e *shared) info(name string) sharedInfo {
	info := sharedInfo{Entry: name, Value: e.value, By: e.by}
	if e.value == nil {
		info.Value = json.RawMessage("null")
	}
	if !e.expires.IsZero() {
		info.Expires = e.expires.UnixMilli()
	}
	return info
}

// sharedInfos are the entries in order of their names.
func (r *room) sharedInfos() (infos []sharedInfo) {
	for name, entry := range r.shared {
		infos = append(infos, entry.info(name))
	}
	slices.SortFunc(infos, func(a, b sharedInfo) int { return strings.Compare(a.Entry, b.Entry) })
	return infos
}
