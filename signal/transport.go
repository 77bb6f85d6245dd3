package signal

import "time"

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
