package signal

import "time"

// link is one connection of a client, from its handshake to its end. It begins
// with a new session; hello may exchange that for one which the client had before.
type link struct {
	ending
	server    *Server
	place     *place
	transport transport
	greeting  chan greeting // what welcome said, for the pump; holds one
	began     time.Time

	welcomed bool     // of the reading goroutine
	session  *session // of the reading goroutine, and of the pump until it has the greeting
	serial   uint64   // of the resume token that it was handed; set before it is the session's link
}

// greeting tells the pump whose frames to write, and what to renew.
type greeting struct {
	session *session
	ice     ICE
}

func newLink(server *Server, p *place, t transport) *link {
	return &link{
		ending:    newEnding(),
		server:    server,
		place:     p,
		transport: t,
		greeting:  make(chan greeting, 1),
		began:     time.Now(),
	}
}

// end begins the end of the connection: what is queued is still sent (unless it
// was too slow, or the client has another connection now), then a close frame. It
// is safe to call from any goroutine, under any lock; the first caller's code counts.
func (l *link) end(code int, reason string) {
	l.begin(code, reason, func() {
		close(l.done)
		l.transport.hurry(l.by)
	})
}

// receive takes one frame of the client. Only the reading goroutine calls it.
func (l *link) receive(data []byte) {
	if !l.session.receive(l, l.place.address, data) {
		l.pause()
	}
}

// mayInterrupt takes a ping or a pong from the budget of messages.
func (l *link) mayInterrupt() bool {
	if l.session.purse.message(time.Now()) {
		return true
	}
	l.pause()
	return false
}

// greet lets the pump go on with a session that was welcomed.
func (l *link) greet(s *session, ice ICE) {
	if l.session != nil && l.session != s {
		l.session.queue.close(false) // of the one that is exchanged for s
	}
	l.session, l.welcomed = s, true
	l.greeting <- greeting{s, ice}
}

// renewed tells the pump which credentials the client has now, in place of what it has
// not heard yet.
func (l *link) renewed(s *session, ice ICE) {
	for {
		select {
		case l.greeting <- greeting{s, ice}:
			return
		case <-l.greeting:
		}
	}
}

// part says what becomes of the session when its link ends with that code.
func (l *link) part(code int) {
	if resumable(code) {
		l.server.hub.away(l.session, l)
	} else {
		l.server.hub.drop(l.session, l)
	}
}

// log tells of the end of a session, or that it is away.
func (l *link) log() {
	if l.welcomed {
		l.server.log.Info("session closed", "client", l.place.client, "user", l.session.user,
			"code", l.code, "resumable", l.session.resumable && resumable(l.code),
			"duration", time.Since(l.began).Round(time.Millisecond))
	}
}

// resumable tells whether a connection that ended with this code leaves a
// session that can be resumed.
func resumable(code int) bool {
	return code == closeNothing || code == closeSlow || code == closeDead
}
