package signal

import (
	"math/rand/v2"
	"testing"
)

func TestTheQueueKeepsOrderAndCount(t *testing.T) {
	q := newQueue(new(address))
	for i := range queueFrames {
		if !q.push([]byte{byte(i), 1}) {
			t.Fatalf("frame %d does not fit", i)
		}
	}
	if q.push([]byte{1}) {
		t.Error("one frame too many fits")
	}
	for i := range queueFrames {
		if got := q.pop(); got[0] != byte(i) {
			t.Fatalf("got %v at %d", got, i)
		}
	}
	if q.pop() != nil || q.bytes != 0 {
		t.Errorf("%d bytes are left", q.bytes)
	}
	if q.push(make([]byte, queueBytes+1)) || !q.push(make([]byte, queueBytes)) || q.push([]byte{1}) {
		t.Error("bytes are miscounted")
	}
	q.close(true)
	if !q.push([]byte{1}) || q.pop() != nil {
		t.Error("a closed queue takes frames")
	}
}

// Who opens many sessions and reads in none does not fill the memory; who is behind the
// same NAT goes on nevertheless.
func TestTheQueuesOfOneAddressAreBoundedTogether(t *testing.T) {
	a := new(address)
	frame := make([]byte, queueFloor)
	full := 0
	for range 2 * addressBytes / queueBytes {
		q := newQueue(a)
		for q.push(frame) {
		}
		if q.bytes < queueFloor {
			t.Fatalf("a queue has room for %d bytes", q.bytes)
		}
		if q.bytes == queueBytes {
			full++
		}
	}
	if full != addressBytes/queueBytes || a.queued.Load() > addressBytes+2*addressBytes/queueBytes*queueFloor {
		t.Errorf("%d queues are full, %d bytes are kept", full, a.queued.Load())
	}
	numbered := newQueue(a)
	numbered.number(true)
	for range ringFrames { // who reads without ever saying so is written to, but cannot resume
		if !numbered.push(frame) {
			t.Fatal("who reads is taken for slow")
		}
		numbered.pop()
	}
	if numbered.kept > queueFloor {
		t.Errorf("%d bytes are kept that were written", numbered.kept)
	}
}

// Whatever happens to a queue, what it counts is what it keeps, and nothing once it is closed.
func TestAQueueCountsWhatItKeeps(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		places := []*place{{visit: &visit{address: new(address)}}, {visit: &visit{address: new(address)}}}
		q := newQueue(places[0].address)
		l := &link{place: places[0]}
		q.owner = l
		q.number(seed%2 == 0)
		for range 2000 {
			switch random.IntN(8) {
			case 0, 1, 2:
				q.push(make([]byte, 1+random.IntN(9000)))
			case 3, 4:
				q.take(l)
			case 5:
				q.acknowledge(q.first + uint64(random.IntN(q.written+1)))
			case 6:
				if q.pause(l) {
					l = &link{place: places[random.IntN(2)]}
					q.resume(l, q.first-1, []byte{1})
				}
			case 7:
				if random.IntN(300) == 0 {
					q.close(random.IntN(2) == 0)
				}
			}
			counted := places[0].address.queued.Load() + places[1].address.queued.Load()
			kept := 0
			for _, frame := range q.frames {
				kept += len(frame)
			}
			if kept != q.bytes+q.kept || q.closed && counted != 0 || !q.closed && counted != int64(kept) {
				t.Fatalf("seed %d: %d bytes, %d counted, closed: %v", seed, kept, counted, q.closed)
			}
		}
	}
}
