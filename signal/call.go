package signal

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Why a call ended; reasonGone is another.
const (
	reasonDeclined    = "declined"
	reasonBusy        = "busy"
	reasonCancelled   = "cancelled"
	reasonTimeout     = "timeout"
	reasonUnavailable = "unavailable"
	reasonElsewhere   = "answered-elsewhere"
	reasonHangUp      = "hangup"
)

// call is pending while it rings, and accepted once it has a callee. It is
// known to the hub, and to each session that takes part, until it ends.
type call struct {
	id      string
	name    string // of who is called
	caller  *session
	ringing []*session // at which it rings
	callee  *session   // who accepted
	heard   bool       // the caller has been told that it rings
	timer   *time.Timer
}

// others are those who take part, but one.
func (c *call) others(but *session) (others []*session) {
	for _, s := range append([]*session{c.caller, c.callee}, c.ringing...) {
		if s != nil && s != but {
			others = append(others, s)
		}
	}
	return others
}

// invite rings at every session of the one who is called. The caller hears
// calling first, also if there is nobody.
func (h *hub) invite(s *session, f *frame) *problem {
	name := strings.TrimSpace(*f.Name)
	if !printable(name, nameLimit) {
		return &problem{badName, "a name has 1 to 64 characters, none of them control characters"}
	}
	h.mu.Lock()
	defer h.unlock()
	if s.gone {
		return nil
	}
	if len(h.calls) >= h.limits.Calls || len(s.calls) >= h.limits.CallsPerSession {
		return &problem{tooManyCode, "too many calls; end another first"}
	}
	if crossed := h.crossed(s, name); crossed != nil {
		h.tell(s, callingFrame{"calling", f.ID, crossed.id, name})
		h.connect(crossed, s, "")
		return nil
	}
	c := &call{id: newCallID(), name: name, caller: s, ringing: h.names.online(name, s)}
	h.tell(s, callingFrame{"calling", f.ID, c.id, name})
	if reason := h.unreachable(c.ringing); reason != "" {
		h.tell(s, callEndedFrame{"call-ended", c.id, reason})
		return nil
	}
	h.calls[c.id] = c
	s.calls[c.id] = c
	h.ring(c, f.Media)
	h.timers.Add(1)
	c.timer = time.AfterFunc(h.limits.InviteTimeout, func() {
		defer h.timers.Done()
		h.expire(c)
	})
	return nil
}

// unreachable says why a call to these sessions would end at once.
func (h *hub) unreachable(sessions []*session) (reason string) {
	if len(sessions) == 0 {
		return reasonUnavailable
	}
	for _, s := range sessions {
		if len(s.calls) >= h.limits.CallsPerSession {
			return reasonBusy
		}
		for _, c := range s.calls {
			if c.callee != nil {
				return reasonBusy
			}
		}
	}
	return ""
}

func (h *hub) ring(c *call, media json.RawMessage) {
	frame := encode(ringFrame{"ring", c.id, peerInfo{c.caller.id, c.caller.name}, media})
	for _, s := range c.ringing {
		s.calls[c.id] = c
		h.pass(s, frame)
	}
}

// ringing passes on that the call was seen; the caller hears it once.
func (h *hub) ringing(s *session, f *frame) *problem {
	h.mu.Lock()
	defer h.unlock()
	c := s.calls[f.Call]
	if c == nil || c.caller == s {
		return errNoSuchCall
	}
	if !c.heard && c.callee == nil {
		c.heard = true
		h.tell(c.caller, ringingFrame{"ringing", c.id})
	}
	return nil
}

// accept joins caller and callee; the other devices hear that it rings no more.
func (h *hub) accept(s *session, f *frame) *problem {
	h.mu.Lock()
	defer h.unlock()
	c := s.calls[f.Call]
	if c == nil || c.caller == s || c.callee != nil {
		return errNoSuchCall
	}
	h.connect(c, s, f.ID)
	return nil
}

// connect has a call accepted by s.
func (h *hub) connect(c *call, s *session, re string) {
	h.stopTimer(c)
	devices := c.ringing
	if !h.related(s, c.caller) {
		h.met(s, c.caller)
	}
	c.callee, c.ringing = s, nil
	for _, device := range devices {
		if device != s {
			delete(device.calls, c.id)
			h.tell(device, callEndedFrame{"call-ended", c.id, reasonElsewhere})
		}
	}
	h.tell(s, acceptedFrame{"accepted", re, c.id, peerInfo{c.caller.id, c.caller.name}, polite(s, c.caller)})
	h.tell(c.caller, acceptedFrame{"accepted", "", c.id, peerInfo{s.id, s.name}, polite(c.caller, s)})
}

// crossed is the call by which who is about to be called is calling s: two who
// want to speak to each other need not both be asked.
func (h *hub) crossed(s *session, name string) *call {
	for _, c := range s.calls {
		if c.callee == nil && c.caller != s && c.caller.name == name {
			return c
		}
	}
	return nil
}

// hangUp ends a call. Whether it is declined, cancelled or hung up is decided
// by how far it had come here: the two sides may have crossed on the wire.
func (h *hub) hangUp(s *session, f *frame) *problem {
	h.mu.Lock()
	defer h.unlock()
	c := s.calls[f.Call]
	switch {
	case c == nil:
		return errNoSuchCall
	case c.callee != nil:
		h.endCall(c, s, reasonHangUp)
	case c.caller == s:
		h.endCall(c, s, reasonCancelled)
	case f.Type == "decline" && f.Reason == reasonBusy:
		h.endCall(c, s, reasonBusy)
	default:
		h.endCall(c, s, reasonDeclined)
	}
	return nil
}

// leaveCall takes a session that is gone out of a call. It ends, unless it
// still rings elsewhere.
func (h *hub) leaveCall(s *session, c *call) {
	if c.callee == nil && c.caller != s && len(c.ringing) > 1 {
		delete(s.calls, c.id)
		c.ringing = slices.DeleteFunc(c.ringing, func(device *session) bool { return device == s })
		return
	}
	h.endCall(c, s, reasonGone)
}

// expire ends a call that nobody accepted.
func (h *hub) expire(c *call) {
	h.mu.Lock()
	defer h.unlock()
	if h.calls[c.id] == c && c.callee == nil {
		h.endCall(c, nil, reasonTimeout)
	}
}

// endCall tells everybody but the one who ended it.
func (h *hub) endCall(c *call, by *session, reason string) {
	h.stopTimer(c)
	delete(h.calls, c.id)
	for _, s := range c.others(nil) {
		delete(s.calls, c.id)
	}
	if c.callee != nil {
		h.part(c.caller, c.callee)
	}
	frame := encode(callEndedFrame{"call-ended", c.id, reason})
	for _, s := range c.others(by) {
		h.pass(s, frame)
	}
}

func (h *hub) stopTimer(c *call) {
	if c.timer.Stop() {
		h.timers.Done()
	}
}

var errNoSuchCall = &problem{noSuchCall, "the call has ended, or you have no part in it"}
