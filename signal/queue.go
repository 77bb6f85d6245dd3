package signal

import "sync"

// queue holds the frames on their way to one client, at most queueFrames and
// queueBytes. It is safe for concurrent use and never blocks; when it is full,
// push refuses and the session is closed as too slow.
type queue struct {
	ready chan struct{} // has a token while there may be frames

	mu     sync.Mutex // guards the following
	frames [][]byte
	bytes  int
	closed bool
}

func newQueue() *queue {
	return &queue{ready: make(chan struct{}, 1)}
}

// push reports whether there was room. Pushing nothing, or to a
// closed queue, has no effect.
func (q *queue) push(frame []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || len(frame) == 0 {
		return true
	}
	if len(q.frames) >= queueFrames || q.bytes+len(frame) > queueBytes {
		return false
	}
	q.frames = append(q.frames, frame)
	q.bytes += len(frame)
	select {
	case q.ready <- struct{}{}:
	default:
	}
	return true
}

// pop returns the oldest frame, or nil.
func (q *queue) pop() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.frames) == 0 {
		q.frames = nil // lets the array go once the burst is over
		return nil
	}
	frame := q.frames[0]
	q.frames[0] = nil
	q.frames = q.frames[1:]
	q.bytes -= len(frame)
	return frame
}

// close keeps new frames out; with discard also those that wait.
func (q *queue) close(discard bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	if discard {
		q.frames, q.bytes = nil, 0
	}
}
