package admin

import (
	"context"
	"sync"
	"time"
)

const (
	sampleEvery = 10 * time.Second
	samples     = 360 // an hour
)

// A History is the last hour in samples of ten seconds. It is lost with the process.
type History struct {
	mu   sync.Mutex // guards the following
	ring [samples]sample
	next int // where the next goes
	n    int
}

// sample is one moment, and what came since the one before.
type sample struct {
	at                    time.Time
	allocations, sessions int
	sent, received        uint64 // bytes a second
	refused               uint64 // requests
}

// Run takes samples until ctx ends.
func (h *History) Run(ctx context.Context, figures func() Figures) {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	before, last := figures(), time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			now, at := figures(), time.Now()
			h.add(between(before, now, at.Sub(last), at))
			before, last = now, at
		}
	}
}

func between(before, now Figures, took time.Duration, at time.Time) sample {
	rate := func(a, b uint64) uint64 { return uint64(float64(b-min(a, b)) / max(took.Seconds(), 1)) }
	refused := now.refused()
	return sample{
		at:          at,
		allocations: now.allocations(),
		sessions:    now.Open + now.Away + now.Lines,
		sent:        rate(before.Sent.Bytes, now.Sent.Bytes),
		received:    rate(before.Received.Bytes, now.Received.Bytes),
		refused:     refused - min(before.refused(), refused),
	}
}

func (h *History) add(s sample) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ring[h.next] = s
	h.next = (h.next + 1) % samples
	h.n = min(h.n+1, samples)
}

// Columns are the samples, the oldest first, in the form that they are asked for in.
type Columns struct {
	Now         int64    `json:"now"` // Unix milliseconds, as At
	At          []int64  `json:"at"`
	Allocations []int    `json:"allocations"`
	Sessions    []int    `json:"sessions"` // signaling, dialects among them
	Sent        []uint64 `json:"sent"`     // bytes a second
	Received    []uint64 `json:"received"`
	Refused     []uint64 `json:"refused"` // requests since the sample before
}

func (h *History) columns(now time.Time) Columns {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := Columns{Now: now.UnixMilli(), At: []int64{}, Allocations: []int{}, Sessions: []int{}, Sent: []uint64{}, Received: []uint64{}, Refused: []uint64{}}
	for i := range h.n {
		s := &h.ring[(h.next-h.n+i+samples)%samples]
		c.At = append(c.At, s.at.UnixMilli())
		c.Allocations = append(c.Allocations, s.allocations)
		c.Sessions = append(c.Sessions, s.sessions)
		c.Sent = append(c.Sent, s.sent)
		c.Received = append(c.Received, s.received)
		c.Refused = append(c.Refused, s.refused)
	}
	return c
}
