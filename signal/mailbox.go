package signal

// route is a direction: from one session to another.
type route struct{ from, to *session }

// mailbox holds the candidates that came before the description they belong
// to, at most heldCandidates and heldBytes; when it is full, the sender is told. It
// exists while the two share a room or a call.
type mailbox struct {
	described bool // a description has passed: nothing is held any more
	held      [][]byte
	bytes     int
}

func (h *hub) mailbox(from, to *session) *mailbox {
	r := route{from, to}
	box := h.mail[r]
	if box == nil {
		box = new(mailbox)
		h.mail[r] = box
	}
	return box
}

// part forgets what two sessions had for each other, if what they shared just
// now was the last thing they had in common.
func (h *hub) part(a, b *session) {
	if h.related(a, b) {
		return
	}
	delete(h.mail, route{a, b})
	delete(h.mail, route{b, a})
	delete(h.reported, newPair(a, b))
	h.parted(a, b)
}

// addressee finds who a frame is for. Strangers and the departed are the same
// to the sender.
func (h *hub) addressee(s *session, id string) (*session, *problem) {
	to := h.sessions[id]
	if to == nil || to == s || !h.related(s, to) {
		return nil, &problem{noSuchPeer, "nobody with that session shares a room or a call with you"}
	}
	return to, nil
}

// description passes on, and after it the candidates held for it.
func (h *hub) description(s *session, f *frame) *problem {
	frame := encode(descriptionFrame{"description", s.id, f.Description})
	h.mu.Lock()
	defer h.unlock()
	to, problem := h.addressee(s, f.To)
	if problem != nil {
		return problem
	}
	h.pass(to, frame)
	box := h.mailbox(s, to)
	for _, candidate := range box.held {
		h.pass(to, candidate)
	}
	*box = mailbox{described: true}
	return nil
}

// candidate passes on, or is held; so is the end of candidates.
func (h *hub) candidate(s *session, f *frame, frame []byte) *problem {
	h.mu.Lock()
	defer h.unlock()
	to, p := h.addressee(s, f.To)
	if p != nil {
		return p
	}
	box := h.mailbox(s, to)
	if box.described {
		h.pass(to, frame)
		return nil
	}
	if len(box.held) >= heldCandidates || box.bytes+len(frame) > heldBytes {
		return &problem{tooManyCode, "too many candidates before the description"}
	}
	box.held = append(box.held, frame)
	box.bytes += len(frame)
	return nil
}
