package probe

import (
	"context"
	"encoding/binary"
	"sync"
	"time"

	"github.com/pion/ice/v4"
)

// The first byte of what the two sides send each other.
const (
	packetHello = 'h'
	packetPing  = 'p' // and a number
	packetPong  = 'P' // the same back
	packetBulk  = 'b'
)

const (
	pings     = 50
	pingPace  = 20 * time.Millisecond
	bulkLimit = 2e6 // bits per second
)

// tally is what came in.
type tally struct {
	sync.Mutex
	met   chan struct{}
	once  sync.Once
	pings int
	sent  [pings]time.Time
	rtts  []time.Duration
	flight
}

func (t *try) measure(ctx context.Context, conn *ice.Conn) {
	t.tally.met = make(chan struct{})
	t.reading.Go(func() { t.tally.read(conn) })
	for met := false; !met && ctx.Err() == nil; {
		_, _ = conn.Write([]byte{packetHello})
		select {
		case <-t.tally.met:
			met = true
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return
		}
	}
	for n := range pings {
		b := randomBytes(sizes[n%len(sizes)])
		b[0] = packetPing
		binary.BigEndian.PutUint32(b[1:], uint32(n))
		t.tally.Lock()
		t.tally.sent[n] = time.Now()
		t.tally.Unlock()
		_, _ = conn.Write(b)
		rest(ctx, pingPace)
	}
	settle(ctx, t.tally.complete)
	if t.bulk {
		b := randomBytes(sizes[len(sizes)-1])
		b[0] = packetBulk
		t.Throughput = t.tally.throughput(ctx, bulkLimit, func(int) { _, _ = conn.Write(b) })
	}
	t.tally.Lock()
	defer t.tally.Unlock()
	t.Loss = 100 * float64(pings-min(pings, t.tally.pings)) / pings
	t.RTT = quantiles(t.tally.rtts)
}

func (t *tally) read(conn *ice.Conn) {
	buf := make([]byte, 2048)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		if n == 0 {
			continue
		}
		t.once.Do(func() { close(t.met) })
		switch b := buf[:n]; b[0] {
		case packetPing:
			if t.take(b) {
				b[0] = packetPong
				_, _ = conn.Write(b[:min(n, 64)])
			}
		case packetPong:
			t.back(b)
		case packetBulk:
			t.flight.arrive(n)
		}
	}
}

func (t *tally) complete() bool {
	t.Lock()
	defer t.Unlock()
	return t.pings >= pings && len(t.rtts) >= pings
}

// take counts a ping; no more are answered than were agreed.
func (t *tally) take(b []byte) bool {
	t.Lock()
	defer t.Unlock()
	t.pings++
	return t.pings <= pings
}

func (t *tally) back(b []byte) {
	now := time.Now()
	t.Lock()
	defer t.Unlock()
	if len(b) < 5 {
		return
	}
	if n := binary.BigEndian.Uint32(b[1:]); n < pings && !t.sent[n].IsZero() && len(t.rtts) < pings {
		t.rtts = append(t.rtts, now.Sub(t.sent[n]))
	}
}
