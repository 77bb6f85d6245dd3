package peerjs

import (
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/websocket"

	"turnpike/signal"
)

const goodbye = websocket.CloseNormalClosure

func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	s.lines.Serve(w, r, func(line *signal.Line) { s.serve(line, r.URL.Query()) })
}

// serve serves one client from its handshake to its end.
func (s *Server) serve(line *signal.Line, query url.Values) {
	began := time.Now()
	c := s.enter(line, query.Get("key"), query.Get("id"), query.Get("token"), began)
	if c == nil {
		line.Serve(func([]byte) {})
		return
	}
	s.cfg.Log.Info("peerjs connection opened", "client", line.Client())
	malformed := 0
	code := line.Serve(func(frame []byte) {
		m, ok := parse(frame)
		if ok {
			s.realm.receive(c, line, m, time.Now())
			return
		}
		if malformed++; malformed >= signal.MalformedLimit {
			refuse(line, failure(typeError, invalidMessages), signal.CloseMalformed, invalidMessages)
		}
	})
	now := time.Now()
	s.realm.leave(c, line, code, now)
	s.cfg.Log.Info("peerjs connection closed", "client", line.Client(), "code", code, "duration", now.Sub(began).Round(time.Millisecond))
}

// enter checks what the URL says and takes the id, or ends the line.
func (s *Server) enter(line *signal.Line, key, id, token string, now time.Time) *client {
	problem := ""
	switch {
	case key == "" || id == "" || token == "" || len(token) > tokenLimit:
		problem = invalidParameters
	case !s.isKey(key):
		problem = invalidKey
	case !validID(id):
		problem = invalidID
	}
	if problem != "" {
		refuse(line, failure(typeError, problem), signal.CloseRefused, problem)
		return nil
	}
	c := s.realm.enter(id, token, line, now)
	if c == nil {
		const taken = "ID is taken"
		refuse(line, failure(typeIDTaken, taken), signal.CloseRefused, taken)
	}
	return c
}

// refuse says why, and ends the line.
func refuse(line *signal.Line, frame []byte, code int, reason string) {
	line.Send(frame)
	line.End(code, reason)
}
