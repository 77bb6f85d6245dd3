package signal

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// sittings measures how long frames take between two who share a room with others.
type sittings struct {
	t        testing.TB
	addr     string
	conns    [2]*websocket.Conn
	sessions [2]string
}

// sit joins the room and returns the session.
func (m *sittings) sit() (*websocket.Conn, string) {
	m.t.Helper()
	conn, err := dialCrowd(m.addr)
	if err != nil {
		m.t.Fatal(err)
	}
	write(conn, `{"type": "hello", "version": 1, "resume": ""}`)
	welcome, err := await(conn, "welcome")
	if err != nil {
		m.t.Fatal(err)
	}
	write(conn, `{"type": "join", "room": "r"}`)
	if _, err := await(conn, "joined"); err != nil {
		m.t.Fatal(err)
	}
	return conn, field(welcome, "session")
}

// trips are how long n frames took from one to the other, at the pace of the flood.
func (m *sittings) trips(n int) (times []time.Duration) {
	m.t.Helper()
	for range n {
		start := time.Now()
		write(m.conns[0], `{"type": "description", "to": %q, "description": {}}`, m.sessions[1])
		if _, err := await(m.conns[1], "description"); err != nil {
			m.t.Fatal(err)
		}
		times = append(times, time.Since(start))
		time.Sleep(time.Millisecond)
	}
	return times
}

// flood sends large frames to somebody, a thousand a second, until the returned
// function is called.
func (m *sittings) flood(reads bool) (stop func()) {
	m.t.Helper()
	victim, session := m.sit()
	if reads {
		go io.Copy(io.Discard, victim.NetConn())
	}
	source, _ := m.sit()
	go io.Copy(io.Discard, source.NetConn())
	over := make(chan struct{})
	var flooding sync.WaitGroup
	flooding.Go(func() {
		for tick := time.NewTicker(time.Millisecond); ; {
			select {
			case <-over:
				tick.Stop()
				return
			case <-tick.C:
				write(source, `{"type": "description", "to": %q, "description": {"sdp": %q}}`, session, strings.Repeat("x", 30<<10))
			}
		}
	})
	return func() {
		close(over)
		flooding.Wait()
		source.Close()
		victim.Close()
	}
}

// percentile is in milliseconds.
func percentile(times []time.Duration, p int) float64 {
	slices.Sort(times)
	return times[len(times)*p/100].Seconds() * 1000
}

// BenchmarkOthersBesideAFlood reports how long the frames of two others take: alone, beside a
// flood that its receiver reads, and beside one that is never read. That one never
// reads delays nobody, see TestASlowReaderIsClosedAndDelaysNobody; what does is the
// work of carrying a flood. So the ratio of the last two is near 1, measured in turns,
// since other things happen on a machine.
func BenchmarkOthersBesideAFlood(b *testing.B) {
	l := newLoopbackLab(b, spacious, func(cfg *Config) { cfg.Limits.RoomMembers = 1 << 10 }) // who was there is away for a minute
	m := &sittings{t: b, addr: l.addr}
	for i := range m.conns {
		m.conns[i], m.sessions[i] = m.sit()
	}
	var alone, read, unread []time.Duration
	for b.Loop() {
		alone = append(alone, m.trips(300)...)
		for _, reads := range []bool{true, false} {
			stop := m.flood(reads)
			times := m.trips(300)
			stop()
			if reads {
				read = append(read, times...)
			} else {
				unread = append(unread, times...)
			}
		}
	}
	for _, p := range []int{50, 99} {
		a, r, u := percentile(alone, p), percentile(read, p), percentile(unread, p)
		b.ReportMetric(float64(a), fmt.Sprintf("p%d-alone-ms", p))
		b.ReportMetric(float64(r), fmt.Sprintf("p%d-read-ms", p))
		b.ReportMetric(float64(u), fmt.Sprintf("p%d-unread-ms", p))
		b.ReportMetric(float64(u/r), fmt.Sprintf("p%d-unread/read", p))
	}
	for _, conn := range m.conns {
		conn.Close()
	}
}
