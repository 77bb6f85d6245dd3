package signal

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

// serveSend answers POST of /v1/send: a frame, or an array of frames, in the
// session of the bearer's token. Without a token the first frame is hello.
func (s *Server) serveSend(w http.ResponseWriter, r *http.Request) {
	if !s.admit(w, r) || !allowMethods(w, r, http.MethodPost) || r.Method == http.MethodHead {
		return
	}
	text := bearer(r)
	limit := int64(postBytes)
	if text == "" {
		limit = helloFrameLimit
	}
	frames, status := readFrames(http.MaxBytesReader(w, r.Body, limit))
	if status != 0 {
		refuse(w, status, &problem{badRequest, "the body is to be a frame, or an array of at most 64 frames, of at most 64 KiB each"})
		return
	}
	if text == "" {
		s.greet(w, r, frames)
		return
	}
	now := time.Now()
	from := s.addresses.get(s.proxies.client(r), now)
	session := s.hub.bearer(s.tokens, text, now)
	if session == nil {
		if !from.connect(now) { // who guesses is slowed down
			tooMany(w)
			return
		}
		noSession(w)
		return
	}
	for _, frame := range frames {
		if !session.receive(nil, from, frame) {
			time.Sleep(overPause)
		}
	}
	answer(w, http.StatusOK, ackFrame{"ack", session.received.Load()})
}

// greet begins a session, or resumes one, without a connection that lasts: the
// answer has everything that waits for the client. It is away until the event stream
// is opened.
func (s *Server) greet(w http.ResponseWriter, r *http.Request, frames []json.RawMessage) {
	v, ok := s.takePlace(w, r)
	if !ok {
		return
	}
	p := newPlace(s, v)
	defer p.release()
	l := newLink(s, p, absent{})
	l.session = newSession(l)
	l.session.resumable = true
	s.add(l)
	defer s.remove(l)
	for _, frame := range frames {
		l.receive(frame)
	}
	heard := []json.RawMessage{}
	for {
		frame, number := l.session.queue.take(l)
		if frame == nil {
			break
		}
		if number > 0 {
			frame = l.session.stamp(frame, number)
		}
		heard = append(heard, frame)
	}
	l.end(closeNothing, "")
	l.part(l.code)
	answer(w, http.StatusOK, heard)
}

// bearer returns the session of a token, and has the tokens before it no longer be good.
func (h *hub) bearer(t tokens, text string, now time.Time) *session {
	said, ok := t.read(text, now)
	if !ok {
		return nil
	}
	h.mu.Lock()
	s := h.sessions[said.Session]
	ok = s != nil && said.Serial >= s.oldest && said.Serial <= s.serial
	h.mu.Unlock()
	if !ok {
		return nil
	}
	h.confirm(s, said.Serial)
	return s
}

// readFrames returns an HTTP status if it cannot.
func readFrames(body io.Reader) (frames []json.RawMessage, status int) {
	data, err := io.ReadAll(body)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, http.StatusRequestEntityTooLarge
	}
	data = bytes.TrimSpace(data)
	if err != nil || len(data) == 0 {
		return nil, http.StatusBadRequest
	}
	if data[0] != '[' {
		frames = []json.RawMessage{data} // parse says what is wrong with it
	} else if json.Unmarshal(data, &frames) != nil {
		return nil, http.StatusBadRequest
	}
	for _, frame := range frames {
		if len(frame) > frameLimit {
			return nil, http.StatusRequestEntityTooLarge
		}
	}
	if len(frames) > postFrames {
		return nil, http.StatusRequestEntityTooLarge
	}
	return frames, 0
}

// absent is the transport of a client that has none yet.
type absent struct{}

func (absent) write([]byte, time.Time) error { return nil }
func (absent) ping(time.Time) error          { return nil }
func (absent) interval() time.Duration       { return pingInterval }
func (absent) close(int, string, time.Time)  {}
func (absent) hurry(time.Time)               {}
