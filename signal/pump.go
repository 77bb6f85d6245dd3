package signal

import "time"

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
