package signal

import "time"

// protocolVersion is that of PROTOCOL.md.
const protocolVersion = 1

// transport carries the frames of one session to its client. What comes from
// the client is handed to [session.receive] by the transport's reader. All
// methods but hurry are called by the session's pump.
type transport interface {
	// write sends one frame.
	write(frame []byte, by time.Time) error
	// ping asks for a sign of life.
	ping(by time.Time) error
	// close says goodbye with a code (none if closeNothing) and makes the
	// reader return by then.
	close(code int, reason string, by time.Time)
	// hurry bounds a write that may be under way. It does not block and may be
	// called from any goroutine.
	hurry(by time.Time)
}

// pump writes to the client what is queued for it, pings it, and renews its
// credentials, until the session ends. It is the only writer of frames.
func (s *session) pump() {
	defer func() { s.transport.close(s.code, s.reason, s.by) }()

	ping := time.NewTicker(pingInterval)
	defer ping.Stop()
	renew := time.NewTimer(0)
	renew.Stop()
	defer renew.Stop()

	for {
		var err error
		select {
		case <-s.done:
			s.flush()
			return
		case <-s.queue.ready:
			err = s.flush()
		case <-ping.C:
			err = s.transport.ping(s.deadline())
		case ice := <-s.greeted:
			if wait, ok := ice.renewal(); ok {
				renew.Reset(wait)
			}
		case now := <-renew.C:
			ice := s.server.ice(s.user, now)
			err = s.transport.write(encode(iceFrame{"ice", ice}), s.deadline())
			if wait, ok := ice.renewal(); ok {
				renew.Reset(wait)
			}
		}
		if err != nil {
			s.end(closeNothing, "")
			return
		}
	}
}

// flush writes what is queued.
func (s *session) flush() error {
	for frame := s.queue.pop(); frame != nil; frame = s.queue.pop() {
		if err := s.transport.write(frame, s.deadline()); err != nil {
			return err
		}
	}
	return nil
}

// deadline is that of a write that begins now.
func (s *session) deadline() time.Time {
	if s.ended() {
		return s.by
	}
	return time.Now().Add(writeTimeout)
}
