package signal

import (
	"net/http"
	"sync"
	"time"
)

// Lines are the open connections of one dialect. They come in through the same
// door as sessions: the same rule of access, the same origins, and the same
// budgets by client address.
type Lines struct {
	server *Server
	wg     sync.WaitGroup // one for each line, from its handshake on

	mu     sync.Mutex // guards the following
	closed bool
	open   map[*Line]struct{}
}

// NewLines returns the connections of a dialect: none yet. They are to be closed
// before the server is.
func (s *Server) NewLines() *Lines {
	return &Lines{server: s, open: make(map[*Line]struct{})}
}

// Admit answers requests other than GET, and of those who may not connect or
// ask too often. Pages of an origin that is let in may read the answer.
func (l *Lines) Admit(w http.ResponseWriter, r *http.Request) bool {
	if !l.server.admit(w, r) || !allowMethods(w, r, http.MethodGet) {
		return false
	}
	now := time.Now()
	if !l.server.addresses.get(l.server.proxies.client(r), now).connect(now) {
		tooMany(w)
		return false
	}
	return true
}

// Serve makes a line of a WebSocket request and hands it to serve, which has to
// call its Serve; or answers why not. Close waits until serve returns.
func (l *Lines) Serve(w http.ResponseWriter, r *http.Request, serve func(*Line)) {
	if !l.begin() {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "the server is going away", http.StatusServiceUnavailable)
		return
	}
	defer l.wg.Done()
	if !l.server.admit(w, r) {
		return
	}
	g, ok := l.server.proveLine(w, r)
	if !ok {
		return
	}
	v, ok := l.server.visit(w, r)
	if !ok {
		return
	}
	defer l.server.over(v)
	line := newLine(l.server, v)
	l.add(line)
	defer l.remove(line)
	line.expiry.set(g.expires, line.expire)
	defer line.expiry.stop()
	serve(line)
}

// begin lets Close wait for a line about to be made.
func (l *Lines) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.wg.Add(1)
	}
	return !l.closed
}

func (l *Lines) add(line *Line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[line] = struct{}{}
	l.server.lines.Add(1)
	if l.closed {
		line.End(closeGoingAway, "the server is going away")
	}
}

func (l *Lines) remove(line *Line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, line)
	l.server.lines.Add(-1)
}

// Close ends every line with 1001 and returns when none of their goroutines is
// left, a second later at the most. Later requests are answered 503.
func (l *Lines) Close() {
	l.mu.Lock()
	l.closed = true
	for line := range l.open {
		line.End(closeGoingAway, "the server is going away")
	}
	l.mu.Unlock()
	l.wg.Wait()
}
