package probe

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"slices"
	"sync"
	"time"
)

// Traffic is how packets fared that went from here to the relay, and from it back to here.
type Traffic struct {
	Sent       int       `json:"sent"`
	Received   int       `json:"received"`
	Loss       float64   `json:"loss_percent"` // out and back
	RTT        Quantiles `json:"rtt_ms"`
	Jitter     float64   `json:"jitter_ms"` // RFC 3550 §6.4.1
	Throughput float64   `json:"throughput_bps,omitempty"`
	Cap        float64   `json:"throughput_cap_bps,omitempty"` // more was not tried
	Sizes      []Size    `json:"sizes"`
}

// Quantiles are in milliseconds.
type Quantiles struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
}

// Size is how packets of one size fared.
type Size struct {
	Bytes    int `json:"bytes"`
	Sent     int `json:"sent"`
	Received int `json:"received"`
}

// sizes are of the payloads; media has 60 to 1200 bytes.
var sizes = []int{64, 160, 512, 1024, 1200}

const (
	packetsEachWay = 100
	pace           = 10 * time.Millisecond
	stampSize      = 8 + 1 + 4
)

// tooLarge is the smallest size of which nothing came, while smaller ones did; 0 if there is none.
func (t *Traffic) tooLarge() int {
	for i, s := range t.Sizes {
		if s.Received == 0 && s.Sent >= 10 && i > 0 && t.Sizes[i-1].Received*2 > t.Sizes[i-1].Sent {
			for _, larger := range t.Sizes[i:] {
				if larger.Received > 0 {
					return 0
				}
			}
			return s.Bytes
		}
	}
	return 0
}

// flight counts numbered packets. Those of others, or that come twice, are not counted.
type flight struct {
	tag     [8]byte
	mu      sync.Mutex
	sent    [2][packetsEachWay]time.Time
	arrived [2][packetsEachWay]time.Time
	order   [2][]time.Duration // transit times as they came
	bulk    struct {
		bytes       int
		first, last time.Time
	}
}

const bulkWay = 2 // of the packets that measure throughput

func (f *flight) stamp(way byte, n, size int) []byte {
	b := randomBytes(max(size, stampSize))
	copy(b, f.tag[:])
	b[8] = way
	binary.BigEndian.PutUint32(b[9:], uint32(n))
	return b
}

func (f *flight) landed(way byte, b []byte) {
	now := time.Now()
	if len(b) < stampSize || !bytes.Equal(b[:8], f.tag[:]) {
		return
	}
	if b[8] == bulkWay {
		f.arrive(len(b))
		return
	}
	n := int(binary.BigEndian.Uint32(b[9:]))
	f.mu.Lock()
	defer f.mu.Unlock()
	if b[8] != way || n >= packetsEachWay || !f.arrived[way][n].IsZero() || f.sent[way][n].IsZero() {
		return
	}
	f.arrived[way][n] = now
	f.order[way] = append(f.order[way], now.Sub(f.sent[way][n]))
}

// arrive counts what measures throughput. The first packet starts the clock.
func (f *flight) arrive(n int) {
	now := time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.bulk.first.IsZero() {
		f.bulk.first = now
	} else {
		f.bulk.bytes += n
	}
	f.bulk.last = now
}

// exchange sends numbered packets from each of two clients to the other, over their channels, then as many as the cap allows for a second.
func exchange(ctx context.Context, clients [2]*client, channels [2]uint16, limit float64) *Traffic {
	f := &flight{tag: [8]byte(randomBytes(8))}
	for i, c := range clients {
		way := byte(1 - i)
		c.listen(func(channel uint16, b []byte) {
			if channel == channels[i] {
				f.landed(way, b)
			}
		})
		defer c.listen(nil)
	}
	send := func(way byte, n, size int) {
		c := clients[way%2]
		b := channelData(channels[way%2], f.stamp(way, n, size), c.stream)
		if way < bulkWay {
			f.mu.Lock()
			f.sent[way][n] = time.Now()
			f.mu.Unlock()
		}
		c.send(b)
	}
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for n := 0; n < packetsEachWay && ctx.Err() == nil; n++ {
		send(0, n, sizes[n%len(sizes)])
		send(1, n, sizes[n%len(sizes)])
		<-tick.C
	}
	settle(ctx, func() bool { return f.traffic().Received == 2*packetsEachWay })
	t := f.traffic()
	if limit > 0 && t.Received > 0 && ctx.Err() == nil {
		t.Cap = limit
		t.Throughput = f.throughput(ctx, limit, func(n int) { send(bulkWay, n, sizes[len(sizes)-1]) })
	}
	return t
}

// throughput sends evenly, no faster than the limit, for a second.
func (f *flight) throughput(ctx context.Context, limit float64, send func(n int)) float64 {
	began := time.Now()
	each := float64(sizes[len(sizes)-1] * 8)
	for n := 0; time.Since(began) < time.Second && ctx.Err() == nil; {
		for due := int(time.Since(began).Seconds() * limit / each); n <= due; n++ {
			send(n)
		}
		time.Sleep(2 * time.Millisecond)
	}
	rest(ctx, 300*time.Millisecond)
	f.mu.Lock()
	defer f.mu.Unlock()
	took := f.bulk.last.Sub(f.bulk.first).Seconds()
	if took <= 0 {
		return 0
	}
	return math.Round(min(float64(f.bulk.bytes)*8/took, limit))
}

func (f *flight) traffic() *Traffic {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := new(Traffic)
	for _, size := range sizes {
		t.Sizes = append(t.Sizes, Size{Bytes: size})
	}
	var all []time.Duration
	for way := range f.sent {
		for n, at := range f.sent[way] {
			if at.IsZero() {
				continue
			}
			s := &t.Sizes[n%len(sizes)]
			s.Sent++
			t.Sent++
			if !f.arrived[way][n].IsZero() {
				s.Received++
				t.Received++
			}
		}
		all = append(all, f.order[way]...)
	}
	if t.Sent > 0 {
		t.Loss = 100 * float64(t.Sent-t.Received) / float64(t.Sent)
	}
	t.RTT, t.Jitter = quantiles(all), (jitter(f.order[0])+jitter(f.order[1]))/2
	return t
}

func quantiles(all []time.Duration) Quantiles {
	if len(all) == 0 {
		return Quantiles{}
	}
	all = slices.Sorted(slices.Values(all))
	at := func(q float64) float64 { return millis(all[int(q*float64(len(all)-1))]) }
	return Quantiles{at(0.5), at(0.95)}
}

// jitter is that of RFC 3550 §6.4.1, in milliseconds.
func jitter(order []time.Duration) float64 {
	j := 0.0
	for i := 1; i < len(order); i++ {
		j += (millis((order[i] - order[i-1]).Abs()) - j) / 16
	}
	return math.Round(j*1000) / 1000
}

// settle waits a second for what is still under way, or until nothing is.
func settle(ctx context.Context, all func() bool) {
	for end := time.Now().Add(time.Second); time.Now().Before(end) && ctx.Err() == nil && !all(); {
		rest(ctx, 20*time.Millisecond)
	}
}

// rest waits, or until the run is over.
func rest(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
