package signal

import "time"

// transport carries the frames of a session to its client. What comes from
// the client is handed to [link.receive] by the transport's reader. All
// methods but hurry are called by the link's pump.
type transport interface {
	// write sends one frame.
	write(frame []byte, by time.Time) error
	// ping asks for a sign of life, or gives one.
	ping(by time.Time) error
	// interval is the time between pings.
	interval() time.Duration
	// close says goodbye with a code (none if closeNothing) and makes the
	// reader return by then.
	close(code int, reason string, by time.Time)
	// hurry bounds a write that may be under way. It does not block and may be
	// called from any goroutine.
	hurry(by time.Time)
}
