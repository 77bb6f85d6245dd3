package signal

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// stream carries a session to a client for whom WebSockets do not get through:
// an event stream (text/event-stream), read by fetch. What the client says comes
// by POST.
type stream struct {
	w    http.ResponseWriter
	link *link

	mu sync.Mutex               // guards the following
	rc *http.ResponseController // nil once the request is over: with HTTP/2 nothing of it may be touched then
}

// serveEvents answers GET of /v1/events: it resumes the session of the bearer's token.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	if !s.admit(w, r) || !allowMethods(w, r, http.MethodGet) || r.Method == http.MethodHead {
		return
	}
	received, err := strconv.ParseUint(r.FormValue("ack"), 10, 64)
	if err != nil && r.FormValue("ack") != "" {
		refuse(w, http.StatusBadRequest, &problem{badRequest, "ack is not a number"})
		return
	}
	v, ok := s.takePlace(w, r)
	if !ok {
		return
	}
	p := newPlace(s, v)
	defer p.release()
	t := &stream{w: w, rc: http.NewResponseController(w)}
	t.link = newLink(s, p, t)
	if !t.link.resume("", bearer(r), received, time.Now()) {
		noSession(w)
		return
	}
	s.add(t.link)
	defer s.remove(t.link)
	t.serve(r.Context())
	t.link.log()
}

// serve runs the link to its end; the request's own goroutine writes.
func (t *stream) serve(ctx context.Context) {
	h := t.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store, no-transform")
	h.Set("X-Accel-Buffering", "no") // nginx would wait for more
	t.rc.SetReadDeadline(time.Time{})
	defer t.release()
	stop := context.AfterFunc(ctx, func() { t.link.end(closeNothing, "") })
	defer stop()
	t.link.pump(t.link.session)
	t.link.part(t.link.code)
}

func (t *stream) write(frame []byte, by time.Time) error {
	event := make([]byte, 0, len(frame)+8)
	event = append(event, "data: "...)
	event = append(event, frame...)
	return t.put(append(event, "\n\n"...), by)
}

// put writes. Between writes there is no deadline: HTTP/2 would end the stream by it.
func (t *stream) put(event []byte, by time.Time) error {
	t.hurry(by)
	if _, err := t.w.Write(event); err != nil {
		return err
	}
	if err := t.rc.Flush(); err != nil {
		return err
	}
	t.hurry(time.Time{})
	return nil
}

// ping keeps proxies from cutting the stream. Whether the client still reads is
// not to be seen here; so it has to be heard.
func (t *stream) ping(by time.Time) error {
	if silent := time.Since(time.Unix(0, t.link.session.heard.Load())); silent >= deadAfter {
		t.link.end(closeDead, "no sign of life for 45 s")
		return nil
	}
	return t.put([]byte(":\n\n"), by)
}

func (t *stream) interval() time.Duration { return heartbeat }

func (t *stream) close(code int, reason string, by time.Time) {
	if code == closeNothing {
		return
	}
	text, _ := json.Marshal(closeEvent{code, reason})
	t.put(append(append([]byte("event: close\ndata: "), text...), "\n\n"...), by)
}

func (t *stream) hurry(by time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rc != nil {
		t.rc.SetWriteDeadline(by)
	}
}

func (t *stream) release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rc = nil
}

// closeEvent is what a close frame is to a WebSocket.
type closeEvent struct {
	Code   int    `json:"code"`
	Reason string `json:"reason"`
}

// noSession answers who has no session (any more), and has to say hello.
func noSession(w http.ResponseWriter) {
	refuse(w, http.StatusUnauthorized, &problem{noSuchSession, "there is no such session any more; say hello"})
}
