package signal

import (
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
	t        *testing.T
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

// flood sends large frames to somebody, as fast as a client may who shows its
// screen, until the returned function is called.
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

func percentile(times []time.Duration, p int) time.Duration {
	slices.Sort(times)
	return times[len(times)*p/100].Round(time.Microsecond)
}

// One who never reads delays nobody. What does is the work of carrying a flood, so the
// same flood to one who reads it is what to compare with: in turns, since other
// things happen on this machine.
func TestAReaderThatNeverReadsDelaysNobody(t *testing.T) {
	l := newLoopbackLab(t, spacious, func(cfg *Config) { cfg.Limits.RoomMembers = 64 }) // who was there is away for a minute
	m := &sittings{t: t, addr: l.addr}
	for i := range m.conns {
		m.conns[i], m.sessions[i] = m.sit()
	}
	var quiet, read, unread []time.Duration
	for range 6 {
		quiet = append(quiet, m.trips(300)...)
		stop := m.flood(true)
		read = append(read, m.trips(300)...)
		stop()
		stop = m.flood(false)
		unread = append(unread, m.trips(300)...)
		stop()
	}
	for _, p := range []int{50, 99} {
		q, r, u := percentile(quiet, p), percentile(read, p), percentile(unread, p)
		t.Logf("p%d: %v alone, %v beside a flood that is read, %v beside one that is not: %.2f times", p, q, r, u, u.Seconds()/r.Seconds())
		if u > 10*r+250*time.Millisecond { // a busy machine is noise, a write that waits takes 10 s
			t.Errorf("p%d is %v where one never reads, %v where all do", p, u, r)
		}
	}
	for _, conn := range m.conns {
		conn.Close()
	}
}
