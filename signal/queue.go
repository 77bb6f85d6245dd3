package signal

import (
	"sync"
	"sync/atomic"
)

// queue holds the frames on their way to one client: those that wait, at most
// queueFrames and queueBytes, and in a session that can be resumed also those
// that were written and are not acknowledged, at most ringFrames and ringBytes; of
// these the oldest is forgotten, and with it that the session can be resumed from
// before it. All queues of a client address together have addressBytes, and beyond
// that queueFloor each. It is safe for concurrent use and never blocks; when it is full,
// push refuses, and the client is too slow.
type queue struct {
	ready chan struct{} // has a token while there may be frames

	mu       sync.Mutex    // guards the following
	load     *atomic.Int64 // bytes in all queues of the client address
	owner    *link         // may take frames
	numbered bool          // frames have numbers, and are kept until acknowledged
	control  [][]byte      // go before all others, have no number and are never said again
	frames   [][]byte      // first those that were written
	first    uint64        // the number of the first of frames
	written  int           // how many of frames
	kept     int           // bytes of these
	bytes    int           // of those that wait
	most     int           // frames that may wait
	mostSize int           // bytes that may wait
	closed   bool
}

func newQueue(a *address) *queue {
	return &queue{ready: make(chan struct{}, 1), load: &a.queued, first: 1, most: queueFrames, mostSize: queueBytes}
}

// push reports whether there was room. Pushing nothing, or to a
// closed queue, has no effect.
func (q *queue) push(frame []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || len(frame) == 0 {
		return true
	}
	size := q.bytes + len(frame)
	if len(q.frames)-q.written >= q.most || size > q.mostSize || size > queueFloor && q.crowded(len(frame)) {
		return false
	}
	q.frames = append(q.frames, frame)
	q.bytes = size
	q.charge(len(frame))
	q.wake()
	return true
}

// command queues a frame that is of no use on a later connection. At most
// queueControl wait; further ones are dropped.
func (q *queue) command(frame []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || len(frame) == 0 || len(q.control) >= queueControl {
		return
	}
	q.control = append(q.control, frame)
	q.wake()
}

// charge counts bytes that are kept, or not any more, to the client address; those of a
// closed queue do not count, since they go in a moment.
func (q *queue) charge(bytes int) {
	if !q.closed {
		q.load.Add(int64(bytes))
	}
}

// crowded tells whether so many more are too many for the client address.
func (q *queue) crowded(more int) bool { return q.load.Load()+int64(more) > addressBytes }

func (q *queue) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// pop returns the oldest frame, or nil.
func (q *queue) pop() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	frame, _ := q.takeLocked()
	return frame
}

// take returns the oldest frame and its number, if it has one. There is none
// for who is not the owner any more.
func (q *queue) take(l *link) (frame []byte, number uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.owner != l {
		return nil, 0
	}
	return q.takeLocked()
}

func (q *queue) takeLocked() (frame []byte, number uint64) {
	if len(q.control) > 0 {
		frame = q.control[0]
		q.control = q.control[1:]
		return frame, 0
	}
	q.control = nil // lets the array go once the burst is over
	if q.written == len(q.frames) {
		q.most, q.mostSize = queueFrames, queueBytes
		if len(q.frames) == 0 {
			q.frames = nil
		}
		return nil, 0
	}
	frame = q.frames[q.written]
	q.bytes -= len(frame)
	if !q.numbered {
		q.charge(-len(frame))
		q.frames[0] = nil
		q.frames = q.frames[1:]
		return frame, 0
	}
	number = q.first + uint64(q.written)
	q.written++
	q.kept += len(frame)
	for q.written > ringFrames || q.written > 1 && (q.kept > ringBytes || q.kept > queueFloor && q.crowded(0)) {
		q.forget()
	}
	return frame, number
}

// forget drops the oldest of those that were written.
func (q *queue) forget() {
	q.kept -= len(q.frames[0])
	q.charge(-len(q.frames[0]))
	q.frames[0] = nil
	q.frames = q.frames[1:]
	q.first++
	q.written--
}

// acknowledge drops what the client has received: the frame of that number and
// those before it. Of numbers that were not written yet it takes no notice.
func (q *queue) acknowledge(number uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if number >= q.first+uint64(q.written) {
		return
	}
	for q.written > 0 && q.first <= number {
		q.forget()
	}
}

// pause keeps frames while no link carries the session: as many as fit into the
// ring, beside those that wait already. It reports whether l was the owner.
func (q *queue) pause(l *link) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.owner != l || l == nil {
		return false
	}
	q.owner, q.control = nil, nil
	q.allow(ringFrames, ringBytes)
	return true
}

// resume gives the queue to a link whose client has received the frames up to
// that number: first goes the welcome, then all that came after. It reports false,
// and does nothing, if some of these are forgotten or never were.
func (q *queue) resume(l *link, received uint64, welcome []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || received+1 < q.first || received >= q.first+uint64(q.written) {
		return false
	}
	for q.written > 0 && q.first <= received {
		q.forget()
	}
	q.owner, q.control = l, [][]byte{welcome}
	q.bytes += q.kept
	q.written, q.kept = 0, 0
	q.charge(-q.bytes)
	q.load = &l.place.address.queued
	q.charge(q.bytes)
	// What is said again was no slowness of this connection.
	q.allow(queueFrames, queueBytes)
	q.wake()
	return true
}

// allow makes room beside what waits, but not again and again.
func (q *queue) allow(frames, size int) {
	q.most = min(len(q.frames)-q.written+frames, backlogFrames)
	q.mostSize = min(q.bytes+size, backlogBytes)
}

// number begins to number the frames, or not; none has been queued yet.
func (q *queue) number(on bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.numbered = on
}

// holder is the link that may take frames, nil while there is none.
func (q *queue) holder() *link {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.owner
}

// close keeps new frames out; with discard also those that wait.
func (q *queue) close(discard bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.charge(-q.bytes - q.kept)
	q.closed = true
	if discard {
		q.frames, q.control, q.bytes, q.written, q.kept = nil, nil, 0, 0, 0
	}
}
