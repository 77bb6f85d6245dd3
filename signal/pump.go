package signal

import (
	"strconv"
	"time"
)

// pump writes to the client what is queued for it, pings it, and renews its
// credentials and its resume token, until the link ends. It begins
// with the link's first session, and is the only writer of frames.
func (l *link) pump(s *session) {
	defer func() { l.transport.close(l.code, l.reason, l.by) }()

	ping := time.NewTicker(l.transport.interval())
	defer ping.Stop()
	renewICE, renewToken := stopped(), stopped()
	defer renewICE.Stop()
	defer renewToken.Stop()

	for {
		var err error
		select {
		case <-l.done:
			l.flush(s)
			return
		case <-s.queue.ready:
			err = l.flush(s)
		case <-ping.C:
			err = l.transport.ping(l.deadline())
		case g := <-l.greeting:
			if err = l.flush(s); err != nil {
				break
			}
			s = g.session
			if wait, ok := g.ice.renewal(); ok {
				renewICE.Reset(wait)
			}
			if s.resumable {
				renewToken.Reset(tokenRenewal)
			}
			err = l.flush(s)
		case now := <-renewICE.C:
			ice := s.ice(now)
			s.queue.command(encode(iceFrame{"ice", ice}))
			if wait, ok := ice.renewal(); ok {
				renewICE.Reset(wait)
			}
		case now := <-renewToken.C:
			s.queue.command(encode(resumeFrame{"resume", l.server.tokens.issue(s, l.serial, now)}))
			renewToken.Reset(tokenRenewal)
		}
		if err != nil {
			l.end(closeNothing, "")
			return
		}
	}
}

func stopped() *time.Timer {
	timer := time.NewTimer(0)
	timer.Stop()
	return timer
}

// flush writes what is queued.
func (l *link) flush(s *session) error {
	for {
		frame, number := s.queue.take(l)
		if frame == nil {
			return nil
		}
		if number > 0 {
			frame = s.stamp(frame, number)
		}
		if err := l.transport.write(frame, l.deadline()); err != nil {
			return err
		}
	}
}

// stamp puts the number of a frame into it, and that of the newest frame which
// has been received from the client.
func (s *session) stamp(frame []byte, number uint64) []byte {
	stamped := make([]byte, 0, len(frame)+56)
	stamped = append(stamped, `{"seq":`...)
	stamped = strconv.AppendUint(stamped, number, 10)
	if received := s.received.Load(); received > s.told.Swap(received) {
		stamped = append(stamped, `,"ack":`...)
		stamped = strconv.AppendUint(stamped, received, 10)
	}
	stamped = append(stamped, ',')
	return append(stamped, frame[1:]...)
}
