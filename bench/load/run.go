//go:build linux

package load

import "time"

const (
	// patience is how long is waited, at the end, for the next packet that is still under way.
	patience = time.Second
	// most is by how much a late generator catches up; beyond it the burst would be what is measured.
	most = 5 * time.Millisecond
)

// Run runs a load, and waits for its last packet.
func (g *Generator) Run(l Load) *Result {
	g.run++
	if g.size != l.Size {
		g.shape(l.Size)
	}
	r := new(Result)
	g.totals = totals{latency: &r.Latency}
	cpu, began := threadCPU(), time.Now()
	if l.Rate > 0 {
		r.Behind = g.paced(l)
	} else {
		g.closed(l)
	}
	r.Wall = time.Since(began)
	g.drain()
	r.CPU = threadCPU() - cpu
	r.Sent = g.sent[up] + g.sent[down]
	r.Received = g.received[up] + g.received[down]
	r.Wrong, r.Disordered = g.wrong, g.disordered
	for d := range r.Lost {
		r.Lost[d] = g.sent[d] - min(g.received[d], g.sent[d])
	}
	return r
}

// A turn goes round the flows, in bursts, toward peers and toward clients by turns.
type turn struct {
	burst, done int
	flow        int
	direction   direction
}

func (g *Generator) sendNext(t *turn, now int64) {
	f := &g.flows[t.flow]
	g.send(f, t.direction, now)
	if t.done++; t.done < t.burst {
		return
	}
	t.done = 0
	if t.direction == up && g.job.Path != Hairpin {
		t.direction = down
		return
	}
	t.direction = up
	if t.flow++; t.flow == len(g.flows) {
		t.flow = 0
	}
}

// paced sends at every tick what is due, and takes in what has come. Between the ticks it sleeps, so that the generator costs the same with every server;
// the times of arrival are the kernel's.
func (g *Generator) paced(l Load) (behind time.Duration) {
	t := turn{burst: l.Burst}
	perPacket := int64(time.Second) / int64(l.Rate)
	began := clock()
	next := began // when the next packet is due
	for now := began; now < began+int64(l.Duration); now = clock() {
		if late := now - next - int64(most); late > 0 {
			behind += time.Duration(late)
			next += late
		}
		if next <= now {
			wall := time.Now().UnixNano()
			for ; next <= now || t.done > 0; next += perPacket {
				g.sendNext(&t, wall)
			}
		}
		g.flush()
		g.receive()
		sleep(now + int64(l.Tick))
	}
	return behind
}

// closed keeps a number of packets under way in each direction. A packet that is received makes room for another, and so does one that is given up.
func (g *Generator) closed(l Load) {
	began := time.Now().UnixNano()
	each := l.Window
	if g.job.Path != Hairpin {
		each /= 2
	}
	g.window = &window{began: began}
	turns := [2]turn{{burst: l.Burst}, {burst: l.Burst}}
	for {
		now := time.Now().UnixNano()
		if now >= began+int64(l.Duration) {
			break
		}
		g.window.giveUp(now)
		for d := range turns {
			if d == int(down) && g.job.Path == Hairpin {
				break
			}
			t := &turns[d]
			for g.window.underway[d]+l.Burst <= each {
				for range l.Burst {
					g.send(&g.flows[t.flow], direction(d), now)
				}
				if t.flow++; t.flow == len(g.flows) {
					t.flow = 0
				}
			}
		}
		g.flush()
		g.pause()
		g.receive()
	}
	g.window = nil
}

// drain waits for what is under way.
func (g *Generator) drain() {
	last, since := uint64(0), time.Now()
	for {
		received := g.received[up] + g.received[down]
		if received >= g.sent[up]+g.sent[down] {
			return
		}
		if received != last {
			last, since = received, time.Now()
		} else if time.Since(since) > patience {
			return
		}
		g.flush()
		g.pause()
		g.receive()
	}
}
