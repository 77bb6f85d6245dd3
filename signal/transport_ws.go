package signal

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// socket carries a session over a WebSocket, one frame in one text message.
type socket struct {
	conn *websocket.Conn
}

var upgrader = websocket.Upgrader{
	HandshakeTimeout: helloTimeout,
	ReadBufferSize:   1 << 10,
	WriteBufferSize:  4 << 10,
	WriteBufferPool:  new(sync.Pool),                           // most sessions are silent most of the time
	CheckOrigin:      func(*http.Request) bool { return true }, // admit has checked it
}

// visit is a connection that was let in, and what it counts against, until over.
type visit struct {
	client  netip.Addr
	address *address
	conn    *websocket.Conn // nil if it is none
}

// visit lets a WebSocket in, or answers why not.
func (s *Server) visit(w http.ResponseWriter, r *http.Request) (*visit, bool) {
	if !s.admit(w, r) {
		return nil, false
	}
	if !websocket.IsWebSocketUpgrade(r) {
		w.Header().Set("Upgrade", "websocket")
		refuse(w, http.StatusUpgradeRequired, &problem{badRequest, "this is a WebSocket endpoint"})
		return nil, false
	}
	v, ok := s.takePlace(w, r)
	if !ok {
		return nil, false
	}
	var err error
	if v.conn, err = upgrader.Upgrade(w, r, nil); err != nil {
		s.over(v) // the upgrader has answered
		return nil, false
	}
	return v, true
}

// takePlace counts a connection of who was admitted, or answers that there are
// too many.
func (s *Server) takePlace(w http.ResponseWriter, r *http.Request) (*visit, bool) {
	now := time.Now()
	client := s.proxies.client(r)
	if !s.addresses.get(client, now).connect(now) {
		tooMany(w)
		return nil, false
	}
	if !s.reserve() {
		refuse(w, http.StatusServiceUnavailable, &problem{tooManyCode, "the server is full or going away"})
		return nil, false
	}
	address, ok := s.addresses.enter(client, now)
	if !ok {
		s.release()
		tooMany(w)
		return nil, false
	}
	return &visit{client: client, address: address}, true
}

// over gives back what a visit took.
func (s *Server) over(v *visit) {
	s.addresses.leave(v.address)
	s.release()
}

// serveSocket makes a link of a WebSocket. Once it is made the request is over, so
// that a session keeps nothing of it alive.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	v, ok := s.visit(w, r)
	if !ok {
		return
	}
	t := &socket{v.conn}
	l := newLink(s, newPlace(s, v), t)
	l.session = newSession(l)
	s.add(l)
	go func() {
		defer l.place.release()
		defer s.remove(l)
		t.serve(l)
		l.log()
	}()
}

// serve runs the link to its end.
func (t *socket) serve(l *link) {
	defer t.conn.Close()
	pumped := make(chan struct{})
	first := l.session
	go func() {
		defer close(pumped)
		l.pump(first)
	}()
	code, reason := t.read(l)
	if l.ended() {
		code = l.code
	}
	l.part(code)
	if code == closeTooLarge {
		t.discard()
	}
	l.end(code, reason)
	<-pumped
}

// read hands the client's frames to the session, and returns why there are no more.
func (t *socket) read(l *link) (code int, reason string) {
	t.conn.SetReadLimit(helloFrameLimit)
	t.conn.SetReadDeadline(time.Now().Add(helloTimeout))
	// Control frames count as messages, so that a flood of them is slowed down too.
	answerPing := t.conn.PingHandler()
	t.conn.SetPingHandler(func(data string) error {
		if t.alive(l); !l.mayInterrupt() {
			return nil
		}
		return answerPing(data)
	})
	t.conn.SetPongHandler(func(string) error {
		t.alive(l)
		l.mayInterrupt()
		return nil
	})
	for {
		kind, data, err := t.conn.ReadMessage()
		if err != nil {
			return l.readError(err)
		}
		if l.ended() {
			continue // its answer to our close is yet to come
		}
		if kind != websocket.TextMessage {
			data = nil // no frame of ours; parse says so
		}
		l.receive(data)
		if l.ended() {
			l.part(l.code)
			continue
		}
		if l.welcomed {
			t.conn.SetReadLimit(frameLimit)
		}
		t.alive(l)
	}
}

// alive puts off the moment at which the client is taken for dead. Until it
// has said hello it has no more than helloTimeout.
func (t *socket) alive(l *link) {
	if !l.welcomed {
		return
	}
	t.conn.SetReadDeadline(time.Now().Add(deadAfter))
	if l.ended() {
		// The pump may have set the last deadline just before.
		t.conn.SetReadDeadline(l.by)
	}
}

func (l *link) readError(err error) (code int, reason string) {
	var timeout net.Error
	switch {
	case websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway):
		return closeNormal, "goodbye"
	case errors.Is(err, websocket.ErrReadLimit):
		return closeTooLarge, "the frame was too large"
	case !errors.As(err, &timeout) || !timeout.Timeout():
		return closeNothing, ""
	case !l.welcomed:
		return closeNoHello, "no hello in time"
	default:
		return closeDead, "no sign of life for 45 s"
	}
}

// discard reads on for a moment: to close on unread bytes would reset the
// connection, and the client might never see the close frame.
func (t *socket) discard() {
	raw := t.conn.NetConn()
	raw.SetReadDeadline(time.Now().Add(awayTimeout))
	io.CopyN(io.Discard, raw, 1<<20)
}

func (t *socket) write(frame []byte, by time.Time) error {
	t.conn.SetWriteDeadline(by)
	return t.conn.WriteMessage(websocket.TextMessage, frame)
}

func (t *socket) ping(by time.Time) error {
	return t.conn.WriteControl(websocket.PingMessage, nil, by)
}

func (t *socket) interval() time.Duration { return pingInterval }

func (t *socket) close(code int, reason string, by time.Time) {
	if code == closeNothing ||
		t.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), by) != nil {
		t.conn.Close()
		return
	}
	t.conn.SetReadDeadline(by)
}

func (t *socket) hurry(by time.Time) {
	t.conn.NetConn().SetWriteDeadline(by)
}
