package conformance

import (
	"math/rand/v2"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// survives fails if a server has got at the suite itself.
func survives(t *testing.T, rep *Report) {
	t.Helper()
	for _, c := range rep.Results {
		if c.Outcome == "" || strings.Contains(c.Why, "fault of this suite") {
			t.Errorf("%s: %q %s", c.ID, c.Outcome, c.Why)
		}
	}
	if rep.Took > Limit+5*time.Second && !*update {
		t.Errorf("took %v", rep.Took)
	}
	if err := rep.WriteTable(new(strings.Builder), func(_ Outcome, s string) string { return s }); err != nil {
		t.Error(err)
	}
}

func TestNobodyThereIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	rep := run(t, Options{URL: "turn:" + silent.LocalAddr().String()})
	survives(t, rep)
	if !strings.Contains(rep.Error, "no answer from 127.0.0.1") || rep.Counts.NotTried != len(rep.Results) || rep.Took > 12*time.Second {
		t.Errorf("%q, %+v after %v", rep.Error, rep.Counts, rep.Took)
	}
}

func TestServerThatDiesIsSaidToHaveDied(t *testing.T) {
	t.Parallel()
	var packets atomic.Int64
	p := newProxy(t, newTurnpike(t, host(), nil), mutation{down: func(_ *flow, p *packet) [][]byte {
		if packets.Add(1) > 300 {
			return nil
		}
		return as(p.raw)
	}})
	rep := run(t, Options{URL: turnURL(p.at, "udp")})
	survives(t, rep)
	if !strings.Contains(rep.Error, "stopped answering during") || rep.Counts.Pass < 20 || rep.Counts.NotTried < 50 || rep.Good() {
		t.Errorf("%q, %+v", rep.Error, rep.Counts)
	}
}

// Every answer is mangled in some way of its own: bits flipped, ends cut off, lengths that lie.
func TestServerOfGarbageDoesNotEndTheRun(t *testing.T) {
	for name, network := range map[string]string{"datagrams": "udp", "streams": "tcp"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mangled atomic.Int64
			random := rand.New(rand.NewPCG(8489, 8656))
			p := newProxy(t, newTurnpike(t, host(), nil), mutation{down: func(_ *flow, p *packet) [][]byte {
				if random.IntN(40) > 0 {
					return as(p.raw)
				}
				mangled.Add(1)
				b := append([]byte(nil), p.raw...)
				for range 1 + random.IntN(4) {
					b[random.IntN(len(b))] = byte(random.Uint32())
				}
				return as(b[:1+random.IntN(len(b))])
			}})
			survives(t, run(t, Options{URL: turnURL(p.at, network)}))
			if mangled.Load() < 5 {
				t.Errorf("only %d answers were mangled", mangled.Load())
			}
		})
	}
}

func TestOptionsThatCannotBeMeantAreRefused(t *testing.T) {
	for _, o := range []Options{
		{},
		{URL: "http://localhost", Secret: secret},
		{URL: "stun:localhost", Secret: secret},
		{URL: "turns:localhost?transport=udp", Secret: secret},
		{URL: "turn:localhost"},
		{URL: "turn:localhost", Username: "alice"},
		{URL: "turn:localhost", Username: "alice", Password: "x", Secret: secret},
	} {
		if _, err := newServer(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}
