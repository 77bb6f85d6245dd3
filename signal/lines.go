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
	wg     sync.WaitGroup // one for each line

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

// Accept makes a line of a WebSocket request, or answers why not and returns
// nil. Who gets a line calls its Serve.
func (l *Lines) Accept(w http.ResponseWriter, r *http.Request) *Line {
	v, ok := l.server.visit(w, r)
	if !ok {
		return nil
	}
	line := newLine(l, v)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wg.Add(1)
	l.open[line] = struct{}{}
	if l.closed {
		line.End(closeGoingAway, "the server is going away")
	}
	return line
}

func (l *Lines) remove(line *Line) {
	l.mu.Lock()
	delete(l.open, line)
	l.mu.Unlock()
	l.server.over(line.visit)
	l.wg.Done()
}

// Close ends every line with 1001 and returns when none of their goroutines is
// left, a second later at the most.
func (l *Lines) Close() {
	l.mu.Lock()
	l.closed = true
	for line := range l.open {
		line.End(closeGoingAway, "the server is going away")
	}
	l.mu.Unlock()
	l.wg.Wait()
}
