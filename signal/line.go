package signal

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

// Line is the WebSocket of a client that speaks a dialect instead of
// PROTOCOL.md. Two goroutines serve it: the one that called Serve reads; the
// other writes and pings, and the first waits for it.
type Line struct {
	visit  *visit
	socket socket
	queue  *queue
	purse  purse
	expiry expiry        // of its token
	done   chan struct{} // closed by End

	once   sync.Once // guards the following, to be read once done is closed
	code   int
	reason string
	by     time.Time // when the connection is cut
}

// Close codes for Line.End. 4500 to 4599 mean "do not connect again".
const (
	CloseMalformed  = closeMalformed // frames did not parse
	CloseRefused    = closeRefused   // the client may not be who it wants to be
	CloseSuperseded = 4509           // the client has another connection now
)

// MalformedLimit is how many frames of a client may fail to parse: the last of
// them ends its line.
const MalformedLimit = malformedLimit

func newLine(server *Server, v *visit) *Line {
	return &Line{
		visit:  v,
		socket: socket{v.conn},
		queue:  newQueue(v.address),
		purse:  purse{rates: &server.limits.PerSession},
		done:   make(chan struct{}),
	}
}

// Client is the address it comes from, as the trusted proxies have it.
func (l *Line) Client() netip.Addr { return l.visit.client }

// Send queues a text frame and does not wait. A line whose queue is full is
// ended as too slow.
func (l *Line) Send(frame []byte) {
	if !l.queue.push(frame) {
		l.End(closeSlow, "too slow: the queue is full")
	}
}

// End begins the end: what is queued is still sent (unless it was too slow),
// then a close frame. It does not wait, and may be called from any goroutine,
// under any lock; the first caller's code counts.
func (l *Line) End(code int, reason string) {
	l.once.Do(func() {
		timeout := closeTimeout
		if code == closeGoingAway {
			timeout = awayTimeout
		}
		l.code, l.reason, l.by = code, reason, time.Now().Add(timeout)
		l.queue.close(code == closeSlow)
		close(l.done)
		l.socket.hurry(l.by)
	})
}

func (l *Line) ended() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// Serve hands the client's frames to receive, one after the other, until the
// line ends. A frame that is no UTF-8 text becomes an empty one. Serve returns
// why it ended: the code of End, or what the client closed with; 1006 if
// it went without a word.
func (l *Line) Serve(receive func(frame []byte)) (code int) {
	defer l.socket.conn.Close()
	pumped := make(chan struct{})
	go func() {
		defer close(pumped)
		l.pump()
	}()
	code, reason, theirs := l.read(receive)
	if code == closeTooLarge {
		l.socket.discard()
	}
	l.End(code, reason)
	<-pumped
	switch {
	case l.code != closeNothing:
		return l.code
	case theirs != 0:
		return theirs
	}
	return websocket.CloseAbnormalClosure
}

// Spend takes n messages from the client's budget and that of its address. Where
// there are not so many, it waits, and with it whoever sends too much: nothing
// is lost. Only receive calls it.
func (l *Line) Spend(n int) {
	for range n {
		for now := time.Now(); !l.purse.message(now) || !l.visit.address.message(now); now = time.Now() {
			if !l.pause() {
				return
			}
		}
	}
}

// pause reports whether the line goes on.
func (l *Line) pause() bool {
	timer := time.NewTimer(overPause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.done:
		return false
	}
}

// read returns why there are no more frames, and what the client closed with.
func (l *Line) read(receive func([]byte)) (code int, reason string, theirs int) {
	conn := l.socket.conn
	conn.SetReadLimit(frameLimit)
	l.alive()
	// Control frames count as messages, so that a flood of them is slowed down too.
	answerPing := conn.PingHandler()
	conn.SetPingHandler(func(data string) error {
		l.Spend(1)
		l.alive()
		return answerPing(data)
	})
	conn.SetPongHandler(func(string) error {
		l.Spend(1)
		l.alive()
		return nil
	})
	for {
		kind, frame, err := conn.ReadMessage()
		if err != nil {
			code, reason = l.readError(err)
			var closed *websocket.CloseError
			if errors.As(err, &closed) {
				theirs = closed.Code
			}
			return code, reason, theirs
		}
		if l.ended() {
			continue // its answer to our close is yet to come
		}
		l.Spend(1)
		l.alive()
		if kind != websocket.TextMessage || !utf8.Valid(frame) {
			frame = nil
		}
		receive(frame)
	}
}

// alive puts off the moment at which the client is taken for dead.
func (l *Line) alive() {
	l.socket.conn.SetReadDeadline(time.Now().Add(deadAfter))
	if l.ended() {
		// The pump may have set the last deadline just before.
		l.socket.conn.SetReadDeadline(l.by)
	}
}

func (l *Line) readError(err error) (code int, reason string) {
	var timeout net.Error
	switch {
	case errors.Is(err, websocket.ErrReadLimit):
		return closeTooLarge, "the frame was too large"
	case errors.As(err, &timeout) && timeout.Timeout():
		return closeDead, "no sign of life for 45 s"
	}
	return closeNothing, ""
}

// pump writes to the client what is queued for it, and pings it, until the line
// ends. It is the only writer of frames.
func (l *Line) pump() {
	defer func() { l.socket.close(l.code, l.reason, l.by) }()
	ping := time.NewTicker(pingInterval)
	defer ping.Stop()
	for {
		var err error
		select {
		case <-l.done:
			l.flush()
			return
		case <-l.queue.ready:
			err = l.flush()
		case <-ping.C:
			err = l.socket.ping(l.deadline())
		}
		if err != nil {
			l.End(closeNothing, "")
			return
		}
	}
}

func (l *Line) flush() error {
	for frame := l.queue.pop(); frame != nil; frame = l.queue.pop() {
		if err := l.socket.write(frame, l.deadline()); err != nil {
			return err
		}
	}
	return nil
}

// deadline is that of a write that begins now.
func (l *Line) deadline() time.Time {
	if l.ended() {
		return l.by
	}
	return time.Now().Add(writeTimeout)
}
