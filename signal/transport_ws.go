package signal

import (
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// socket carries a session over a WebSocket, one frame in one text message.
type socket struct {
	conn   *websocket.Conn
	pings  *pings
	pinged atomic.Int64 // when the last ping without a pong was written, Unix time in nanoseconds; 0: none
}

var upgrader = websocket.Upgrader{
	HandshakeTimeout: helloTimeout,
	ReadBufferSize:   1 << 10,
	WriteBufferSize:  4 << 10,
	WriteBufferPool:  new(sync.Pool),                           // most sessions are silent most of the time
	CheckOrigin:      func(*http.Request) bool { return true }, // admit has checked it
}

// serveSocket makes a link of a WebSocket. Once it is made the request is over, so
// that a session keeps nothing of it alive.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	v, ok := s.visit(w, r)
	if !ok {
		return
	}
	t := &socket{conn: v.conn, pings: &s.pings}
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
	// Until it has said hello a client has no more than helloTimeout.
	alive := func() {
		if l.welcomed {
			t.alive(&l.ending)
		}
	}
	t.control(func() bool {
		alive()
		return l.mayInterrupt()
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
		alive()
	}
}

// control has pings answered if heard says so, which is told of pongs as well. Both
// count as messages, so that a flood of them is slowed down too.
func (t *socket) control(heard func() bool) {
	answer := t.conn.PingHandler()
	t.conn.SetPingHandler(func(data string) error {
		if !heard() {
			return nil
		}
		return answer(data)
	})
	t.conn.SetPongHandler(func(string) error {
		if at := t.pinged.Swap(0); at != 0 {
			t.pings.observe(time.Since(time.Unix(0, at)))
		}
		heard()
		return nil
	})
}

// alive puts off the moment at which the client is taken for dead.
func (t *socket) alive(e *ending) {
	t.conn.SetReadDeadline(time.Now().Add(deadAfter))
	if e.ended() {
		// The pump may have set the last deadline just before.
		t.conn.SetReadDeadline(e.by)
	}
}

// readError says by which code to close.
func readError(err error) (code int, reason string) {
	var timeout net.Error
	switch {
	case errors.Is(err, websocket.ErrReadLimit):
		return closeTooLarge, "the frame was too large"
	case errors.As(err, &timeout) && timeout.Timeout():
		return closeDead, "no sign of life for 45 s"
	}
	return closeNothing, ""
}

func (l *link) readError(err error) (code int, reason string) {
	if websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway) {
		return closeNormal, "goodbye"
	}
	code, reason = readError(err)
	if code == closeDead && !l.welcomed {
		return closeNoHello, "no hello in time"
	}
	return code, reason
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
	t.pinged.Store(time.Now().UnixNano())
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
