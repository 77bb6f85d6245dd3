package signal

import (
	"errors"
	"net/netip"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

// Line is the WebSocket of a client that speaks a dialect instead of
// PROTOCOL.md. Two goroutines serve it: the one that called Serve reads; the
// other writes and pings, and the first waits for it.
type Line struct {
	ending
	visit  *visit
	socket socket
	queue  *queue
	purse  purse
	expiry expiry // of its token
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
		ending: newEnding(),
		visit:  v,
		socket: socket{conn: v.conn, pings: &server.pings},
		queue:  newQueue(v.address),
		purse:  purse{rates: &server.limits.PerSession},
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
	l.begin(code, reason, func() {
		l.queue.close(code == closeSlow)
		close(l.done)
		l.socket.hurry(l.by)
	})
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

// read returns why there are no more frames, and what the client closed with.
func (l *Line) read(receive func([]byte)) (code int, reason string, theirs int) {
	conn := l.socket.conn
	conn.SetReadLimit(frameLimit)
	l.socket.alive(&l.ending)
	l.socket.control(func() bool {
		l.Spend(1)
		l.socket.alive(&l.ending)
		return true
	})
	for {
		kind, frame, err := conn.ReadMessage()
		if err != nil {
			code, reason = readError(err)
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
		l.socket.alive(&l.ending)
		if kind != websocket.TextMessage || !utf8.Valid(frame) {
			frame = nil
		}
		receive(frame)
	}
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
