package signal

import (
	"encoding/json"
	"hash/maphash"
	"slices"
	"strings"
)

// route is a direction: from one session to another.
type route struct{ from, to *session }

// mailbox holds the candidates that came before the description they belong
// to: at most heldCandidates, and heldBytes of one sender and heldMost in all; beyond
// that the sender is told. It exists while the two share a room or a call.
//
// Which candidates belong to which description is told by the user name fragment of
// ICE, where they show it: each restart has another, and begins a generation.
type mailbox struct {
	described bool
	known     []string // the fragments that were described, of the last generations
	held      []held
	seen      map[uint64]struct{} // the candidates of this generation, by hash
}

type held struct {
	frame []byte
	ufrag string
	hash  uint64
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
	h.discard(route{a, b})
	h.discard(route{b, a})
	delete(h.reported, newPair(a, b))
	h.parted(a, b)
}

// hold keeps a candidate, if there is room.
func (h *hub) hold(s *session, box *mailbox, c held) bool {
	size := len(c.frame)
	if len(box.held) >= heldCandidates || s.held+size > heldBytes || h.held+size > heldMost {
		return false
	}
	box.held = append(box.held, c)
	s.held += size
	h.held += size
	return true
}

// empty returns what was held.
func (h *hub) empty(s *session, box *mailbox) []held {
	all := box.held
	box.held = nil
	for _, c := range all {
		s.held -= len(c.frame)
		h.held -= len(c.frame)
	}
	return all
}

func (h *hub) discard(r route) {
	if box := h.mail[r]; box != nil {
		h.empty(r.from, box)
		delete(h.mail, r)
	}
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

// description passes on, and after it the candidates held for it. Those of
// another generation are dropped: what they belong to is over.
func (h *hub) description(s *session, f *frame) *problem {
	frame := encode(descriptionFrame{"description", s.id, f.Description})
	ufrags := described(f.Description)
	h.mu.Lock()
	defer h.unlock()
	to, problem := h.addressee(s, f.To)
	if problem != nil {
		return problem
	}
	h.pass(to, frame)
	box := h.mailbox(s, to)
	box.learn(ufrags)
	for _, c := range h.empty(s, box) {
		if c.ufrag == "" || len(ufrags) == 0 || slices.Contains(ufrags, c.ufrag) {
			h.pass(to, c.frame)
			box.note(c.hash)
		}
	}
	box.described = true
	return nil
}

// learn remembers what was described. A fragment that is new begins a generation.
func (box *mailbox) learn(ufrags []string) {
	for _, ufrag := range ufrags {
		if !slices.Contains(box.known, ufrag) {
			box.known = append(box.known, ufrag)
			box.seen = nil
		}
	}
	if more := len(box.known) - knownFragments; more > 0 {
		box.known = slices.Clone(box.known[more:])
	}
}

// candidate passes on, or is held; so is the end of candidates. One that was
// said before is dropped.
func (h *hub) candidate(s *session, f *frame, frame []byte) *problem {
	h.mu.Lock()
	defer h.unlock()
	to, p := h.addressee(s, f.To)
	if p != nil {
		return p
	}
	box := h.mailbox(s, to)
	hash, again := box.again(f.Candidate)
	if again {
		return nil
	}
	early := f.ufrag != "" && len(box.known) > 0 && !slices.Contains(box.known, f.ufrag)
	end := f.Candidate == nil && len(box.held) > 0
	if box.described && !early && !end {
		h.pass(to, frame)
	} else if !h.hold(s, box, held{frame, f.ufrag, hash}) {
		return &problem{tooManyCode, "too many candidates before the description"}
	}
	box.note(hash)
	return nil
}

// again tells whether a candidate was said before in this generation. The end
// of candidates may be said as often as one likes.
func (box *mailbox) again(candidate []byte) (hash uint64, again bool) {
	if candidate == nil {
		return 0, false
	}
	hash = maphash.Bytes(seed, candidate)
	_, again = box.seen[hash]
	return hash, again
}

// note remembers a candidate, if there is room; at worst one is heard twice. That
// of the end is 0.
func (box *mailbox) note(hash uint64) {
	if hash == 0 {
		return
	}
	if box.seen == nil {
		box.seen = make(map[uint64]struct{})
	}
	if len(box.seen) < seenCandidates {
		box.seen[hash] = struct{}{}
	}
}

var seed = maphash.MakeSeed()

// described are the user name fragments of a description, if it shows them (RFC 8839 §5.4).
func described(description json.RawMessage) (ufrags []string) {
	var init struct {
		SDP string `json:"sdp"`
	}
	if json.Unmarshal(description, &init) != nil {
		return nil
	}
	for line := range strings.Lines(init.SDP) {
		ufrag, ok := strings.CutPrefix(line, "a=ice-ufrag:")
		if ufrag = strings.TrimSpace(ufrag); ok && len(ufrag) >= 4 && len(ufrag) <= 256 && !slices.Contains(ufrags, ufrag) {
			ufrags = append(ufrags, ufrag)
		}
		if len(ufrags) == knownFragments {
			break
		}
	}
	return ufrags
}
