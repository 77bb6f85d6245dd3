//go:build linux

package load

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/pion/stun/v3"
	"golang.org/x/sys/unix"
)

const (
	atOnce     = 32 // set-ups in flight
	retransmit = 300 * time.Millisecond
	maxSends   = 10
)

// Ready waits until the server answers.
func (g *Generator) Ready(until time.Time, alive func() error) error {
	for time.Now().Before(until) {
		if err := alive(); err != nil {
			return err
		}
		if g.job.Transport != UDP {
			if st, err := g.dial(&g.flows[0]); err == nil {
				unix.Close(st.fd)
				return nil
			}
			sleep(clock() + int64(20*time.Millisecond))
			continue
		}
		m := stun.MustBuild(stun.TransactionID, stun.BindingRequest)
		g.put(&g.flows[0], m.Raw)
		g.clients.flush()
		for end := time.Now().Add(20 * time.Millisecond); time.Now().Before(end); {
			wait(unix.POLLIN, 5*time.Millisecond, g.clients.fd)
			n, _ := g.clients.in.Receive(g.clients.fd, 0)
			for i := range n {
				if d := g.clients.in.Data(i); len(d) >= 20 && bytes.Equal(d[8:20], m.TransactionID[:]) {
					return nil
				}
			}
		}
	}
	return errors.New("does not answer")
}

// SetUp makes the allocations, permissions and channels of the flows that have none yet, until so many have, and tells how long that took.
func (g *Generator) SetUp(flows int) (time.Duration, error) {
	began := time.Now()
	fresh := g.flows[g.ready:flows]
	g.ready = flows
	if g.job.Path == Direct {
		return 0, nil
	}
	g.size = 0 // slots are used for requests
	if g.clients == nil {
		for i := range fresh {
			if err := g.connect(&fresh[i]); err != nil {
				return 0, err
			}
		}
	}
	if err := g.reach(fresh, permit); err != nil {
		return 0, err
	}
	if g.job.Path == Hairpin {
		for i := range fresh {
			fresh[i].peer = g.flows[fresh[i].partner].relay
		}
	}
	if err := g.reach(fresh, done); err != nil {
		return 0, err
	}
	took := time.Since(began)
	for i := range fresh {
		if st := fresh[i].stream; st != nil {
			if err := g.watch(st); err != nil {
				return 0, err
			}
		}
	}
	return took, nil
}

// reach brings every flow to a step.
func (g *Generator) reach(flows []flow, to step) error {
	if g.clients == nil {
		for i := range flows {
			if err := g.reachByStream(&flows[i], to); err != nil {
				return err
			}
		}
		return nil
	}
	var active []*flow
	for len(flows) > 0 || len(active) > 0 {
		for len(active) < atOnce && len(flows) > 0 {
			f := &flows[0]
			flows = flows[1:]
			if err := g.begin(f); err != nil {
				return err
			}
			active = append(active, f)
		}
		for _, f := range active {
			if now := time.Now(); f.sends == 0 || now.After(f.again) {
				if f.sends++; f.sends > maxSends {
					return fmt.Errorf("%s of client %d: no answer", f.step, f.index)
				}
				f.again = now.Add(retransmit)
				g.put(f, f.request.Raw)
			}
		}
		g.clients.flush()
		wait(unix.POLLIN, 5*time.Millisecond, g.clients.fd)
		n, _ := g.clients.in.Receive(g.clients.fd, 0)
		for i := range n {
			if err := g.answer(i); err != nil {
				return err
			}
		}
		var open []*flow
		for _, f := range active {
			if f.step < to {
				open = append(open, f)
			}
		}
		active = open
	}
	return nil
}

// answer takes an answer from a slot. What answers no request is left aside: a request may have been sent twice.
func (g *Generator) answer(i int) error {
	b := g.clients.in
	host, _ := b.Arrival(i)
	f := g.flowAt(up, host)
	if f == nil || f.request == nil || *b.From(i) != g.server || !stun.IsMessage(b.Data(i)) {
		return nil
	}
	_, err := g.take(f, b.Data(i))
	return err
}

// take tells whether the data was the answer to the flow's request.
func (g *Generator) take(f *flow, data []byte) (bool, error) {
	m := &stun.Message{Raw: bytes.Clone(data)}
	if m.Decode() != nil || m.TransactionID != f.request.TransactionID {
		return false, nil
	}
	if err := g.answered(f, m); err != nil {
		return true, err
	}
	if f.step == done {
		f.request = nil
		return true, nil
	}
	return true, g.begin(f)
}

// put queues a request.
func (g *Generator) put(f *flow, raw []byte) {
	copy(g.clients.out.Buffer(g.clients.slot(f.host[0], &g.server, len(raw))), raw)
}
