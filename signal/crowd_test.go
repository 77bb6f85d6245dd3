package signal

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// spacious has room for a crowd that comes from one address at once.
func spacious(cfg *Config) {
	const many = 1 << 20
	plenty := Rate{many, many}
	rates := Rates{Connects: plenty, ICE: plenty, Messages: plenty, Joins: plenty, Invites: plenty}
	cfg.Limits = Limits{
		Sessions: many, SessionsPerAddress: many, RoomMembers: 16, Calls: many, CallsPerSession: 8,
		PerSession: rates, PerAddress: rates,
	}
	cfg.Met = func(string, string, netip.Addr) {}
	cfg.Parted = cfg.Met
}

// dialCrowd opens a WebSocket with small buffers.
func dialCrowd(addr string) (*websocket.Conn, error) {
	dialer := websocket.Dialer{ReadBufferSize: 1 << 10, WriteBufferSize: 1 << 10, WriteBufferPool: &crowdBuffers, HandshakeTimeout: 30 * time.Second}
	conn, _, err := dialer.Dial("ws://"+addr+"/v1/signal", nil)
	return conn, err
}

var crowdBuffers sync.Pool

// await reads on to a frame of that type and returns it.
func await(conn *websocket.Conn, kind string) (string, error) {
	conn.SetReadDeadline(time.Now().Add(time.Minute))
	for {
		_, data, err := conn.ReadMessage()
		if err != nil {
			return "", fmt.Errorf("waiting for %s: %w", kind, err)
		}
		if strings.Contains(string(data), `"type":"`+kind+`"`) {
			return string(data), nil
		}
	}
}

func write(conn *websocket.Conn, format string, args ...any) {
	conn.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, format, args...))
}

func field(frame, name string) string {
	_, rest, _ := strings.Cut(frame, `"`+name+`":"`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// converse has two people meet in a room, call each other by name, and exchange
// descriptions and candidates in both directions.
func converse(addr string, i int, hold *sync.WaitGroup, ready chan<- error) {
	err := func() error {
		var conns [2]*websocket.Conn
		var sessions [2]string
		for j := range conns {
			conn, err := dialCrowd(addr)
			if err != nil {
				return err
			}
			defer conn.Close()
			conns[j] = conn
			write(conn, `{"type": "hello", "version": 1, "name": "person %d.%d", "resume": ""}`, i, j)
			welcome, err := await(conn, "welcome")
			if err != nil {
				return err
			}
			sessions[j] = field(welcome, "session")
			write(conn, `{"type": "join", "room": "room %d"}`, i)
			if _, err := await(conn, "joined"); err != nil {
				return err
			}
		}
		write(conns[0], `{"type": "invite", "name": "person %d.1"}`, i)
		ring, err := await(conns[1], "ring")
		if err != nil {
			return err
		}
		write(conns[1], `{"type": "accept", "call": %q}`, field(ring, "call"))
		if _, err := await(conns[0], "accepted"); err != nil {
			return err
		}
		for j := range conns {
			write(conns[j], `{"type": "description", "to": %q, "description": {"sdp": %q}}`, sessions[1-j], strings.Repeat("x", 2000))
			for c := range 10 {
				write(conns[j], `{"type": "candidate", "to": %q, "candidate": {"candidate": "candidate:%d"}}`, sessions[1-j], c)
			}
			write(conns[j], `{"type": "end-of-candidates", "to": %q}`, sessions[1-j])
		}
		for j := range conns {
			if _, err := await(conns[j], "end-of-candidates"); err != nil {
				return err
			}
		}
		ready <- nil
		hold.Wait()
		return nil
	}()
	if err != nil {
		ready <- err
	}
}

// Five thousand sessions, all at once: they join, call and
// exchange candidates while everybody else is connected.
func TestACrowdMeetsAndCalls(t *testing.T) {
	pairs := 2500
	if testing.Short() {
		pairs = 250
	}
	l := newLoopbackLab(t, spacious)
	var hold, done sync.WaitGroup
	hold.Add(1)
	ready := make(chan error, 2*pairs)
	gate := make(chan struct{}, 64) // handshakes at once
	start := time.Now()
	for i := range pairs {
		gate <- struct{}{}
		done.Go(func() {
			var once sync.Once
			leave := func() { once.Do(func() { <-gate }) }
			defer leave()
			mine := make(chan error, 2)
			go func() { ready <- <-mine; leave() }()
			converse(l.addr, i, &hold, mine)
		})
	}
	for range pairs {
		if err := <-ready; err != nil {
			t.Error(err)
		}
	}
	l.server.hub.mu.Lock()
	sessions, calls := len(l.server.hub.sessions), len(l.server.hub.calls)
	l.server.hub.mu.Unlock()
	if sessions != 2*pairs || calls != pairs {
		t.Errorf("%d sessions and %d calls", sessions, calls)
	}
	t.Logf("%d sessions in %v", sessions, time.Since(start).Round(time.Millisecond))
	hold.Done()
	done.Wait()
}

// BenchmarkIdleSession reports what is kept in memory for a session that says
// nothing, in a room with one other: live objects and stacks; goal 20 KiB. What its
// client keeps, which is a descriptor, is in it.
func BenchmarkIdleSession(b *testing.B) {
	cfg := Config{ICE: testICE, Open: true}
	spacious(&cfg)
	server, err := New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	web := &http.Server{Handler: server}
	go web.Serve(listener)
	defer web.Close()
	defer server.Close()
	const sessions = 1000
	for b.Loop() {
		// What the clients keep is little, and counts as well: a descriptor each.
		before := inUse()
		var files []net.Conn
		for i := range sessions {
			conn, err := rawSession(listener.Addr().String(), i/2)
			if err != nil {
				b.Fatal(err)
			}
			files = append(files, conn)
		}
		b.ReportMetric(float64(inUse()-before)/sessions/1024, "KiB/session")
		for _, conn := range files {
			conn.Close()
		}
	}
}

func inUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// rawSession is a session whose client keeps nothing but its socket.
func rawSession(addr string, room int) (net.Conn, error) {
	conn, err := dialCrowd(addr)
	if err != nil {
		return nil, err
	}
	write(conn, `{"type": "hello", "version": 1, "resume": ""}`)
	write(conn, `{"type": "join", "room": "%d"}`, room)
	_, err = await(conn, "joined")
	return conn.NetConn(), err
}
