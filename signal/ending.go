package signal

import (
	"sync"
	"time"
)

// ending is how a connection ends: once, with a code and a reason, and soon.
type ending struct {
	done chan struct{} // closed by the end

	once   sync.Once // guards the following, to be read once done is closed
	code   int
	reason string
	by     time.Time // when the connection is cut
}

func newEnding() ending { return ending{done: make(chan struct{})} }

// begin has then called, which closes done, unless the end has begun before. It
// returns when done is closed.
func (e *ending) begin(code int, reason string, then func()) {
	e.once.Do(func() {
		timeout := closeTimeout
		if code == closeGoingAway {
			timeout = awayTimeout
		}
		e.code, e.reason, e.by = code, reason, time.Now().Add(timeout)
		then()
	})
}

func (e *ending) ended() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

// deadline is that of a write that begins now.
func (e *ending) deadline() time.Time {
	if e.ended() {
		return e.by
	}
	return time.Now().Add(writeTimeout)
}

// pause makes whoever is over budget wait, so that refusing costs little. It reports
// whether the connection goes on.
func (e *ending) pause() bool {
	timer := time.NewTimer(overPause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-e.done:
		return false
	}
}
